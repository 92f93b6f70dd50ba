//go:build !nocv

package dnn

import (
	"fmt"
	"image"

	"gocv.io/x/gocv"

	"eastgate/edge/flow"
)

// leastThing is the side in pixels below which a thing is taken to be larger: a
// network sees nothing in fewer.
const leastThing = 8

// Square is the square around a box whose side is the box's longer side so many
// times. It may reach beyond the picture.
func Square(box image.Rectangle, times float64) image.Rectangle {
	side := int(float64(max(box.Dx(), box.Dy(), leastThing))*times + 0.5)
	at := box.Min.Add(box.Max).Sub(image.Pt(side, side)).Div(2)
	return image.Rectangle{at, at.Add(image.Pt(side, side))}
}

// Cut returns the square around a box as 8-bit BGR of full range, side pixels
// wide. Each plane is cut and made small before they are joined, so that a large
// picture is never converted as a whole. The caller closes it.
func Cut(f *flow.Frame, box image.Rectangle, times float64, side int) (gocv.Mat, error) {
	img := f.Image
	if box = box.Intersect(image.Rectangle{Max: img.Rect.Size()}); box.Empty() {
		return gocv.Mat{}, fmt.Errorf("the box lies outside the picture of %v", img.Rect.Size())
	}
	square := Square(box, times)
	w, h := img.Rect.Dx(), img.Rect.Dy()
	light, colour := stretch(f.Limited)
	planes := make([]gocv.Mat, 3)
	for i, p := range []struct {
		pix     []byte
		stride  int
		halved  int
		stretch scale
	}{{img.Y, img.YStride, 1, light}, {img.Cr, img.CStride, 2, colour}, {img.Cb, img.CStride, 2, colour}} {
		at := shrink(square, p.halved)
		part := sample(p.pix, p.stride, image.Pt((w+p.halved-1)/p.halved, (h+p.halved-1)/p.halved), at, max(1, at.Dx()/(dense*side)))
		planes[i] = gocv.NewMat()
		defer planes[i].Close()
		gocv.Resize(part, &planes[i], image.Pt(side, side), 0, 0, smoothly(part.Cols() > side))
		part.Close()
		if p.stretch.by != 1 {
			planes[i].ConvertToWithParams(&planes[i], gocv.MatTypeCV8U, p.stretch.by, p.stretch.plus)
		}
	}
	joined := gocv.NewMat()
	defer joined.Close()
	gocv.Merge(planes, &joined)
	out := gocv.NewMat()
	gocv.CvtColor(joined, &out, gocv.ColorYCrCbToBGR)
	return out, nil
}

// dense is how many pixels each way a pixel of a cut is the mean of, where there are so
// many: more cost time and show nothing else.
const dense = 3

// sample copies every so many pixels of a square of a plane, mirrored at its edges.
func sample(pix []byte, stride int, size image.Point, at image.Rectangle, every int) gocv.Mat {
	w, h := at.Dx()/every, at.Dy()/every
	m := gocv.NewMatWithSize(h, w, gocv.MatTypeCV8U)
	out, _ := m.DataPtrUint8() // a matrix just made is whole
	for y := range h {
		row := pix[mirrored(at.Min.Y+y*every+every/2, size.Y)*stride:]
		to := out[y*w : (y+1)*w]
		if every > 1 {
			for x := range to {
				to[x] = row[mirrored(at.Min.X+x*every+every/2, size.X)]
			}
			continue
		}
		from, until := max(0, -at.Min.X), min(at.Dx(), size.X-at.Min.X)
		copy(to[from:until], row[at.Min.X+from:])
		for x := range from {
			to[x] = row[mirrored(at.Min.X+x, size.X)]
		}
		for x := until; x < at.Dx(); x++ {
			to[x] = row[mirrored(at.Min.X+x, size.X)]
		}
	}
	return m
}

// mirrored is the pixel inside that one beyond the edge shows.
func mirrored(i, n int) int {
	if n == 1 {
		return 0
	}
	if i %= 2 * (n - 1); i < 0 {
		i = -i
	}
	return min(i, 2*(n-1)-i)
}

func shrink(r image.Rectangle, by int) image.Rectangle {
	side := max(1, r.Dx()/by)
	at := image.Pt(floor(r.Min.X, by), floor(r.Min.Y, by))
	return image.Rectangle{at, at.Add(image.Pt(side, side))}
}

func floor(a, by int) int {
	if a < 0 {
		return -((-a + by - 1) / by)
	}
	return a / by
}

// A scale is how a plane's levels become those of full range.
type scale struct{ by, plus float32 }

// stretch is ITU-R BT.601's: luma from 16 to 235, chroma from 16 to 240.
func stretch(limited bool) (light, colour scale) {
	if !limited {
		return scale{1, 0}, scale{1, 0}
	}
	const l, c = 255.0 / 219, 255.0 / 224
	return scale{l, -16 * l}, scale{c, 128 - 128*c}
}
