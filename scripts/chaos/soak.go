package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// soakShape is the demo site's size: 144 cameras. Two processors cannot decode so
// many: 136 of them are of crowds, which only send events.
var soakShape = shape{crowds: 2, boxes: 17, rate: 0.1, bytes: 64 << 20, box: true, films: 8}

// A sample is what one thing takes at one moment, by its name.
type sample map[string]float64

// How often is looked, and how much of the time is warming up.
const (
	sampleEvery = 5 * time.Second
	warmUp      = 5 // a fifth
)

// soak runs a site without faults and compares its second fifth with its last.
func (s *suite) soak(ctx context.Context, length time.Duration) error {
	dir := filepath.Join(s.dir, "soak")
	site, err := newSite(dir, soakShape, s.net, s.seed)
	if err != nil {
		return err
	}
	h := &hand{site: site, dice: rand.New(rand.NewPCG(s.seed, 0))}
	defer h.tidy() //nolint:errcheck // nothing is mounted
	progress("soak: 136 cameras send, 8 more are decoded, for %v; logs in %s", length, dir)
	if err := errors.Join(site.up(ctx), h.flows(ctx)); err != nil {
		site.down()
		return err
	}
	var all []sample
	told := time.Now()
	for end := time.Now().Add(length); time.Now().Before(end) && ctx.Err() == nil; sleep(ctx, sampleEvery) {
		x, err := site.sample(ctx)
		if err != nil {
			site.down()
			return err
		}
		all = append(all, x)
		if time.Since(told) > time.Minute {
			progress("  %v to go, %d events", time.Until(end).Round(time.Second), int(x["cloud events"]))
			told = time.Now()
		}
	}
	if ctx.Err() != nil {
		site.down()
		return ctx.Err()
	}
	growing := compareSamples(all)
	var v verdict
	err = h.recover(ctx, &v)
	site.down()
	v, wrong := h.count(ctx, v)
	fmt.Fprintf(os.Stderr, "%d events, %d lost, %d doubled, %d reordered\n", v.Events, v.Lost, v.Doubled, v.Reordered)
	return errors.Join(growing, err, wrong)
}

// sample looks at every process and folder.
func (s *site) sample(ctx context.Context) (sample, error) {
	out := sample{}
	for _, p := range s.processes() {
		pid := p.pid()
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			return nil, err
		}
		out[p.name+" memory MiB"] = field(status, "VmRSS:") / 1024
		handles, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
		if err != nil {
			return nil, err
		}
		out[p.name+" handles"] = float64(len(handles))
		out[p.name+" threads"] = field(status, "Threads:")
	}
	for name, url := range map[string]string{"cloud": s.pages, "edge": s.health} {
		n, err := figure(ctx, s.there(), "http://"+url+"/metrics", "go_goroutines")
		if err != nil {
			return nil, err
		}
		out[name+" goroutines"] = float64(n)
	}
	for name, dir := range map[string]string{"boxes' disk MiB": s.edgeDir, "broker's disk MiB": filepath.Join(s.cloudDir, "broker"), "cloud disk MiB": s.cloudDir} {
		n, err := diskUse(dir)
		if err != nil {
			return nil, err
		}
		out[name] = float64(n) / (1 << 20)
	}
	n, err := countStored(ctx, s.database())
	if err != nil {
		return nil, err
	}
	out["cloud events"] = float64(n)
	return out, nil
}

func field(status []byte, name string) float64 {
	_, rest, _ := strings.Cut(string(status), name)
	words := strings.Fields(rest)
	if len(words) == 0 {
		return 0
	}
	n, err := strconv.ParseFloat(words[0], 64)
	if err != nil {
		return 0
	}
	return n
}

func diskUse(dir string) (n int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // removed meanwhile
		}
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			n += info.Size()
		}
		return nil
	})
	return n, err
}

// grows are the figures that must grow with the events that are kept.
var grows = []string{"cloud disk MiB", "cloud events"}

// flat is how much larger a figure may be at the end: a tenth and a little.
func flat(name string, before, after float64) bool {
	little := 8.0
	if strings.HasSuffix(name, "MiB") {
		little = 12
	}
	return after <= before*1.1+little
}

// compareSamples prints medians before and after, with a verdict.
func compareSamples(all []sample) error {
	part := len(all) / warmUp
	if part == 0 {
		return errors.New("too short to say anything: give at least a minute")
	}
	median := func(some []sample, name string) float64 {
		var xs []float64
		for _, x := range some {
			xs = append(xs, x[name])
		}
		slices.Sort(xs)
		return xs[len(xs)/2]
	}
	var names, bad []string
	for name := range all[0] {
		names = append(names, name)
	}
	slices.Sort(names)
	fmt.Fprintf(os.Stderr, "\n%-26s %10s %10s\n", "median of", "2nd fifth", "last fifth")
	for _, name := range names {
		before, after := median(all[part:2*part], name), median(all[len(all)-part:], name)
		word := "flat"
		switch {
		case slices.Contains(grows, name):
			word = "grows with what is kept"
		case !flat(name, before, after):
			word = "NOT FLAT"
			bad = append(bad, name)
		}
		fmt.Fprintf(os.Stderr, "%-26s %10.1f %10.1f  %s\n", name, before, after, word)
	}
	if len(bad) > 0 {
		return fmt.Errorf("not flat: %s", strings.Join(bad, ", "))
	}
	fmt.Fprintln(os.Stderr, "verdict: flat")
	return nil
}
