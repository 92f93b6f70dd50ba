//go:build !nocv

package detecttest

import (
	"image"
	"math/rand/v2"
)

// Noise draws a grey picture with a sensor's noise: the mean luma and about the
// standard deviation that are asked for.
func Noise(w, h int, luma, sigma float64, dice *rand.Rand) *image.YCbCr {
	img := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	for i := range img.Y {
		n := (dice.Float64() + dice.Float64() - 1) * sigma * 2.45
		img.Y[i] = byte(min(max(luma+n, 0), 255))
	}
	for i := range img.Cb {
		img.Cb[i], img.Cr[i] = 128, 128
	}
	return img
}

// Fill paints a rectangle with a colour, given as luma and chroma.
func Fill(img *image.YCbCr, r image.Rectangle, y, cb, cr byte) {
	r = r.Intersect(img.Rect)
	for py := r.Min.Y; py < r.Max.Y; py++ {
		for px := r.Min.X; px < r.Max.X; px++ {
			img.Y[img.YOffset(px, py)] = y
			c := img.COffset(px, py)
			img.Cb[c], img.Cr[c] = cb, cr
		}
	}
}

// Texture paints a grid of blocks of different lightness, so that a picture has
// structure: the same for one seed.
func Texture(img *image.YCbCr, block int, seed uint64) {
	dice := rand.New(rand.NewPCG(seed, 9))
	for y := 0; y < img.Rect.Dy(); y += block {
		for x := 0; x < img.Rect.Dx(); x += block {
			d := dice.IntN(60) - 30
			for py := y; py < min(y+block, img.Rect.Dy()); py++ {
				for px := x; px < min(x+block, img.Rect.Dx()); px++ {
					i := img.YOffset(px, py)
					img.Y[i] = byte(min(max(int(img.Y[i])+d, 0), 255))
				}
			}
		}
	}
}

// Light scales the luma of a picture, as a lamp or an exposure change does.
func Light(img *image.YCbCr, k float64) {
	for i, v := range img.Y {
		img.Y[i] = byte(min(float64(v)*k, 255))
	}
}
