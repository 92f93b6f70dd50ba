package motion

import "image"

// clean keeps the pixels of in that have most of their neighbours with them:
// single pixels are noise.
func clean(in, out []byte, w, h int) {
	clear(out)
	for y := 1; y < h-1; y++ {
		for x := 1; x < w-1; x++ {
			i := y*w + x
			n := 0
			for _, j := range [9]int{i - w - 1, i - w, i - w + 1, i - 1, i, i + 1, i + w - 1, i + w, i + w + 1} {
				n += int(in[j] & 1)
			}
			if n >= 5 {
				out[i] = 255
			}
		}
	}
}

// A blob is a connected piece.
type blob struct {
	pixels int
	box    image.Rectangle
}

// blobs calls each for every connected piece of m, which it clears. Pieces two
// pixels apart are one.
func blobs(m []byte, w, h int, each func(blob)) {
	var stack []int
	for start, v := range m {
		if v == 0 {
			continue
		}
		m[start] = 0
		stack = append(stack[:0], start)
		var b blob
		for len(stack) > 0 {
			i := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			x, y := i%w, i/w
			b.pixels++
			b.box = b.box.Union(image.Rect(x, y, x+1, y+1))
			for yy := max(0, y-2); yy <= min(h-1, y+2); yy++ {
				for xx := max(0, x-2); xx <= min(w-1, x+2); xx++ {
					if j := yy*w + xx; m[j] != 0 {
						m[j] = 0
						stack = append(stack, j)
					}
				}
			}
		}
		each(b)
	}
}
