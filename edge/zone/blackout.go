package zone

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"image"
	"math"
)

// A Blackout blackens areas of pictures, whatever their size. It is for one
// goroutine at a time.
type Blackout struct {
	areas        []Polygon
	size         image.Point
	luma, chroma []run
}

// A run is a stretch of one row of a plane.
type run struct{ y, x0, x1 int }

// NewBlackout returns one for areas, of which there may be none.
func NewBlackout(areas []Polygon) *Blackout { return &Blackout{areas: areas} }

// None reports whether there is nothing to blacken.
func (b *Blackout) None() bool { return b == nil || len(b.areas) == 0 }

// Digest tells one set of areas from another: the first 16 digits of SHA-256 over
// their corners, each area behind the number of its corners; none where there is none.
func Digest(areas []Polygon) string {
	if len(areas) == 0 {
		return "none"
	}
	var text []byte
	for _, area := range areas {
		text = binary.BigEndian.AppendUint64(text, uint64(len(area)))
		for _, p := range area {
			text = binary.BigEndian.AppendUint64(text, math.Float64bits(p[0]))
			text = binary.BigEndian.AppendUint64(text, math.Float64bits(p[1]))
		}
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// Apply sets every pixel of img, which is 4:2:0, that an area covers or touches to
// black, which is 16 in limited range and 0 in full.
func (b *Blackout) Apply(img *image.YCbCr, black byte) {
	if b.None() {
		return
	}
	if size := img.Rect.Size(); size != b.size {
		b.prepare(size)
	}
	y0, c0 := img.YOffset(img.Rect.Min.X, img.Rect.Min.Y), img.COffset(img.Rect.Min.X, img.Rect.Min.Y)
	for _, r := range b.luma {
		fill(img.Y[y0+r.y*img.YStride+r.x0:][:r.x1-r.x0], black)
	}
	for _, r := range b.chroma {
		at := c0 + r.y*img.CStride + r.x0
		fill(img.Cb[at:][:r.x1-r.x0], 128)
		fill(img.Cr[at:][:r.x1-r.x0], 128)
	}
}

func fill(row []byte, v byte) {
	row[0] = v
	for n := 1; n < len(row); n *= 2 { // copying is faster than a loop over bytes
		copy(row[n:], row[:n])
	}
}

// prepare finds the runs for pictures of a size.
func (b *Blackout) prepare(size image.Point) {
	w, h := size.X, size.Y
	inside := make([]byte, w*h)
	for _, p := range b.areas {
		p.Fill(inside, w, h, 1)
	}
	b.size = size
	b.luma = runs(w, h, func(x, y int) bool { return any3x3(inside, w, h, x, y) })
	b.chroma = runs((w+1)/2, (h+1)/2, func(x, y int) bool { // with every pixel that shares its colour
		return any3x3(inside, w, h, 2*x, 2*y) || any3x3(inside, w, h, min(2*x+1, w-1), min(2*y+1, h-1))
	})
}

// any3x3 reports whether a pixel or a neighbour is set: a pixel whose centre is
// outside an area may still show its edge.
func any3x3(m []byte, w, h, x, y int) bool {
	for yy := max(y-1, 0); yy <= min(y+1, h-1); yy++ {
		for xx := max(x-1, 0); xx <= min(x+1, w-1); xx++ {
			if m[yy*w+xx] != 0 {
				return true
			}
		}
	}
	return false
}

func runs(w, h int, set func(x, y int) bool) []run {
	var out []run
	for y := range h {
		for x := 0; x < w; x++ {
			if !set(x, y) {
				continue
			}
			begin := x
			for x < w && set(x, y) {
				x++
			}
			out = append(out, run{y, begin, x})
		}
	}
	return out
}
