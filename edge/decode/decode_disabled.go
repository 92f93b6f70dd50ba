//go:build nocv

package decode

import (
	"context"
	"errors"
	"log/slog"

	"eastgate/edge/flow"
)

// A Decoder stands for the real one in a program built without FFmpeg.
type Decoder struct {
	Shared *Pool
	Moved  func(flow.Movement, bool)
}

// A Pool stands for the real one.
type Pool struct{}

// NewPool returns a pool of nothing.
func NewPool() *Pool { return &Pool{} }

// New returns a decoder that refuses to run.
func New(string, *Metrics, *slog.Logger) *Decoder { return &Decoder{} }

// Run says that this program cannot decode.
func (d *Decoder) Run(_ context.Context, _ <-chan flow.Order, out chan<- *flow.Frame) error {
	close(out)
	return errDisabled
}

// RunAll says that this program cannot decode.
func (d *Decoder) RunAll(_ context.Context, _ <-chan *flow.Packet, out chan<- *flow.Frame) error {
	close(out)
	return errDisabled
}

var errDisabled = errors.New("decode: built without FFmpeg (tag nocv)")

// Able says that this program cannot decode.
func Able(string) error { return errDisabled }
