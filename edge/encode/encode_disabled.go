//go:build nocv

package encode

import (
	"context"
	"errors"

	"eastgate/edge/flow"
	"eastgate/edge/zone"
)

// An Encoder stands for the real one in a program built without FFmpeg.
type Encoder struct{}

// New returns an encoder that refuses to run.
func New([]zone.Polygon, int64) *Encoder { return &Encoder{} }

// Run says that this program cannot encode, after it has given all frames back.
func (e *Encoder) Run(_ context.Context, in <-chan *flow.Frame) ([]*flow.Packet, error) {
	for f := range in {
		f.Release()
	}
	return nil, errors.New("encode: built without FFmpeg (tag nocv)")
}
