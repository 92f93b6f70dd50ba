package app

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"eastgate/edge/flow"
)

// counted returns frames that count how many of them are held.
func counted(held *atomic.Int64) func(pts time.Duration) *flow.Frame {
	return func(pts time.Duration) *flow.Frame {
		held.Add(1)
		return flow.NewFrame("yard", time.Time{}, pts, nil, func() { held.Add(-1) })
	}
}

func TestTheNewestFrameWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var held atomic.Int64
		frame := counted(&held)
		skipped := prometheus.NewCounter(prometheus.CounterOpts{Name: "skipped"})
		in, out := make(chan *flow.Frame), make(chan *flow.Frame)
		go newest{func(*flow.Frame) {}, skipped.Inc}.Run(t.Context(), in, out)
		for i := range 5 {
			in <- frame(time.Duration(i))
		}
		if f := <-out; f.PTS != 4 {
			t.Errorf("got frame %d, want the newest", f.PTS)
		} else {
			f.Release()
		}
		in <- frame(9)
		close(in)
		if f := <-out; f.PTS != 9 {
			t.Errorf("the last frame was not handed over: got %d", f.PTS)
		} else {
			f.Release()
		}
		if _, open := <-out; open {
			t.Error("out is still open")
		}
		if held.Load() != 0 || testutil.ToFloat64(skipped) != 4 {
			t.Errorf("%d frames still held, %v counted as skipped; want 0 and 4", held.Load(), testutil.ToFloat64(skipped))
		}
	})
}

func TestNewestGivesFramesBackWhenStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var held atomic.Int64
		frame := counted(&held)
		ctx, cancel := context.WithCancel(t.Context())
		in, out := make(chan *flow.Frame), make(chan *flow.Frame)
		done := make(chan struct{})
		go func() {
			newest{func(*flow.Frame) {}, func() {}}.Run(ctx, in, out)
			close(done)
		}()
		in <- frame(1)
		cancel()
		synctest.Wait()
		close(in)
		<-done
		if held.Load() != 0 {
			t.Errorf("%d frames still held", held.Load())
		}
	})
}
