package dwell

// patch is the side in pixels of the squares in which the empty place is guessed.
const patch = 8

// suspect marks what may be part of a thing that moved while the place was not yet
// known: the patches where pixels moved, and those that are surrounded by them, for
// the plain middle of a thing does not seem to move.
func (m *model) suspect() {
	cw, ch := m.patches()
	touched := make([]int, cw*ch)
	for i, ok := range m.known {
		if !ok && m.since[i] > m.began {
			touched[i/m.w/patch*cw+i%m.w/patch]++
		}
	}
	open := outside(touched, cw, ch)
	for i, ok := range m.known {
		if !ok && !open[i/m.w/patch*cw+i%m.w/patch] {
			m.moved[i] = true
		}
	}
}

// outside marks the squares that can be reached from the border over squares with
// few pixels touched.
func outside(touched []int, w, h int) []bool {
	const few = patch * patch / 8
	out := make([]bool, w*h)
	var todo []int
	reach := func(x, y int) {
		if x >= 0 && y >= 0 && x < w && y < h && !out[y*w+x] && touched[y*w+x] < few {
			out[y*w+x] = true
			todo = append(todo, y*w+x)
		}
	}
	for x := range w {
		reach(x, 0)
		reach(x, h-1)
	}
	for y := range h {
		reach(0, y)
		reach(w-1, y)
	}
	for len(todo) > 0 {
		c := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		x, y := c%w, c/w
		reach(x-1, y)
		reach(x+1, y)
		reach(x, y-1)
		reach(x, y+1)
	}
	return out
}

// patches returns how many squares there are across and down.
func (m *model) patches() (int, int) { return (m.w + patch - 1) / patch, (m.h + patch - 1) / patch }

// guess fills in the empty place where it was not yet seen: something moved there
// from the beginning, and what is under it is taken to look like the ground beside.
func (m *model) guess() {
	cw, ch := m.patches()
	sum, n := make([]float32, cw*ch), make([]float32, cw*ch)
	for i, ok := range m.known {
		if ok {
			c := i/m.w/patch*cw + i%m.w/patch
			sum[c], n[c] = sum[c]+m.empty[i], n[c]+1
		}
	}
	for range cw + ch { // each round fills the squares beside filled ones
		if !spread(sum, n, cw, ch) {
			break
		}
	}
	for i, ok := range m.known {
		if c := i/m.w/patch*cw + i%m.w/patch; !ok && m.moved[i] && n[c] > 0 {
			m.empty[i] = sum[c] / n[c]
		}
	}
}

// spread gives squares without a value the mean of their neighbours', and reports
// whether there were any.
func spread(sum, n []float32, w, h int) bool {
	type fill struct {
		at    int
		value float32
	}
	var fills []fill
	for c := range n {
		if n[c] > 0 {
			continue
		}
		var s, k float32
		x, y := c%w, c/w
		for yy := max(0, y-1); yy <= min(h-1, y+1); yy++ {
			for xx := max(0, x-1); xx <= min(w-1, x+1); xx++ {
				if j := yy*w + xx; n[j] > 0 {
					s, k = s+sum[j]/n[j], k+1
				}
			}
		}
		if k > 0 {
			fills = append(fills, fill{c, s / k})
		}
	}
	for _, f := range fills {
		sum[f.at], n[f.at] = f.value, 1
	}
	return len(fills) > 0
}
