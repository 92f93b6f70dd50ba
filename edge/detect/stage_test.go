//go:build !nocv

package detect

import (
	"errors"
	"image"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/edge/flow"
	"eastgate/shared/event"
)

// A stub finds something in every picture whose PTS it is told.
type stub struct {
	seen   []time.Duration
	fails  bool
	closed bool
}

func (s *stub) Info() event.Detector { return event.Detector{Name: "stub", Version: "1"} }
func (s *stub) Kinds() []event.Kind  { return []event.Kind{event.Motion} }
func (s *stub) Close() error         { s.closed = true; return nil }
func (s *stub) Detect(p *Picture) ([]flow.Finding, error) {
	s.seen = append(s.seen, p.PTS())
	if s.fails {
		return nil, errors.New("cannot judge")
	}
	if len(s.seen) == 2 {
		return []flow.Finding{{Kind: event.Motion, Score: 1}}, nil
	}
	return nil, nil
}

func TestStageJudgesWhatIsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var held atomic.Int64
		fast, slow, bad := &stub{}, &stub{}, &stub{fails: true}
		s := NewStage("yard", []Task{{fast, 0}, {slow, time.Second}, {bad, time.Hour}}, NewMetrics(prometheus.NewRegistry()), slog.New(slog.DiscardHandler))
		in, out := make(chan *flow.Frame), make(chan flow.Observation)
		done := make(chan error, 1)
		go func() { done <- s.Run(t.Context(), in, out) }()
		go func() {
			defer close(in)
			for i := range 30 { // 10 pictures a second
				held.Add(1)
				in <- flow.NewFrame("yard", time.Time{}, time.Duration(i)*100*time.Millisecond, &image.YCbCr{}, func() { held.Add(-1) })
			}
		}()
		observations, findings := 0, 0
		for o := range out {
			observations++
			if o.Frame != nil {
				findings++
				o.Frame.Release()
			}
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		if len(fast.seen) != 30 || len(slow.seen) != 3 || len(bad.seen) != 1 {
			t.Errorf("judged %d, %d and %d pictures; want 30, 3 and 1", len(fast.seen), len(slow.seen), len(bad.seen))
		}
		if observations != 33 || findings != 2 {
			t.Errorf("%d observations, %d with findings; want 33 and 2: a picture that cannot be judged is none", observations, findings)
		}
		if held.Load() != 0 || !fast.closed || !bad.closed {
			t.Errorf("%d frames held, closed %v", held.Load(), fast.closed)
		}
	})
}

func TestPictureIsMadeOnce(t *testing.T) {
	img := image.NewYCbCr(image.Rect(0, 0, 1280, 720), image.YCbCrSubsampleRatio420)
	for i := range img.Y {
		img.Y[i] = 200
	}
	for i := range img.Cb {
		img.Cb[i], img.Cr[i] = 128, 128
	}
	f := flow.NewFrame("yard", time.Time{}, 0, img, nil)
	defer f.Release()
	p := NewPicture(f)
	defer p.Close()
	grey, err := p.Grey()
	if err != nil || grey.Cols() != 320 || grey.Rows() != 180 || grey.GetUCharAt(90, 160) != 200 {
		t.Errorf("grey is %dx%d, %v", grey.Cols(), grey.Rows(), err)
	}
	again, err := p.Grey()
	if err != nil || again.Ptr() != grey.Ptr() {
		t.Error("the grey picture was made twice")
	}
	cells, err := p.Cells()
	if err != nil || cells.Cols != 160 || cells.Rows != 90 || cells.Y[0] != 200 || cells.Cb[0] != 128 || len(cells.Cr) != 160*90 {
		t.Errorf("cells are %dx%d, %v", cells.Cols, cells.Rows, err)
	}
}

func TestPicturesOfOddShapes(t *testing.T) {
	for _, size := range []image.Point{{1, 1}, {33, 17}, {321, 241}, {352, 288}} {
		whole := image.NewYCbCr(image.Rectangle{Max: size.Add(image.Pt(6, 6))}, image.YCbCrSubsampleRatio420)
		img := whole.SubImage(image.Rect(0, 0, size.X, size.Y)).(*image.YCbCr)
		f := flow.NewFrame("yard", time.Time{}, 0, img, nil)
		p := NewPicture(f)
		if _, err := p.Grey(); err != nil {
			t.Errorf("%v: %v", size, err)
		}
		if _, err := p.Cells(); err != nil {
			t.Errorf("%v: %v", size, err)
		}
		p.Close()
		f.Release()
	}
}

func BenchmarkPicture(b *testing.B) {
	img := image.NewYCbCr(image.Rect(0, 0, 1920, 1080), image.YCbCrSubsampleRatio420)
	f := flow.NewFrame("yard", time.Time{}, 0, img, nil)
	for name, make := range map[string]func(*Picture) error{
		"grey":  func(p *Picture) error { _, err := p.Grey(); return err },
		"cells": func(p *Picture) error { _, err := p.Cells(); return err },
	} {
		b.Run(name+"/1080p", func(b *testing.B) {
			for b.Loop() {
				p := NewPicture(f)
				if err := make(p); err != nil {
					b.Fatal(err)
				}
				p.Close()
			}
		})
	}
}
