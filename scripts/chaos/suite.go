package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"eastgate/scripts/chaos/link"
)

// A suite is one run: a site for each fault, one after the other.
type suite struct {
	dir   string
	seed  uint64
	short bool

	net    *link.Link // nil where the kernel has none
	noNet  error      // why
	cannot map[need]error
}

func newSuite(dir string, seed uint64, short bool) *suite {
	s := &suite{dir: dir, seed: seed, short: short}
	if s.net, s.noNet = link.New(seed); s.noNet != nil {
		s.net = nil
	}
	return s
}

func (s *suite) close() {
	if s.net != nil {
		s.net.Close()
	}
}

// A result is the outcome of all faults, as the last line of -json.
type result struct {
	Faults    int                `json:"faults"`
	Events    int                `json:"events"`
	Lost      int                `json:"lost"`
	Doubled   int                `json:"doubled"`
	Reordered int                `json:"reordered"`
	Overtaken int                `json:"overtaken"`
	Shed      int                `json:"shed_reported"`
	Drain     float64            `json:"longest_drain_s"`
	Seed      uint64             `json:"seed"`
	Seconds   int                `json:"seconds"`
	ByFault   map[string]verdict `json:"by_fault"`
	NotRun    map[string]string  `json:"not_run"` // never counted as passed
	Failed    []string           `json:"failed"`
}

// faults runs every fault, or those named, and judges.
func (s *suite) faults(ctx context.Context, only string, asJSON bool) error {
	began := time.Now()
	out := result{Seed: s.seed, ByFault: map[string]verdict{}, NotRun: map[string]string{}, Failed: []string{}}
	progress("seed %d; logs in %s", s.seed, s.dir)
	s.cannot = s.try()
	list, err := choose(only)
	if err != nil {
		return err
	}
	for i, f := range list {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if why := s.lacks(f); why != nil {
			progress("!!! NOT RUN: %s: %v", f.name, why)
			out.NotRun[f.name] = why.Error()
			continue
		}
		v, err := s.one(ctx, f, uint64(i)) //nolint:gosec // a small number
		if err != nil {
			progress("!!! FAILED: %s: %v", f.name, err)
			out.Failed = append(out.Failed, fmt.Sprintf("%s: %v", f.name, err))
		}
		out.ByFault[f.name] = v
		out.add(v)
	}
	out.Seconds = int(time.Since(began).Seconds())
	out.print(list)
	if asJSON {
		if err := json.NewEncoder(os.Stdout).Encode(out); err != nil {
			return err
		}
	}
	if len(out.Failed) > 0 {
		return fmt.Errorf("%d of %d faults did harm", len(out.Failed), len(list))
	}
	return nil
}

func (r *result) add(v verdict) {
	r.Faults += v.Cycles
	r.Events += v.Events
	r.Lost += v.Lost
	r.Doubled += v.Doubled
	r.Reordered += v.Reordered
	r.Overtaken += v.Overtaken
	r.Shed += v.Shed
	r.Drain = max(r.Drain, v.Drain)
}

func choose(only string) ([]fault, error) {
	if only == "" {
		return list, nil
	}
	var out []fault
	for _, name := range strings.Split(only, ",") {
		i := slices.IndexFunc(list, func(f fault) bool { return f.name == name })
		if i < 0 {
			return nil, fmt.Errorf("no fault is called %q", name)
		}
		out = append(out, list[i])
	}
	return out, nil
}

// print shows people what happened.
func (r *result) print(order []fault) {
	w := os.Stderr
	line := func(name string, v verdict) {
		fmt.Fprintf(w, "%-16s %7d %8d %6d %8d %10d %10d %6d %8.1f\n", name, v.Cycles, v.Events, v.Lost, v.Doubled, v.Reordered, v.Overtaken, v.Shed, v.Drain)
	}
	fmt.Fprintf(w, "\n%-16s %7s %8s %6s %8s %10s %10s %6s %8s\n", "fault", "cycles", "events", "lost", "doubled", "reordered", "overtaken", "shed", "drain s")
	for _, f := range order {
		if v, ok := r.ByFault[f.name]; ok {
			line(f.name, v)
		}
	}
	line("all", verdict{r.Faults, r.Events, r.Lost, r.Doubled, r.Reordered, r.Overtaken, r.Shed, r.Drain})
	for name, why := range r.NotRun {
		fmt.Fprintf(w, "NOT RUN  %s: %s\n", name, why)
	}
	for _, why := range r.Failed {
		fmt.Fprintf(w, "FAILED   %s\n", why)
	}
	fmt.Fprintf(w, "seed %d, %d s\n", r.Seed, r.Seconds)
}

// drainWithin is how soon after the last fault nothing may wait any more.
const drainWithin = time.Minute

// one runs one fault on a site of its own and counts.
func (s *suite) one(ctx context.Context, f fault, n uint64) (v verdict, err error) {
	dir := filepath.Join(s.dir, f.name)
	site, err := newSite(dir, f.shape(s.short), s.net, s.seed)
	if err != nil {
		return v, err
	}
	h := &hand{site: site, dice: rand.New(rand.NewPCG(s.seed, n)), short: s.short}
	cycles := f.long
	if s.short {
		cycles = f.short
	}
	progress("%s: %d × %s", f.name, cycles, f.what)
	err = h.play(ctx, f, cycles, &v)
	site.down()
	if ctx.Err() != nil {
		return v, errors.Join(ctx.Err(), h.tidy())
	}
	v, wrong := h.count(ctx, v)
	err = errors.Join(err, wrong, h.tidy())
	if err == nil {
		err = os.RemoveAll(dir)
	}
	return v, err
}

// play brings the site up, does the fault again and again, and waits until the
// site has recovered.
func (h *hand) play(ctx context.Context, f fault, cycles int, v *verdict) error {
	if f.before != nil {
		if err := f.before(h); err != nil {
			return err
		}
	}
	if err := h.site.up(ctx); err != nil {
		return err
	}
	if err := h.flows(ctx); err != nil {
		return err
	}
	told := time.Now()
	for i := range cycles {
		if err := f.inject(ctx, h); err != nil {
			return fmt.Errorf("cycle %d: %w", i+1, err)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		v.Cycles++
		if time.Since(told) > 15*time.Second {
			progress("  %s: %d of %d", f.name, v.Cycles, cycles)
			told = time.Now()
		}
	}
	return h.recover(ctx, v)
}

// recover waits until nothing waits at the boxes.
func (h *hand) recover(ctx context.Context, v *verdict) error {
	last := time.Now()
	h.pause(ctx, time.Second, 2*time.Second) // fresh events too must get through
	if err := h.site.quiet(true); err != nil {
		return err
	}
	if h.site.simulator != nil {
		h.site.simulator.stop()
	}
	h.pause(ctx, time.Second, time.Second)
	if err := h.site.askAnew(); err != nil {
		return err
	}
	var empty time.Time // since when nothing waits
	for ctx.Err() == nil {
		n, err := h.site.waiting(ctx)
		switch {
		case err != nil || n > 0:
			empty = time.Time{}
		case empty.IsZero():
			empty = time.Now()
		case time.Since(empty) > h.steady():
			v.Drain = float64(empty.Sub(last).Milliseconds()) / 1000
			return nil
		}
		if empty.IsZero() && time.Since(last) > drainWithin {
			return fmt.Errorf("%d events still wait at the boxes %v after the last fault (%w)", n, drainWithin, errors.Join(err, errNotDrained))
		}
		sleep(ctx, 200*time.Millisecond)
	}
	return ctx.Err()
}

// steady is how long nothing may wait until nothing will: a box tells what it gave up
// a moment after its last report has arrived.
func (h *hand) steady() time.Duration {
	if h.site.box {
		return 2500 * time.Millisecond
	}
	return time.Second
}

var errNotDrained = errors.New("not drained")

// count audits and judges.
func (h *hand) count(ctx context.Context, v verdict) (verdict, error) {
	got, err := h.site.audit(ctx)
	got.Cycles, got.Drain = v.Cycles, v.Drain
	if err != nil {
		return got, err
	}
	var faults []error
	if got.Lost+got.Doubled+got.Reordered > 0 {
		faults = append(faults, fmt.Errorf("of %d events %d are lost, %d doubled, %d out of order", got.Events, got.Lost, got.Doubled, got.Reordered))
	}
	for _, p := range h.site.processes() {
		if err := p.crashed(); err != nil {
			faults = append(faults, err)
		}
	}
	for _, n := range h.site.notes {
		if len(faults) > 0 || !strings.HasPrefix(n, notInCloud) { // what gave way is told already
			progress("  %s", n)
		}
	}
	return got, errors.Join(faults...)
}
