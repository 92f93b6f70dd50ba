package evidence

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"

	"eastgate/edge/flow"
	"eastgate/edge/zone"
)

// JPEG is the media type of a snapshot.
const JPEG = "image/jpeg"

const (
	// maxWidth bounds a snapshot; a wider frame is made smaller.
	maxWidth = 1920
	quality  = 80
)

// Still returns a JPEG of f with areas black, as snapshots are made.
func Still(f *flow.Frame, private []zone.Polygon) ([]byte, error) {
	return encode(f, zone.NewBlackout(private))
}

// encode returns a JPEG of f with its private areas black.
func encode(f *flow.Frame, private *zone.Blackout) ([]byte, error) {
	img := f.Image
	if img == nil || img.Rect.Empty() {
		return nil, fmt.Errorf("encode picture of camera %s: it is empty", f.Camera)
	}
	if !private.None() {
		img = clone(img)
		private.Apply(img, f.Black())
	}
	if w := img.Rect.Dx(); w > maxWidth {
		img = shrink(img, maxWidth, max(1, img.Rect.Dy()*maxWidth/w))
	}
	if f.Limited {
		img = stretch(img)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		return nil, fmt.Errorf("encode picture of camera %s: %w", f.Camera, err)
	}
	return b.Bytes(), nil
}

// A plane is one component of a picture.
type plane struct {
	pix          []byte
	stride, w, h int
}

// planes returns what of img's components its Rect shows.
func planes(img *image.YCbCr) [3]plane {
	r := img.Rect
	c := img.COffset(r.Min.X, r.Min.Y)
	// The last chroma sample that is seen tells the size whatever the subsampling.
	last := img.COffset(r.Max.X-1, r.Max.Y-1) - c
	ch := last/img.CStride + 1
	cw := last - (ch-1)*img.CStride + 1
	return [3]plane{
		{img.Y[img.YOffset(r.Min.X, r.Min.Y):], img.YStride, r.Dx(), r.Dy()},
		{img.Cb[c:], img.CStride, cw, ch},
		{img.Cr[c:], img.CStride, cw, ch},
	}
}

// clone returns a copy of img that may be changed.
func clone(img *image.YCbCr) *image.YCbCr {
	own := image.NewYCbCr(image.Rect(0, 0, img.Rect.Dx(), img.Rect.Dy()), img.SubsampleRatio)
	from, to := planes(img), planes(own)
	for i := range from {
		for y := range to[i].h {
			copy(to[i].pix[y*to[i].stride:][:to[i].w], from[i].pix[y*from[i].stride:])
		}
	}
	return own
}

// shrink returns img as w by h pixels; each is the mean of those it covers.
func shrink(img *image.YCbCr, w, h int) *image.YCbCr {
	small := image.NewYCbCr(image.Rect(0, 0, w, h), img.SubsampleRatio)
	from, to := planes(img), planes(small)
	for i := range from {
		shrinkPlane(from[i], to[i])
	}
	return small
}

func shrinkPlane(from, to plane) {
	for y := range to.h {
		y0, y1 := y*from.h/to.h, max((y+1)*from.h/to.h, y*from.h/to.h+1)
		for x := range to.w {
			x0, x1 := x*from.w/to.w, max((x+1)*from.w/to.w, x*from.w/to.w+1)
			sum := 0
			for sy := y0; sy < y1; sy++ {
				for _, v := range from.pix[sy*from.stride+x0 : sy*from.stride+x1] {
					sum += int(v)
				}
			}
			n := (y1 - y0) * (x1 - x0)
			to.pix[y*to.stride+x] = byte((sum + n/2) / n)
		}
	}
}

// stretch returns img with its values spread from the limited range of video
// (luma 16 to 235, chroma 16 to 240, ITU-R BT.601 §2.5.3) to the 0 to 255 that a
// JPEG means (JFIF 1.02). Without it black is grey and white is dull.
func stretch(img *image.YCbCr) *image.YCbCr {
	luma, chroma := spread(16, 219, 0), spread(128, 224, 128)
	wide := image.NewYCbCr(image.Rect(0, 0, img.Rect.Dx(), img.Rect.Dy()), img.SubsampleRatio)
	from, to := planes(img), planes(wide)
	for i, table := range [3]*[256]byte{luma, chroma, chroma} {
		for y := range to[i].h {
			src := from[i].pix[y*from[i].stride:][:to[i].w]
			dst := to[i].pix[y*to[i].stride:][:to[i].w]
			for x, v := range src {
				dst[x] = table[v]
			}
		}
	}
	return wide
}

// spread returns the table that maps zero to to and span steps to 255.
func spread(zero, span, to int) *[256]byte {
	var t [256]byte
	for v := range t {
		scaled := float64(v-zero)*255/float64(span) + float64(to)
		t[v] = byte(max(0, min(255, scaled+0.5)))
	}
	return &t
}
