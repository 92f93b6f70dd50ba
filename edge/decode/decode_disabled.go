//go:build nocv

package decode

import (
	"context"
	"errors"
	"log/slog"

	"eastgate/edge/flow"
)

// A Decoder stands for the real one in a program built without FFmpeg.
type Decoder struct{}

// New returns a decoder that refuses to run.
func New(string, *Metrics, *slog.Logger) *Decoder { return &Decoder{} }

// Run says that this program cannot decode.
func (d *Decoder) Run(_ context.Context, _ <-chan *flow.Packet, out chan<- *flow.Frame) error {
	close(out)
	return errors.New("decode: built without FFmpeg (tag nocv)")
}

// Able says that this program cannot decode.
func Able(string) error { return errors.New("decode: built without FFmpeg (tag nocv)") }
