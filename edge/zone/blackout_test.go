package zone

import (
	"image"
	"testing"
)

func TestABlackoutCoversWhatItTouches(t *testing.T) {
	area := Polygon{{0.3, 0.3}, {0.7, 0.35}, {0.5, 0.8}}
	b := NewBlackout([]Polygon{area})
	for _, size := range []image.Point{{64, 48}, {33, 17}, {2, 2}, {1, 1}, {64, 48}} {
		whole := image.NewYCbCr(image.Rect(0, 0, size.X+3, size.Y+2), image.YCbCrSubsampleRatio420)
		for _, plane := range [][]byte{whole.Y, whole.Cb, whole.Cr} {
			for i := range plane {
				plane[i] = 200
			}
		}
		img := whole.SubImage(image.Rect(2, 2, 2+size.X, 2+size.Y)).(*image.YCbCr) // part of a larger one
		img.Rect = img.Rect.Intersect(whole.Rect)
		size = img.Rect.Size()
		b.Apply(img, 16)
		outside := 0
		for y := range size.Y {
			for x := range size.X {
				c := img.YCbCrAt(2+x, 2+y)
				if inside := area.Contains((float64(x)+0.5)/float64(size.X), (float64(y)+0.5)/float64(size.Y)); inside && (c.Y != 16 || c.Cb != 128 || c.Cr != 128) {
					t.Fatalf("%v: %v shows %v", size, image.Pt(x, y), c)
				}
				if c.Y == 200 {
					outside++
				}
			}
		}
		if size.X > 30 && outside < size.X*size.Y/2 {
			t.Errorf("%v: only %d pixels are left", size, outside)
		}
		if whole.Y[0] != 200 {
			t.Error("it blackens beyond the picture")
		}
	}
	var none *Blackout
	if !none.None() || !NewBlackout(nil).None() || b.None() {
		t.Error("none")
	}
}

func BenchmarkBlackout1080p(b *testing.B) {
	img := image.NewYCbCr(image.Rect(0, 0, 1920, 1080), image.YCbCrSubsampleRatio420)
	out := NewBlackout([]Polygon{{{0.3, 0.3}, {0.7, 0.35}, {0.5, 0.8}}})
	for b.Loop() {
		out.Apply(img, 16)
	}
}
