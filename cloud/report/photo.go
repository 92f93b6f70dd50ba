package report

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	_ "image/png" // some phones
	"io"

	"golang.org/x/image/draw"
)

// MaxPhoto bounds a photo as it is sent, in bytes. Pixels are counted before any is
// decoded: a small file may unfold to a very large picture.
const (
	MaxPhoto  = 12 << 20
	maxPixels = 50_000_000
	longSide  = 1600
	quality   = 82
)

// ErrPhoto says that a photo cannot be used.
var ErrPhoto = errors.New("the photo cannot be used")

// Pictures keeps what people photograph.
type Pictures interface {
	Put(ctx context.Context, sha256 string, r io.Reader) error
}

// A Darkroom makes photos anew: smaller, upright, and without all that a phone
// writes into them (where, when, by which phone).
type Darkroom struct {
	to    Pictures
	turns chan struct{} // decoding takes much memory: two at a time
}

// NewDarkroom keeps photos in pictures.
func NewDarkroom(to Pictures) *Darkroom { return &Darkroom{to, make(chan struct{}, 2)} }

// Keep makes a photo anew and stores it; it returns its SHA-256.
func (d *Darkroom) Keep(ctx context.Context, photo []byte) (string, error) {
	select {
	case d.turns <- struct{}{}:
		defer func() { <-d.turns }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	fresh, err := develop(photo)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(fresh)
	name := hex.EncodeToString(sum[:])
	return name, d.to.Put(ctx, name, bytes.NewReader(fresh))
}

func develop(photo []byte) ([]byte, error) {
	c, form, err := image.DecodeConfig(bytes.NewReader(photo))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: it is neither JPEG nor PNG", ErrPhoto)
	case c.Width*c.Height > maxPixels || c.Width <= 0 || c.Height <= 0:
		return nil, fmt.Errorf("%w: %d × %d pixels are too many", ErrPhoto, c.Width, c.Height)
	}
	img, _, err := image.Decode(bytes.NewReader(photo))
	if err != nil {
		return nil, fmt.Errorf("%w: it is damaged", ErrPhoto)
	}
	turn := 1
	if form == "jpeg" {
		turn = orientation(photo)
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, upright(smaller(img), turn), &jpeg.Options{Quality: quality}); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPhoto, err)
	}
	return out.Bytes(), nil
}

// smaller shrinks a picture until its longer side is longSide, and makes it RGBA.
func smaller(img image.Image) *image.RGBA {
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	if m := max(w, h); m > longSide {
		w, h = max(1, w*longSide/m), max(1, h*longSide/m)
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(out, out.Bounds(), image.White, image.Point{}, draw.Src) // behind what is transparent
	draw.ApproxBiLinear.Scale(out, out.Bounds(), img, b, draw.Over, nil)
	return out
}

// upright turns a picture as its orientation says (Exif 2.32 §4.6.4, tag 0x0112).
func upright(in *image.RGBA, turn int) *image.RGBA {
	if turn < 2 || turn > 8 {
		return in
	}
	w, h := in.Rect.Dx(), in.Rect.Dy()
	across, down := w, h
	if turn >= 5 {
		across, down = h, w
	}
	out := image.NewRGBA(image.Rect(0, 0, across, down))
	to := turns(w-1, h-1)[turn]
	for y := range h {
		for x := range w {
			u, v := to(x, y)
			out.SetRGBA(u, v, in.RGBAAt(x, y))
		}
	}
	return out
}

// turns says where a pixel goes, by orientation; r and b are the last column and row.
func turns(r, b int) [9]func(x, y int) (int, int) {
	return [9]func(x, y int) (int, int){
		2: func(x, y int) (int, int) { return r - x, y },
		3: func(x, y int) (int, int) { return r - x, b - y },
		4: func(x, y int) (int, int) { return x, b - y },
		5: func(x, y int) (int, int) { return y, x },
		6: func(x, y int) (int, int) { return b - y, x },
		7: func(x, y int) (int, int) { return b - y, r - x },
		8: func(x, y int) (int, int) { return y, r - x },
	}
}
