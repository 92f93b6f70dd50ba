//go:build !nocv

package detect

import (
	"fmt"
	"image"
	"time"

	"gocv.io/x/gocv"

	"eastgate/edge/flow"
)

// GreyWidth is the width in pixels of the small grey picture that detectors
// share; its height follows the frame's shape. A frame narrower than this keeps
// its own width.
const GreyWidth = 320

// ColourWidth is the width in pixels of the colour picture that detectors share.
const ColourWidth = 480

// A Picture is one frame as detectors see it. What they share is made once, when
// the first of them asks. It is valid until Close.
type Picture struct {
	frame              *flow.Frame
	grey               gocv.Mat
	colour             gocv.Mat
	hasGrey, hasColour bool
}

// NewPicture returns a picture of f, which must be held until Close.
func NewPicture(f *flow.Frame) *Picture { return &Picture{frame: f} }

// Close frees the shared pictures, not the frame.
func (p *Picture) Close() {
	if p.hasGrey {
		p.grey.Close()
	}
	if p.hasColour {
		p.colour.Close()
	}
	p.hasGrey, p.hasColour = false, false
}

// PTS is the picture's media time, for intervals.
func (p *Picture) PTS() time.Duration { return p.frame.PTS }

// Taken is the wall clock when the picture came in.
func (p *Picture) Taken() time.Time { return p.frame.Taken }

// Size is the frame's full size in pixels.
func (p *Picture) Size() image.Point { return p.frame.Image.Rect.Size() }

// Frame is the frame itself, in full size.
func (p *Picture) Frame() *flow.Frame { return p.frame }

// Grey returns the luma plane, GreyWidth wide, one byte a pixel. Area averaging
// keeps it steady in low light. Not to be changed or closed.
func (p *Picture) Grey() (gocv.Mat, error) {
	if p.hasGrey {
		return p.grey, nil
	}
	img := p.frame.Image
	w, h := img.Rect.Dx(), img.Rect.Dy()
	full, err := plane(img.Y, img.YStride, w, h)
	if err != nil {
		return gocv.Mat{}, fmt.Errorf("luma plane: %w", err)
	}
	defer full.Close()
	p.grey = gocv.NewMat()
	gocv.Resize(full, &p.grey, small(w, h, GreyWidth), 0, 0, gocv.InterpolationArea)
	p.hasGrey = true
	return p.grey, nil
}

// Colour returns the picture as 8-bit BGR, ColourWidth wide. Not to be changed
// or closed.
//
// Each plane is made small before it is joined, so that a large picture is
// never converted at full size.
func (p *Picture) Colour() (gocv.Mat, error) {
	if p.hasColour {
		return p.colour, nil
	}
	img := p.frame.Image
	w, h := img.Rect.Dx(), img.Rect.Dy()
	size := small(w, h, ColourWidth)
	ycc := make([]gocv.Mat, 3)
	for i, pl := range []struct {
		pix          []byte
		stride, w, h int
	}{
		{img.Y, img.YStride, w, h},
		{img.Cr, img.CStride, (w + 1) / 2, (h + 1) / 2},
		{img.Cb, img.CStride, (w + 1) / 2, (h + 1) / 2},
	} {
		m, err := plane(pl.pix, pl.stride, pl.w, pl.h)
		if err != nil {
			return gocv.Mat{}, fmt.Errorf("colour plane %d: %w", i, err)
		}
		ycc[i] = gocv.NewMat()
		defer ycc[i].Close()
		gocv.Resize(m, &ycc[i], size, 0, 0, gocv.InterpolationLinear)
		m.Close()
	}
	joined := gocv.NewMat()
	defer joined.Close()
	gocv.Merge(ycc, &joined)
	p.colour = gocv.NewMat()
	gocv.CvtColor(joined, &p.colour, gocv.ColorYCrCbToBGR)
	p.hasColour = true
	return p.colour, nil
}

// plane returns a Mat over a plane without copying it.
func plane(pix []byte, stride, w, h int) (gocv.Mat, error) {
	if need := stride*(h-1) + w; w <= 0 || h <= 0 || stride < w || len(pix) < need {
		return gocv.Mat{}, fmt.Errorf("%d bytes are too few for %dx%d", len(pix), w, h)
	}
	if len(pix) < stride*h { // the last row need not be padded
		m := gocv.NewMatWithSize(h, w, gocv.MatTypeCV8U)
		dst, err := m.DataPtrUint8()
		if err != nil {
			return gocv.Mat{}, err
		}
		for y := range h {
			copy(dst[y*w:(y+1)*w], pix[y*stride:])
		}
		return m, nil
	}
	whole, err := gocv.NewMatFromBytes(h, stride, gocv.MatTypeCV8U, pix[:stride*h])
	if err != nil || stride == w {
		return whole, err
	}
	defer whole.Close()
	return whole.Region(image.Rect(0, 0, w, h)), nil
}

// small returns the size of a w by h picture made at most width wide.
func small(w, h, width int) image.Point {
	if w <= width {
		return image.Pt(w, h)
	}
	return image.Pt(width, max(1, (h*width+w/2)/w))
}
