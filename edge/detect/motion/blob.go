//go:build !nocv

package motion

import "image"

// A blob is a connected piece of what differs from the background.
type blob struct {
	pixels  []int32
	box     image.Rectangle
	weight  float64 // pixels, each by how many times its threshold it is off, up to 4
	stirred int     // pixels that moved since the picture before
	x, y    float64 // its middle
}

// blobs returns the connected pieces of what differs; pieces two pixels apart are
// one. Pixels that lack their neighbours are noise. What is returned is valid until
// the next call.
func (d *Detector) blobs(pix []byte) []blob {
	b, w, h := d.bg, d.bg.w, d.bg.h
	d.clean()
	d.found, d.arena = d.found[:0], d.arena[:0]
	for _, start := range d.solid {
		if d.mark[start] == 0 {
			continue
		}
		from := len(d.arena)
		d.mark[start] = 0
		d.arena = append(d.arena, start)
		for k := from; k < len(d.arena); k++ {
			x, y := int(d.arena[k])%w, int(d.arena[k])/w
			for yy := max(0, y-2); yy <= min(h-1, y+2); yy++ {
				for j := yy*w + max(0, x-2); j <= yy*w+min(w-1, x+2); j++ {
					if d.mark[j] != 0 {
						d.mark[j] = 0
						d.arena = append(d.arena, int32(j))
					}
				}
			}
		}
		d.found = append(d.found, b.measure(d.arena[from:len(d.arena):len(d.arena)], pix))
	}
	return d.found
}

// clean marks the pixels that differ together with most of their neighbours.
func (d *Detector) clean() {
	b, w, h := d.bg, d.bg.w, d.bg.h
	d.solid = d.solid[:0]
	for _, at := range b.changed {
		i := int(at)
		if d.counts[i] == 0 {
			continue
		}
		if x, y := i%w, i/w; x == 0 || y == 0 || x == w-1 || y == h-1 {
			continue
		}
		n := 0
		for _, row := range [3]int{i - w, i, i + w} {
			for _, f := range b.far[row-1 : row+2] {
				if f != 0 {
					n++
				}
			}
		}
		if n >= 5 {
			d.mark[i] = 1
			d.solid = append(d.solid, at)
		}
	}
}

const (
	strongest = 4 * 8 // a pixel counts no more than this, in eighths of its threshold
	stirs     = 10    // grey levels between two pictures that are movement
)

func (b *background) measure(pixels []int32, pix []byte) blob {
	out := blob{pixels: pixels, box: image.Rectangle{Min: image.Pt(b.w, b.h)}}
	sx, sy, weight := 0, 0, 0
	for _, i := range pixels {
		x, y := int(i)%b.w, int(i)/b.w
		sx, sy = sx+x, sy+y
		weight += min(int(b.far[i]), strongest)
		if step := int(pix[i]) - int(b.prev[i]); step > stirs || step < -stirs {
			out.stirred++
		}
		out.box.Min.X, out.box.Min.Y = min(out.box.Min.X, x), min(out.box.Min.Y, y)
		out.box.Max.X, out.box.Max.Y = max(out.box.Max.X, x+1), max(out.box.Max.Y, y+1)
	}
	n := float64(len(pixels))
	out.x, out.y, out.weight = float64(sx)/n, float64(sy)/n, float64(weight)/8
	return out
}
