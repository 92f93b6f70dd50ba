package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
)

// An attack is one hostile input against a real parser or server. try says how it was
// not survived: something was let in, told or broken. That an input is refused is as it
// should be.
type attack struct {
	name string
	try  func(ctx context.Context) error
}

// What one attack may take.
const (
	tryTime   = 40 * time.Second
	tryMemory = 400 << 20 // bytes of this process, beyond what it had: several pictures of the largest kind
)

// hostile sends all attacks, one after the other.
func (p *Proof) hostile(ctx context.Context, dir string) (wrong []string, err error) {
	s, err := openSite(ctx, dir)
	if err != nil {
		return nil, err
	}
	films, err := spoiledFilms(ctx, dir)
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	for _, list := range [][]attack{s.overHTTP(), s.byBoxes(), s.overMQTT(), byCameras(), byDevices(), films, files()} {
		for _, a := range list {
			p.HostileInputs++
			if err := a.survive(ctx); err != nil {
				wrong = append(wrong, a.name+": "+err.Error())
				continue
			}
			p.HostileSurvived++
		}
	}
	return wrong, s.close()
}

// survive makes an attack, and says how it was not survived: a wrong answer, a panic,
// no end, or too much memory.
func (a attack) survive(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, tryTime)
	defer stop()
	debug.FreeOSMemory()
	before, most := resident(), int64(0)
	ended := make(chan error, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				ended <- fmt.Errorf("panic: %v", r)
			}
		}()
		ended <- a.try(ctx)
	}()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	late := time.After(tryTime + 10*time.Second)
	for {
		select {
		case err := <-ended:
			if most-before > tryMemory {
				return fmt.Errorf("it took %d MiB", (most-before)>>20)
			}
			return err
		case <-late:
			return fmt.Errorf("it has not ended after %s", tryTime)
		case <-tick.C:
			most = max(most, resident())
		}
	}
}

// resident is this process's memory in bytes, FFmpeg's and OpenCV's with it.
func resident() int64 {
	b, err := os.ReadFile("/proc/self/statm")
	words := strings.Fields(string(b))
	if err != nil || len(words) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(words[1], 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}

// deep is JSON, or what looks like it, n levels deep.
func deep(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }

// endless gives the same bytes for as long as somebody reads, up to a bound.
type endless struct {
	what string
	left int64
}

func (e *endless) Read(b []byte) (int, error) {
	if e.left <= 0 {
		return 0, fmt.Errorf("more than anybody should read")
	}
	n := 0
	for n < len(b) {
		n += copy(b[n:], e.what)
	}
	e.left -= int64(n)
	return n, nil
}
