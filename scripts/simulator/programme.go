package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"eastgate/edge/camera/cameratest"
)

// perform plays a programme of many cameras, and tells what it has sent:
//
//	GET /       how many pictures each stream was sent since it was first watched
//	GET /told   which scenes have begun, and when
func perform(ctx context.Context, at addresses, file string) error {
	p, err := cameratest.ReadProgramme(file)
	if err != nil {
		return err
	}
	server, err := cameratest.New(cameratest.Config{Listen: at.rtsp, UDP: true, Log: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	if err != nil {
		return err
	}
	defer server.Close()
	t := &teller{told: []cameratest.Told{}}
	if err := p.Begin(server, time.Now().Add(time.Second), t.tell); err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { answer(w, sent(server, p)) })
	mux.HandleFunc("GET /told", func(w http.ResponseWriter, _ *http.Request) { answer(w, t.all()) })
	l, err := net.Listen("tcp", at.control)
	if err != nil {
		return fmt.Errorf("listen for commands: %w", err)
	}
	web := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { web.Close() })
	if err := web.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func sent(s *cameratest.Server, p cameratest.Programme) map[string]uint64 {
	out := map[string]uint64{}
	for _, c := range p.Cameras {
		for _, name := range []string{c.Name, c.Name + cameratest.Sub} {
			if cam := s.Camera(name); cam != nil {
				out[name] = cam.Sent()
			}
		}
	}
	return out
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v) //nolint:errcheck,errchkjson // who asked has gone
}

// A teller keeps which scenes have begun.
type teller struct {
	mu   sync.Mutex
	told []cameratest.Told
}

func (t *teller) tell(x cameratest.Told) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.told = append(t.told, x)
}

func (t *teller) all() []cameratest.Told {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]cameratest.Told{}, t.told...)
}
