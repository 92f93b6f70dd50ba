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

// CellColumns is the most columns of the coarse planes that detectors share.
const CellColumns = 160

// A Picture is one frame as detectors see it. What they share is made once, when
// the first of them asks. It is valid until Close.
type Picture struct {
	frame             *flow.Frame
	grey              gocv.Mat
	cells             Planes
	made              []gocv.Mat // what cells lie in
	hasGrey, hasCells bool
}

// NewPicture returns a picture of f, which must be held until Close.
func NewPicture(f *flow.Frame) *Picture { return &Picture{frame: f} }

// Close frees the shared pictures, not the frame.
func (p *Picture) Close() {
	if p.hasGrey {
		p.grey.Close()
	}
	for _, m := range p.made {
		m.Close()
	}
	p.hasGrey, p.hasCells, p.made = false, false, nil
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
	p.grey, p.hasGrey = average(full, small(w, h, GreyWidth)), true
	return p.grey, nil
}

// average makes a picture smaller by area averaging, and closes it. OpenCV halves many
// times as fast as it divides by more, so what can be halved is.
func average(src gocv.Mat, size image.Point) gocv.Mat {
	for src.Cols() > 2*size.X && src.Cols()%2 == 0 && src.Rows()%2 == 0 {
		half := gocv.NewMat()
		gocv.Resize(src, &half, image.Pt(src.Cols()/2, src.Rows()/2), 0, 0, gocv.InterpolationArea)
		src.Close()
		src = half
	}
	defer src.Close()
	out := gocv.NewMat()
	gocv.Resize(src, &out, size, 0, 0, gocv.InterpolationArea)
	return out
}

// Planes are the picture's lightness and colour in coarse cells, one byte each, row
// by row. They run over the same levels as the frame's: see flow.Frame.Limited.
type Planes struct {
	Cols, Rows int
	Y, Cb, Cr  []byte
}

// Cells returns the picture in at most CellColumns columns of square cells. Not to be
// changed, nor used after Close.
//
// A large picture is sampled, not averaged as a whole: each cell is the mean of 16
// places in it. That is a tenth of the cost, and noise enough is gone.
func (p *Picture) Cells() (Planes, error) {
	if p.hasCells {
		return p.cells, nil
	}
	img := p.frame.Image
	w, h := img.Rect.Dx(), img.Rect.Dy()
	size := small(w, h, CellColumns)
	c := Planes{Cols: size.X, Rows: size.Y}
	to := [3]*[]byte{&c.Y, &c.Cr, &c.Cb}
	for i, pl := range p.planes() {
		m, err := plane(pl.pix, pl.stride, pl.w, pl.h)
		if err != nil {
			return Planes{}, fmt.Errorf("colour plane %d: %w", i, err)
		}
		made := gocv.NewMat()
		p.made = append(p.made, made)
		shrink(m, &made, size)
		m.Close()
		if *to[i], err = made.DataPtrUint8(); err != nil {
			return Planes{}, fmt.Errorf("colour plane %d: %w", i, err)
		}
	}
	p.cells, p.hasCells = c, true
	return c, nil
}

// shrink samples src down to size.
func shrink(src gocv.Mat, dst *gocv.Mat, size image.Point) {
	twice := size.Mul(2)
	switch {
	case src.Cols() > twice.X && src.Rows() > twice.Y:
		half := gocv.NewMat()
		defer half.Close()
		gocv.Resize(src, &half, twice, 0, 0, gocv.InterpolationLinear)
		gocv.Resize(half, dst, size, 0, 0, gocv.InterpolationArea)
	case src.Cols() >= size.X && src.Rows() >= size.Y:
		gocv.Resize(src, dst, size, 0, 0, gocv.InterpolationArea)
	default:
		gocv.Resize(src, dst, size, 0, 0, gocv.InterpolationLinear)
	}
}

type rawPlane struct {
	pix          []byte
	stride, w, h int
}

// planes are those of the frame, in OpenCV's order.
func (p *Picture) planes() [3]rawPlane {
	img := p.frame.Image
	w, h := img.Rect.Dx(), img.Rect.Dy()
	return [3]rawPlane{
		{img.Y, img.YStride, w, h},
		{img.Cr, img.CStride, (w + 1) / 2, (h + 1) / 2},
		{img.Cb, img.CStride, (w + 1) / 2, (h + 1) / 2},
	}
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
