package app

import (
	"context"
	"image"
	"testing"
	"time"

	"eastgate/edge/flow"
)

func TestATapGivesTheNextFrame(t *testing.T) {
	var tp tap
	free := 0
	frame := func() *flow.Frame {
		return flow.NewFrame("yard", time.Now(), 0, image.NewYCbCr(image.Rect(0, 0, 2, 2), image.YCbCrSubsampleRatio420), func() { free++ })
	}
	got := make(chan *flow.Frame)
	for range 2 {
		go func() {
			f, err := tp.next(t.Context())
			if err != nil {
				t.Error(err)
			}
			got <- f
		}()
	}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		tp.mu.Lock()
		n := len(tp.waiting)
		tp.mu.Unlock()
		if n == 2 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("nobody waits")
		}
	}
	f := frame()
	tp.see(f)
	f.Release()
	if a, b := <-got, <-got; a != f || b != f || free != 0 {
		t.Errorf("they got %p and %p of %p, freed %d times", a, b, f, free)
	}
	f.Release()
	f.Release()
	if free != 1 {
		t.Errorf("the frame was given back %d times", free)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := tp.next(ctx); err == nil || len(tp.waiting) != 0 {
		t.Errorf("whoever has gone still waits: %v, %d", err, len(tp.waiting))
	}
}
