// Package plan keeps the plans of places: a picture of one's own, if there is one,
// and where on it buildings, shops and cameras are.
//
// It promises that a picture is what it claims to be (it is decoded, bounded, and
// made anew without whatever else was in the file), that a place's plan works
// without one, drawn from coordinates, and that who changes an older version than
// the newest is told so. Maps from elsewhere have no part in it: it works offline.
package plan

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"time"

	"golang.org/x/image/draw"
)

// Errors that callers tell apart.
var (
	ErrConflict = errors.New("somebody else has changed the plan")
	ErrPicture  = errors.New("the picture cannot be a plan")
)

// A Plan is a place's plan. Version is 0 while nobody has made one.
type Plan struct {
	Place   string
	Version int64
	Image   string // SHA-256; empty where the plan is drawn from coordinates
	Width   int
	Height  int
	// Positions are from the picture's top left, 0 to 1, by the code of a place.
	Positions map[string]Position
	Who       string
	At        time.Time
}

// A Position is x and y.
type Position [2]float64

// MaxPositions bounds a plan.
const MaxPositions = 2000

// A Store keeps plans.
type Store interface {
	// Plan returns a place's plan; its Version is 0 when there is none.
	Plan(ctx context.Context, place string) (Plan, error)
	// SavePlan keeps a plan as the version after p.Version; ErrConflict when that is not
	// the newest any more.
	SavePlan(ctx context.Context, p Plan) error
}

// Pictures keeps files under their hash.
type Pictures interface {
	Put(ctx context.Context, sha256 string, r io.Reader) error
}

// Plans are all of them.
type Plans struct {
	store    Store
	pictures Pictures
	now      func() time.Time
	turn     chan struct{} // decoding takes much memory: one at a time
}

// New returns the plans of a store.
func New(s Store, p Pictures, now func() time.Time) *Plans {
	return &Plans{s, p, now, make(chan struct{}, 1)}
}

// Of returns a place's plan.
func (p *Plans) Of(ctx context.Context, place string) (Plan, error) { return p.store.Plan(ctx, place) }

// Move puts things where positions say; null takes a thing off the plan.
func (p *Plans) Move(ctx context.Context, who, place string, version int64, positions map[string]*Position) (Plan, error) {
	now, err := p.store.Plan(ctx, place)
	if err != nil {
		return Plan{}, err
	}
	if now.Version != version {
		return now, ErrConflict
	}
	if now.Positions == nil {
		now.Positions = map[string]Position{}
	}
	for code, at := range positions {
		if at == nil {
			delete(now.Positions, code)
			continue
		}
		now.Positions[code] = *at
	}
	if len(now.Positions) > MaxPositions {
		return Plan{}, fmt.Errorf("%w: %d things, at most %d", ErrPicture, len(now.Positions), MaxPositions)
	}
	return p.save(ctx, who, now)
}

// Draw makes a picture a place's plan; an empty one takes the picture away. Where
// things are on it stays.
func (p *Plans) Draw(ctx context.Context, who, place string, version int64, picture []byte) (Plan, error) {
	now, err := p.store.Plan(ctx, place)
	if err != nil {
		return Plan{}, err
	}
	if now.Version != version {
		return now, ErrConflict
	}
	now.Image, now.Width, now.Height = "", 0, 0
	if len(picture) > 0 {
		fresh, size, err := p.develop(ctx, picture)
		if err != nil {
			return Plan{}, err
		}
		sum := sha256.Sum256(fresh)
		now.Image, now.Width, now.Height = hex.EncodeToString(sum[:]), size.X, size.Y
		if err := p.pictures.Put(ctx, now.Image, bytes.NewReader(fresh)); err != nil {
			return Plan{}, err
		}
	}
	return p.save(ctx, who, now)
}

func (p *Plans) save(ctx context.Context, who string, now Plan) (Plan, error) {
	now.Who, now.At = who, p.now().UTC().Truncate(time.Millisecond)
	if err := p.store.SavePlan(ctx, now); err != nil {
		return now, err
	}
	now.Version++
	return now, nil
}

// MaxPicture bounds a picture as it is sent, in bytes. Pixels are counted before any
// is decoded: a small file may unfold to a very large picture.
const (
	MaxPicture = 12 << 20
	maxPixels  = 40_000_000
	longSide   = 4096
	quality    = 88
)

// develop makes a picture anew, in the form that it came in.
func (p *Plans) develop(ctx context.Context, picture []byte) ([]byte, image.Point, error) {
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return nil, image.Point{}, ctx.Err()
	}
	c, form, err := image.DecodeConfig(bytes.NewReader(picture))
	switch {
	case err != nil:
		return nil, image.Point{}, fmt.Errorf("%w: it is neither PNG nor JPEG", ErrPicture)
	case c.Width <= 0 || c.Height <= 0 || c.Width > maxPixels/c.Height:
		return nil, image.Point{}, fmt.Errorf("%w: %d × %d pixels are too many", ErrPicture, c.Width, c.Height)
	}
	img, _, err := image.Decode(bytes.NewReader(picture))
	if err != nil {
		return nil, image.Point{}, fmt.Errorf("%w: it is damaged: %w", ErrPicture, err)
	}
	img = smaller(img)
	var out bytes.Buffer
	if form == "png" {
		err = png.Encode(&out, img)
	} else {
		err = jpeg.Encode(&out, img, &jpeg.Options{Quality: quality})
	}
	return out.Bytes(), img.Bounds().Size(), err
}

// smaller returns a picture no longer than longSide, in shape.
func smaller(img image.Image) image.Image {
	size := img.Bounds().Size()
	long := max(size.X, size.Y)
	if long <= longSide {
		return img
	}
	small := image.NewRGBA(image.Rect(0, 0, max(1, size.X*longSide/long), max(1, size.Y*longSide/long)))
	draw.ApproxBiLinear.Scale(small, small.Rect, img, img.Bounds(), draw.Src, nil)
	return small
}
