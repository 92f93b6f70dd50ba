package camera

import (
	"context"
	"errors"
	"math"
	"sync"
	"time"

	"github.com/pion/rtcp"

	"eastgate/edge/flow"
)

// Probe watches a camera for a while and reports what it sends. When the camera
// cannot be read the error says why, in the words of State.
func Probe(ctx context.Context, cfg Config, length time.Duration) (Report, error) {
	transport := cfg.firstTransport()
	s, err := dial(ctx, cfg, transport)
	if err != nil && cfg.transport() == Auto && refusesTCP(err) {
		transport = UDP
		s, err = dial(ctx, cfg, transport)
	}
	if err != nil {
		return Report{}, lost(cfg, err)
	}
	defer s.close()
	w := &watcher{}
	s.units.take, s.units.gap, s.report = w.see, w.miss, w.hear
	watching, stop := context.WithTimeout(ctx, length)
	defer stop()
	err = s.play(watching)
	if ctx.Err() != nil {
		return Report{}, ctx.Err()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.pictures == 0 {
		if watching.Err() != nil {
			err = errStalled
			cfg.StallAfter = length
		}
		return Report{}, lost(cfg, err)
	}
	r := w.report()
	r.Address, r.Transport = Redact(cfg.URL), transport
	r.Faults = r.judge()
	return r, nil
}

func lost(cfg Config, err error) error {
	s := explain(cfg, err)
	return errors.New(s.Word + ": " + s.Reason)
}

// A watcher counts what comes; its methods are called by the session's goroutines.
type watcher struct {
	mu          sync.Mutex
	stream      *flow.Stream
	pictures    int
	bytes       int
	gone        uint64
	malformed   uint64
	first, last time.Duration // lowest and highest PTS
	reordered   bool
	keys        int
	lastKey     time.Duration
	longest     time.Duration // between two key pictures
	shortest    time.Duration
	offset      *float64
}

func (w *watcher) miss(n uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.gone += n
	if n == 0 {
		w.malformed++
	}
}

// hear takes in the camera's clock.
func (w *watcher) hear(p rtcp.Packet) {
	if ahead, ok := clockAhead(p, time.Now()); ok {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.offset = figure(ahead.Seconds())
	}
}

func (w *watcher) see(p *flow.Packet) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.pictures == 0 {
		w.first, w.last = p.PTS, p.PTS
	}
	w.stream = p.Stream
	w.reordered = w.reordered || p.PTS < w.last
	w.first, w.last = min(w.first, p.PTS), max(w.last, p.PTS)
	w.pictures++
	w.bytes += len(p.Data)
	if !p.Key {
		return
	}
	if step := p.PTS - w.lastKey; w.keys == 1 {
		w.longest, w.shortest = step, step
	} else if w.keys > 1 {
		w.longest, w.shortest = max(w.longest, step), min(w.shortest, step)
	}
	w.keys++
	w.lastKey = p.PTS
}

func (w *watcher) report() Report {
	r := Report{
		Codec: w.stream.Codec, Width: w.stream.Width, Height: w.stream.Height, KeyPictures: w.keys,
		Lost: w.gone, Malformed: w.malformed, BPictures: w.reordered, ClockOffset: w.offset,
	}
	if span := (w.last - w.first).Seconds(); span > 0 {
		r.Seconds = rounded(span)
		r.FPS = figure(float64(w.pictures-1) / span)
		r.Kbps = figure(float64(w.bytes) * 8 / 1000 / span)
	}
	if w.keys > 1 {
		r.KeyInterval, r.KeyIntervalMin = figure(w.longest.Seconds()), figure(w.shortest.Seconds())
	}
	r.Profile, r.DeclaredFPS = declared(w.stream)
	return r
}

func rounded(x float64) float64 { return math.Round(x*100) / 100 }

// figure is a measured number; nil where it is none.
func figure(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	x = rounded(x)
	return &x
}
