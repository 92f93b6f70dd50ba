//go:build !nocv

package dnn_test

import (
	"errors"
	"image"
	"image/color"
	"math"
	"sync"
	"testing"
	"time"

	"gocv.io/x/gocv"

	"eastgate/edge/detect/dnn"
	"eastgate/edge/flow"
	"eastgate/models"
)

func opened(t *testing.T) *dnn.Net {
	t.Helper()
	w, err := models.Fire()
	if err != nil {
		t.Fatal(err)
	}
	net, err := dnn.Open(w)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = net.Close() })
	return net
}

func TestOpenRefusesWhatIsNoNetwork(t *testing.T) {
	if _, err := dnn.Open(models.Weights{Name: "none"}); err == nil {
		t.Error("a network without weights was opened")
	}
}

func TestRunRefusesWhatIsNoPicture(t *testing.T) {
	net := opened(t)
	grey := gocv.NewMatWithSize(20, 20, gocv.MatTypeCV8U)
	defer grey.Close()
	empty := gocv.NewMat()
	defer empty.Close()
	for _, m := range []gocv.Mat{grey, empty} {
		if _, err := net.Run(m); err == nil {
			t.Errorf("a picture of %dx%d, type %d, was judged", m.Cols(), m.Rows(), m.Type())
		}
	}
}

// TestTurns: many cameras ask one network at once and all get the same answer.
func TestTurns(t *testing.T) {
	net := opened(t)
	f := frame(320, 240, true)
	defer f.Release()
	box := image.Rect(100, 80, 160, 150)
	want, err := net.See(f, box)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 5 {
				got, err := net.See(f, box)
				if err != nil || got[0] != want[0] || got[1] != want[1] {
					t.Errorf("%v, %v; want %v", got, err, want)
				}
			}
		})
	}
	wg.Wait()
	if err := net.Close(); err != nil {
		t.Error(err)
	}
	if err := net.Close(); err != nil {
		t.Error("closing again:", err)
	}
	if _, err := net.See(f, box); !errors.Is(err, dnn.ErrClosed) {
		t.Errorf("a closed network answers %v", err)
	}
}

// frame is a picture that is orange in its middle and grey around, in limited or
// full range.
func frame(w, h int, limited bool) *flow.Frame {
	img := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	for y := range h {
		for x := range w {
			c := color.RGBA{60, 60, 60, 255}
			if image.Pt(x, y).In(image.Rect(w/4, h/4, 3*w/4, 3*h/4)) {
				c = color.RGBA{250, 140, 30, 255}
			}
			yy, cb, cr := color.RGBToYCbCr(c.R, c.G, c.B)
			if limited {
				yy = byte(16 + int(yy)*219/255)
				cb = byte(128 + (int(cb)-128)*224/255)
				cr = byte(128 + (int(cr)-128)*224/255)
			}
			img.Y[img.YOffset(x, y)] = yy
			img.Cb[img.COffset(x, y)], img.Cr[img.COffset(x, y)] = cb, cr
		}
	}
	f := flow.NewFrame("test", time.Unix(0, 0), 0, img, nil)
	f.Limited = limited
	return f
}

// TestCut: the square has the colours of the picture, whichever range it has, and
// is mirrored beyond the edges.
func TestCut(t *testing.T) {
	for _, limited := range []bool{true, false} {
		f := frame(1281, 721, limited) // odd: chroma has a pixel more than half
		crop, err := dnn.Cut(f, image.Rect(600, 300, 700, 400), 1.4, 96)
		if err != nil {
			t.Fatal(err)
		}
		near(t, crop, 48, 48, [3]float64{30, 140, 250})
		crop.Close()
		corner, err := dnn.Cut(f, image.Rect(-50, -50, 40, 40), 2, 96)
		if err != nil {
			t.Fatal(err)
		}
		near(t, corner, 2, 2, [3]float64{60, 60, 60})
		near(t, corner, 90, 90, [3]float64{60, 60, 60})
		corner.Close()
		f.Release()
	}
}

func near(t *testing.T, m gocv.Mat, x, y int, want [3]float64) {
	t.Helper()
	got := m.GetVecbAt(y, x)
	for i := range want {
		if math.Abs(float64(got[i])-want[i]) > 5 {
			t.Errorf("pixel %d, %d is %v, want %v", x, y, got, want)
			return
		}
	}
}

// TestCutOfOddShapes: boxes at the edges, larger than the picture, of one pixel or
// outside; pictures of one pixel.
func TestCutOfOddShapes(t *testing.T) {
	for _, size := range []image.Point{{1, 1}, {2, 3}, {17, 9}, {320, 240}} {
		f := frame(size.X, size.Y, false)
		for _, box := range []image.Rectangle{
			image.Rect(0, 0, 1, 1),
			image.Rect(-100, -100, 1000, 1000),
			image.Rect(size.X-1, size.Y-1, size.X+5, size.Y+5),
		} {
			crop, err := dnn.Cut(f, box, 1.4, 64)
			if err != nil || crop.Cols() != 64 || crop.Rows() != 64 || crop.Type() != gocv.MatTypeCV8UC3 {
				t.Errorf("%v of %v: %dx%d, %v", box, size, crop.Cols(), crop.Rows(), err)
			}
			crop.Close()
		}
		if _, err := dnn.Cut(f, image.Rect(5000, 5000, 5010, 5010), 1.4, 64); err == nil {
			t.Errorf("%v: a box outside was cut", size)
		}
		f.Release()
	}
}

// BenchmarkSee is one look at a place in a frame of 1080p, with its cutting.
func BenchmarkSee(b *testing.B) {
	w, err := models.Fire()
	if err != nil {
		b.Fatal(err)
	}
	net, err := dnn.Open(w)
	if err != nil {
		b.Fatal(err)
	}
	defer net.Close()
	f := frame(1920, 1080, true)
	defer f.Release()
	for b.Loop() {
		if _, err := net.See(f, image.Rect(800, 400, 1000, 640)); err != nil {
			b.Fatal(err)
		}
	}
}
