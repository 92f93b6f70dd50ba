//go:build !nocv

package detecttest

import (
	"bytes"
	"image"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"eastgate/edge/detect"
	"eastgate/edge/flow"
)

// Run checks what every detector promises: the same pictures give the same answer,
// boxes lie in the picture and scores from 0 to 1, the picture is left as it was,
// odd sizes, gaps in time and a change of size are survived.
func Run(t *testing.T, open func(t *testing.T) detect.Detector) {
	t.Helper()
	t.Run("same pictures, same answer", func(t *testing.T) {
		if a, b := answers(t, open(t), walk(320, 180)), answers(t, open(t), walk(320, 180)); !reflect.DeepEqual(a, b) {
			t.Errorf("%v and %v", a, b)
		}
	})
	t.Run("odd sizes", func(t *testing.T) {
		for _, size := range []image.Point{{1, 1}, {2, 40}, {33, 17}, {641, 361}} {
			answers(t, open(t), walk(size.X, size.Y))
		}
	})
	t.Run("a change of size", func(t *testing.T) {
		answers(t, open(t), append(walk(320, 180), walk(400, 400)...))
	})
	t.Run("gaps in time", func(t *testing.T) {
		d := open(t)
		defer d.Close()
		at := time.Duration(0)
		for i, img := range walk(320, 180) {
			at += []time.Duration{time.Millisecond, time.Second, time.Hour}[i%3]
			Show(img, at, func(p *detect.Picture) { judge(t, d, p) })
		}
	})
	t.Run("it has a name and kinds of the catalogue", func(t *testing.T) {
		d := open(t)
		defer d.Close()
		if info := d.Info(); info.Name == "" || info.Version == "" {
			t.Errorf("%+v", info)
		}
		for _, k := range d.Kinds() {
			if !k.Known() {
				t.Errorf("%s is not in the catalogue", k)
			}
		}
	})
}

// walk draws a light block that moves over noise.
func walk(w, h int) []*image.YCbCr {
	dice := rand.New(rand.NewPCG(5, 6))
	var out []*image.YCbCr
	for i := range 20 {
		img := Noise(w, h, 90, 3, dice)
		Fill(img, image.Rect(i*w/40, h/3, i*w/40+w/6+1, 2*h/3), 200, 128, 128)
		out = append(out, img)
	}
	return out
}

func answers(t *testing.T, d detect.Detector, pictures []*image.YCbCr) [][]flow.Finding {
	t.Helper()
	defer d.Close()
	var out [][]flow.Finding
	for i, img := range pictures {
		before := bytes.Clone(img.Y)
		Show(img, time.Duration(i)*200*time.Millisecond, func(p *detect.Picture) { out = append(out, judge(t, d, p)) })
		if !bytes.Equal(before, img.Y) {
			t.Error("the picture was changed")
		}
	}
	return out
}

func judge(t *testing.T, d detect.Detector, p *detect.Picture) []flow.Finding {
	t.Helper()
	found, err := d.Detect(p)
	if err != nil {
		t.Errorf("%v: %v", p.Size(), err)
	}
	for _, f := range found {
		b := f.Box
		if f.Score < 0 || f.Score > 1 || b[0] < 0 || b[1] < 0 || b[2] < 0 || b[3] < 0 || b[0]+b[2] > 1.0001 || b[1]+b[3] > 1.0001 {
			t.Errorf("%v: finding %+v", p.Size(), f)
		}
	}
	return found
}
