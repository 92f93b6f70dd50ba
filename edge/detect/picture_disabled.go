//go:build nocv

package detect

import (
	"image"
	"time"

	"eastgate/edge/flow"
)

// A Picture is one frame as detectors see it; without OpenCV it has no shared
// pictures and no detector can be opened.
type Picture struct{ frame *flow.Frame }

// NewPicture returns a picture of f.
func NewPicture(f *flow.Frame) *Picture { return &Picture{frame: f} }

// Close does nothing.
func (p *Picture) Close() {}

// PTS is the picture's media time, for intervals.
func (p *Picture) PTS() time.Duration { return p.frame.PTS }

// Taken is the wall clock when the picture came in.
func (p *Picture) Taken() time.Time { return p.frame.Taken }

// Size is the frame's full size in pixels.
func (p *Picture) Size() image.Point { return p.frame.Image.Rect.Size() }

// Frame is the frame itself, in full size.
func (p *Picture) Frame() *flow.Frame { return p.frame }
