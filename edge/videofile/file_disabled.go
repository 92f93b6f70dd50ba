//go:build nocv

package videofile

import (
	"context"
	"errors"

	"eastgate/edge/flow"
)

// A File stands for the real one in a program built without FFmpeg.
type File struct{}

var errDisabled = errors.New("open video: built without FFmpeg (tag nocv)")

// Open says that this program cannot read files.
func Open(string) (*File, error) { return nil, errDisabled }

// Info returns nothing.
func (*File) Info() Info { return Info{} }

// Damaged returns 0.
func (*File) Damaged() int64 { return 0 }

// BytesRead returns 0.
func (*File) BytesRead() int64 { return 0 }

// Next says that this program cannot read files.
func (*File) Next() (*flow.Packet, error) { return nil, errDisabled }

// Run says that this program cannot read files.
func (*File) Run(_ context.Context, out chan<- *flow.Packet) error {
	close(out)
	return errDisabled
}

// Close does nothing.
func (*File) Close() {}
