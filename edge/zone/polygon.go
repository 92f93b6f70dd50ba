package zone

import (
	"errors"
	"fmt"
	"image"

	"eastgate/shared/event"
)

// A Point is x and y, relative to the picture.
type Point [2]float64

// A Polygon is a closed outline of at least three points.
type Polygon []Point

// maxPoints bounds the work that one zone can cause.
const maxPoints = 100

// Validate returns the first thing that is wrong with p.
func (p Polygon) Validate() error {
	if len(p) < 3 || len(p) > maxPoints {
		return fmt.Errorf("%d points, 3 to %d are needed", len(p), maxPoints)
	}
	for i, q := range p {
		if !(q[0] >= 0 && q[0] <= 1 && q[1] >= 0 && q[1] <= 1) {
			return fmt.Errorf("[%d]: %v is not inside the picture, 0 to 1", i, q)
		}
	}
	if p.area() < 1e-5 {
		return errors.New("the polygon has no area")
	}
	return nil
}

func (p Polygon) area() float64 {
	sum := 0.0
	for i, a := range p {
		b := p[(i+1)%len(p)]
		sum += a[0]*b[1] - b[0]*a[1]
	}
	if sum < 0 {
		sum = -sum
	}
	return sum / 2
}

// Contains reports whether the point (x, y) is inside p (even-odd rule).
func (p Polygon) Contains(x, y float64) bool {
	in := false
	for i, a := range p {
		b := p[(i+1)%len(p)]
		if (a[1] > y) != (b[1] > y) && x < (b[0]-a[0])*(y-a[1])/(b[1]-a[1])+a[0] {
			in = !in
		}
	}
	return in
}

// Bounds returns the smallest box around p.
func (p Polygon) Bounds() event.Box {
	x0, y0, x1, y1 := 1.0, 1.0, 0.0, 0.0
	for _, q := range p {
		x0, y0, x1, y1 = min(x0, q[0]), min(y0, q[1]), max(x1, q[0]), max(y1, q[1])
	}
	return event.Box{x0, y0, x1 - x0, y1 - y0}
}

// Fill sets the bytes of a w by h raster whose centres are inside p to v.
// raster is row by row without padding.
func (p Polygon) Fill(raster []byte, w, h int, v byte) {
	b := p.Bounds()
	r := image.Rect(int(b[0]*float64(w)), int(b[1]*float64(h)), int((b[0]+b[2])*float64(w))+1, int((b[1]+b[3])*float64(h))+1).
		Intersect(image.Rect(0, 0, w, h))
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if p.Contains((float64(x)+0.5)/float64(w), (float64(y)+0.5)/float64(h)) {
				raster[y*w+x] = v
			}
		}
	}
}

// Raster returns a w by h mask: 255 where a detector with the given zones shall
// look (everywhere when there are none), 0 elsewhere and under masks.
func Raster(w, h int, zones []Zone, masks []Polygon) []byte {
	m := make([]byte, w*h)
	if len(zones) == 0 {
		for i := range m {
			m[i] = 255
		}
	}
	for _, z := range zones {
		z.Points.Fill(m, w, h, 255)
	}
	for _, p := range masks {
		p.Fill(m, w, h, 0)
	}
	return m
}
