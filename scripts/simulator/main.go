// Command simulator plays video files as RTSP cameras, in real time and in an
// endless loop, and lets them fail on command:
//
//	simulator -listen 127.0.0.1:8554 -control 127.0.0.1:8555 yard=yard.mp4 gate=gate.mp4
//	curl -X POST 'http://127.0.0.1:8555/yard/cut?for=10s'
//
// With -onvif HOST:PORT the cameras are also one ONVIF recorder there, which has a
// digital input: POST /input/1/closed and /input/1/open.
//
// With -programme FILE it plays what the file says, for many cameras at little cost; see
// programme.go.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"eastgate/edge/camera/cameratest"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8554", "address of the RTSP server")
	control := flag.String("control", "127.0.0.1:8555", "address that takes commands over HTTP")
	onvif := flag.String("onvif", "", "address of the ONVIF recorder; empty for none")
	cache := flag.String("cache", ".cache/videos", "folder for files that had to be converted")
	programme := flag.String("programme", "", "file that says what many cameras show; then no NAME=FILE")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	at := addresses{*listen, *control, *onvif}
	play := func() error { return run(ctx, at, *cache, flag.Args()) }
	if *programme != "" {
		play = func() error { return perform(ctx, at, *programme) }
	}
	if err := play(); err != nil {
		fmt.Fprintln(os.Stderr, "simulator:", err)
		os.Exit(1)
	}
}

// addresses are where the simulator listens.
type addresses struct{ rtsp, control, onvif string }

func run(ctx context.Context, at addresses, cache string, args []string) error {
	if len(args) == 0 {
		return errors.New("name at least one camera, as NAME=FILE")
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	server, err := cameratest.New(cameratest.Config{Listen: at.rtsp, Log: log})
	if err != nil {
		return err
	}
	defer server.Close()
	films := map[string]cameratest.Film{}
	for _, arg := range args {
		name, file, ok := strings.Cut(arg, "=")
		if !ok {
			return fmt.Errorf("%q is not NAME=FILE", arg)
		}
		film, err := load(ctx, file, cache)
		if err != nil {
			log.Error("left out", "camera", name, "err", err) // the other cameras play
			continue
		}
		if _, err := server.Add(name, film); err != nil {
			return err
		}
		films[name] = film
	}
	if len(films) == 0 {
		return errors.New("none of the files can be played")
	}
	mux := commands(server, films)
	if at.onvif != "" {
		recorder, err := openRecorder(at, films)
		if err != nil {
			return err
		}
		defer recorder.Close()
		mux.HandleFunc("POST /input/1/{how}", recorder.input)
	}
	web := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	l, err := net.Listen("tcp", at.control)
	if err != nil {
		return fmt.Errorf("listen for commands: %w", err)
	}
	context.AfterFunc(ctx, func() { web.Close() })
	fmt.Printf("ready: %d cameras at rtsp://%s, commands at http://%s\n", len(films), at.rtsp, l.Addr())
	if err := web.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// load reads a film, converting it first where a camera could not send it.
func load(ctx context.Context, file, cache string) (cameratest.Film, error) {
	film, err := cameratest.Load(file)
	if err == nil {
		return film, nil
	}
	converted, convErr := convert(ctx, file, cache)
	if convErr != nil {
		return film, errors.Join(err, convErr)
	}
	return cameratest.Load(converted)
}

// commands serves the states and takes POST /NAME/MODE?for=10s and POST
// /NAME/show?film=OTHER, which plays another camera's film.
func commands(s *cameratest.Server, films map[string]cameratest.Film) *http.ServeMux {
	names := slices.Sorted(maps.Keys(films))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		states := map[string]cameratest.Mode{}
		for _, n := range names {
			states[n] = s.Camera(n).Mode()
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(states)
	})
	mux.HandleFunc("POST /{camera}/show", func(w http.ResponseWriter, r *http.Request) {
		c, film := s.Camera(r.PathValue("camera")), r.FormValue("film")
		if _, ok := films[film]; c == nil || !ok {
			http.Error(w, fmt.Sprintf("cameras and films: %v", names), http.StatusNotFound)
			return
		}
		if err := c.Show(films[film]); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("POST /{camera}/{mode}", func(w http.ResponseWriter, r *http.Request) {
		c, mode := s.Camera(r.PathValue("camera")), cameratest.Mode(r.PathValue("mode"))
		if c == nil || !slices.Contains(cameratest.Modes, mode) {
			http.Error(w, fmt.Sprintf("cameras: %v, modes: %v", names, cameratest.Modes), http.StatusNotFound)
			return
		}
		var length time.Duration
		if word := r.FormValue("for"); word != "" {
			var err error
			if length, err = time.ParseDuration(word); err != nil || length < 0 {
				http.Error(w, "for: want a duration such as 10s", http.StatusBadRequest)
				return
			}
		}
		if err := c.Set(mode, length); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprintf(w, "%s: %s\n", filepath.Base(r.URL.Path), mode)
	})
	return mux
}
