//go:build !nocv

package motion

const (
	plenty    = 60   // pixels from which a blob can be compared with what was there
	patterned = 36   // variance in grey levels from which a place has a pattern
	kept      = 0.8  // correlation from which the pattern is still there
	crisp     = 0.35 // share of a blob's own step that is a sharp edge
	soft      = 0.15 // share of an outline that is sharp, below which light does it
)

// shines reports whether a blob is light and no thing: the pattern of the place is
// still there, or it has no edge anywhere. A thing hides the pattern and ends
// sharply.
func (b *background) shines(o blob, pix []byte) bool {
	if len(o.pixels) < plenty {
		return false
	}
	var sx, sy, sxx, syy, sxy, step float64
	for _, i := range o.pixels {
		x, y := float64(b.mean[i])/fine, float64(pix[i])
		sx, sy, sxx, syy, sxy = sx+x, sy+y, sxx+x*x, syy+y*y, sxy+x*y
		step += b.off(i, pix)
	}
	n := float64(len(o.pixels))
	cov, vx, vy := sxy/n-sx*sy/n/n, sxx/n-sx*sx/n/n, syy/n-sy*sy/n/n
	if min(vx, vy) >= patterned && cov > 0 && cov*cov >= kept*kept*vx*vy {
		return true
	}
	return b.outline(o, pix, step/n) < soft
}

// off is how far a pixel is from the background, in grey levels.
func (b *background) off(i int32, pix []byte) float64 {
	d := float64(b.seen[pix[i]]-b.mean[i]) / fine
	return max(d, -d)
}

// outline returns the share of a blob's outline over which the step that it makes
// ends within two pixels.
func (b *background) outline(o blob, pix []byte, step float64) float64 {
	sharp, all := 0, 0
	for _, i := range o.pixels {
		x, y := int(i)%b.w, int(i)/b.w
		if x < 3 || y < 3 || x >= b.w-3 || y >= b.h-3 {
			continue
		}
		for _, next := range [4]int32{-1, 1, -int32(b.w), int32(b.w)} {
			if b.far[i+next] != 0 {
				continue
			}
			all++
			if b.off(i, pix)-b.off(i+2*next, pix) > crisp*step {
				sharp++
			}
		}
	}
	if all == 0 {
		return 1 // it ends at the picture's border
	}
	return float64(sharp) / float64(all)
}
