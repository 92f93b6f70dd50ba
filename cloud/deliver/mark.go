package deliver

import (
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"io"

	xdraw "golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// mostPixels bounds a picture that is marked: 8K UHD.
const mostPixels = 7680 * 4320

var errLarge = errors.New("the picture is too large to be marked")

// mark writes a JPEG picture with words across its foot, its middle and its head.
func mark(w io.Writer, r io.ReadSeeker, words string) error {
	conf, err := jpeg.DecodeConfig(r)
	if err != nil {
		return err
	}
	if conf.Width*conf.Height > mostPixels {
		return errLarge
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return err
	}
	src, err := jpeg.Decode(r)
	if err != nil {
		return err
	}
	out := image.NewRGBA(src.Bounds())
	draw.Draw(out, out.Rect, src, src.Bounds().Min, draw.Src)
	band := lettering(words)
	// As wide as the picture allows, and never so small that it cannot be read.
	width := out.Rect.Dx()
	height := max(band.Rect.Dy()*width/band.Rect.Dx(), 11)
	for _, top := range []int{0, (out.Rect.Dy() - height) / 2, out.Rect.Dy() - height} {
		at := image.Rect(0, top, width, top+height).Add(out.Rect.Min)
		xdraw.ApproxBiLinear.Scale(out, at, band, band.Rect, xdraw.Over, nil)
	}
	return jpeg.Encode(w, out, &jpeg.Options{Quality: 90})
}

// lettering is words in white on a dark, half transparent band.
func lettering(words string) *image.RGBA {
	face := basicfont.Face7x13
	img := image.NewRGBA(image.Rect(0, 0, face.Advance*(len(words)+4), face.Height+6))
	draw.Draw(img, img.Rect, image.NewUniform(color.RGBA{A: 110}), image.Point{}, draw.Src)
	d := font.Drawer{Dst: img, Src: image.NewUniform(color.RGBA{200, 200, 200, 220}), Face: face, Dot: fixed.P(2*face.Advance, face.Ascent+3)}
	d.DrawString(words)
	return img
}
