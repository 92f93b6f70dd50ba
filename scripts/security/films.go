package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/edge/decode"
	"eastgate/edge/flow"
	"eastgate/edge/videofile"
)

// kinds are how films are coded that are then spoilt.
var kinds = map[string][]string{
	"h264.mp4": {"-c:v", "libx264"},
	"hevc.mp4": {"-c:v", "libx265", "-x265-params", "log-level=error"},
	"h264.mkv": {"-c:v", "libx264"},
}

// spoiledFilms has each film read and decoded, spoilt in ways that real files and evil
// ones are.
func spoiledFilms(ctx context.Context, dir string) ([]attack, error) {
	var out []attack
	for name, how := range kinds {
		path := filepath.Join(dir, name)
		args := append([]string{"-v", "error", "-f", "lavfi", "-i", "testsrc2=duration=1:rate=10:size=320x240", "-threads", "1"}, how...)
		if said, err := exec.CommandContext(ctx, "ffmpeg", append(args, path)...).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("draw %s: %w\n%s", name, err, said)
		}
		whole, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		for what, body := range spoilt(whole) {
			file := filepath.Join(dir, fmt.Sprintf("%d-%s", len(out), name))
			out = append(out, attack{"film " + name + ": " + what, func(ctx context.Context) error {
				if err := os.WriteFile(file, body, 0o600); err != nil {
					return err
				}
				defer os.Remove(file)
				return play(ctx, file)
			}})
		}
	}
	return out, nil
}

// spoilt are films made of a whole one.
func spoilt(whole []byte) map[string][]byte {
	out := map[string][]byte{
		"nothing":        {},
		"its head alone": whole[:40],
		"half of it":     whole[:len(whole)/2],
		"zeros":          make([]byte, len(whole)),
		"twice":          append(bytes.Clone(whole), whole...),
		"from behind":    whole[len(whole)/3:],
	}
	dice := rand.New(rand.NewPCG(9, uint64(len(whole))))
	for n := range 6 {
		b := bytes.Clone(whole)
		for range 1 << n {
			b[dice.IntN(len(b))] ^= byte(1 + dice.IntN(255)) //nolint:gosec // any byte does
		}
		out[fmt.Sprintf("%d bytes of it others", 1<<n)] = b
	}
	for _, box := range []string{"moov", "stsz", "stco", "stsc", "mdat", "avcC", "tkhd"} { // sizes that lie
		if at := strings.Index(string(whole), box); at >= 4 {
			for what, size := range map[string]uint32{"endless": 0xfffffff0, "of one byte": 1, "of none": 0} {
				b := bytes.Clone(whole)
				binary.BigEndian.PutUint32(b[at-4:], size)
				out[box+" "+what] = b
			}
			if at+16 < len(whole) {
				b := bytes.Clone(whole)
				binary.BigEndian.PutUint32(b[at+8:], 0x7fffffff) // as many entries
				out[box+" of two billion entries"] = b
			}
		}
	}
	return out
}

// play reads a film and decodes what comes, as a camera's pictures are.
func play(ctx context.Context, file string) error {
	v, err := videofile.Open(file)
	if err != nil {
		return nil //nolint:nilerr // refused, as it should be
	}
	defer v.Close()
	feeding, stop := context.WithCancel(ctx)
	in, out, fed := make(chan *flow.Packet), make(chan *flow.Frame), make(chan struct{})
	go func() {
		defer close(fed)
		defer close(in)
		for range 200 {
			p, err := v.Next()
			if err != nil {
				return
			}
			select {
			case in <- p:
			case <-feeding.Done():
				return
			}
		}
	}()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		d := decode.New("film", decode.NewMetrics(prometheus.NewRegistry()), slog.New(slog.DiscardHandler))
		d.RunAll(ctx, in, out) //nolint:errcheck // what it says of the film is its own matter
	}()
	for f := range out {
		f.Release()
	}
	<-ended
	stop()
	<-fed
	return ctx.Err()
}
