//go:build !nocv

package fire

// A tile is a square of cells. It remembers how its picture changes: squared
// levels, summed over its cells, as a mean over time.
type tile struct {
	change float64
	// made is what is left of change when the last picture is shifted to fit best.
	// Things that move leave little; flames are made anew.
	made float64
	// usual is the part of change that goes along one pattern, brighter or darker:
	// nearly all of it where a lamp blinks.
	usual float64
	// pairs is how many pairs of pictures it was measured on.
	pairs int
}

// A part is a rectangle of cells, x1 and y1 not included.
type part struct{ x0, y0, x1, y1 int }

const (
	tileSide  = 8  // cells
	mostShift = 5  // cells between two pictures
	mostTiles = 48 // measured in one picture
	noise     = 4  // levels by which a cell changes where nothing does
)

func tilesIn(cells int) int { return (cells + tileSide - 1) / tileSide }

func (r *raster) tileOf(cell int) int {
	return cell/r.cols/tileSide*tilesIn(r.cols) + cell%r.cols/tileSide
}

// measure adds the newest pair of pictures, with weight w, to the tiles in which
// something may come to burn. Of very many tiles it takes others each time.
func (r *raster) measure(w float32) {
	hit := r.hit
	clear(hit)
	n := 0
	for _, i := range r.awake {
		if !r.smoulders(i) {
			continue
		}
		if t := r.tileOf(i); !hit[t] {
			hit[t] = true
			n++
		}
	}
	turns := n/mostTiles + 1
	k := r.pictures
	for t := range hit {
		if !hit[t] {
			continue
		}
		if k++; k%turns == 0 {
			r.measureTile(t, min(w*float32(turns), 0.5))
		}
	}
}

func (r *raster) measureTile(t int, w float32) {
	x, y := t%tilesIn(r.cols)*tileSide, t/tilesIn(r.cols)*tileSide
	p := part{x, y, min(x+tileSide, r.cols), min(y+tileSide, r.rows)}
	change := r.differs(p, 0, 0)
	if change < noise*noise*2*tileSide*tileSide {
		return // it has nothing to teach
	}
	best, bx, by := change, 0, 0
	for dy := -mostShift; dy <= mostShift; dy++ {
		for dx := -mostShift; dx <= mostShift; dx++ {
			if p.x0+dx < 0 || p.y0+dy < 0 || p.x1+dx > r.cols || p.y1+dy > r.rows {
				continue
			}
			if d := r.differs(p, dx, dy); d < best {
				best, bx, by = d, dx, dy
			}
		}
	}
	s := &r.tiles[t]
	s.pairs++
	w = max(w, 1/float32(s.pairs)) // the first pairs make a plain mean
	made, usual := min(best, r.differsWithin(p, bx, by)), r.alongUsual(p, w)
	if s.pairs == 1 {
		return // it has taught the pattern; it cannot be held against it
	}
	a := float64(w)
	s.change += a * (float64(change) - s.change)
	s.made += a * (float64(made) - s.made)
	s.usual += a * (float64(usual) - s.usual)
}

// differs is the squared difference of a part of the picture from what lay dx, dy
// from it in the last picture.
func (r *raster) differs(p part, dx, dy int) (sum float32) {
	n := p.x1 - p.x0
	for y := p.y0; y < p.y1; y++ {
		i, j := y*r.cols+p.x0, (y+dy)*r.cols+p.x0+dx
		l, m := r.now.light[i:i+n], r.last.light[j:j+n]
		v, u := r.now.warm[i:i+n], r.last.warm[j:j+n]
		for k := range l {
			a, b := l[k]-m[k], v[k]-u[k]
			sum += a*a + b*b
		}
	}
	return sum
}

// differsWithin is differs after a further shift by up to a cell, found by least
// squares on the gradients as Lucas and Kanade do.
func (r *raster) differsWithin(p part, dx, dy int) float32 {
	var xx, xy, yy, xt, yt, tt float32
	for y := max(p.y0, 1); y < min(p.y1, r.rows-1); y++ {
		for x := max(p.x0, 1); x < min(p.x1, r.cols-1); x++ {
			i, j := y*r.cols+x, (y+dy)*r.cols+x+dx
			for _, s := range [2][2][]float32{{r.now.light, r.last.light}, {r.now.warm, r.last.warm}} {
				gx, gy := (s[0][i+1]-s[0][i-1])/2, (s[0][i+r.cols]-s[0][i-r.cols])/2
				d := s[0][i] - s[1][j]
				xx, xy, yy = xx+gx*gx, xy+gx*gy, yy+gy*gy
				xt, yt, tt = xt+gx*d, yt+gy*d, tt+d*d
			}
		}
	}
	const steady = 50 // keeps flat parts from being fitted to noise
	xx, yy = xx+steady, yy+steady
	det := xx*yy - xy*xy
	vx, vy := (xy*yt-yy*xt)/det, (xy*xt-xx*yt)/det
	vx, vy = min(max(vx, -1), 1), min(max(vy, -1), 1)
	return max(0, tt+2*(vx*xt+vy*yt)+vx*vx*xx+2*vx*vy*xy+vy*vy*yy)
}

// alongUsual is how much of a part's squared change goes along its usual pattern,
// which it then learns with weight w.
func (r *raster) alongUsual(p part, w float32) float32 {
	var dot, norm float32
	now, last := [2][]float32{r.now.light, r.now.warm}, [2][]float32{r.last.light, r.last.warm}
	usual := [2][]float32{r.usual.light, r.usual.warm}
	for k, u := range usual {
		for y := p.y0; y < p.y1; y++ {
			for i := y*r.cols + p.x0; i < y*r.cols+p.x1; i++ {
				dot += (now[k][i] - last[k][i]) * u[i]
				norm += u[i] * u[i]
			}
		}
	}
	sign := float32(1)
	if dot < 0 {
		sign = -1
	}
	for k, u := range usual {
		for y := p.y0; y < p.y1; y++ {
			for i := y*r.cols + p.x0; i < y*r.cols+p.x1; i++ {
				u[i] += w * (sign*(now[k][i]-last[k][i]) - u[i])
			}
		}
	}
	return dot * dot / (norm + 1)
}
