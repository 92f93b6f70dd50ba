//go:build !nocv

package dnn

import (
	"errors"
	"fmt"
	"image"
	"sync"

	"gocv.io/x/gocv"

	"eastgate/edge/flow"
	"eastgate/models"
)

// A Net is a network in memory. It may be asked by many goroutines; they take
// turns, so that one network serves all cameras of a box.
type Net struct {
	weights models.Weights
	mu      sync.Mutex
	net     gocv.Net
	closed  bool
}

// ErrClosed is what a network answers after Close.
var ErrClosed = errors.New("the network is closed")

// Open loads a network and asks it once, to know that it answers as its card says.
func Open(w models.Weights) (*Net, error) {
	if len(w.ONNX) == 0 || w.Side <= 0 || len(w.Outputs) == 0 {
		return nil, fmt.Errorf("network %q: no weights, size or outputs", w.Name)
	}
	net, err := gocv.ReadNetFromONNXBytes(w.ONNX)
	if err != nil {
		return nil, fmt.Errorf("network %s: %w", w.Version, err)
	}
	n := &Net{weights: w, net: net}
	if net.Empty() {
		return nil, errors.Join(fmt.Errorf("network %s: OpenCV cannot read it", w.Version), n.Close())
	}
	grey := gocv.NewMatWithSizeFromScalar(gocv.NewScalar(127, 127, 127, 0), w.Side, w.Side, gocv.MatTypeCV8UC3)
	defer grey.Close()
	if _, err := n.Run(grey); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

// Weights are what the network was opened with.
func (n *Net) Weights() models.Weights { return n.weights }

// Run returns the network's probabilities for a square cut out of a picture,
// 8-bit BGR of any size, in the order of Weights.Outputs. The square should show
// as much around the thing as Weights.Context says.
func (n *Net) Run(crop gocv.Mat) ([]float32, error) {
	if crop.Empty() || crop.Type() != gocv.MatTypeCV8UC3 {
		return nil, fmt.Errorf("network %s: a crop must be 8-bit BGR and not empty", n.weights.Version)
	}
	side := image.Pt(n.weights.Side, n.weights.Side)
	sized := gocv.NewMat()
	defer sized.Close()
	gocv.Resize(crop, &sized, side, 0, 0, smoothly(crop.Cols() > side.X || crop.Rows() > side.Y))
	blob := gocv.BlobFromImage(sized, 1.0/255, side, gocv.NewScalar(0, 0, 0, 0), true, false)
	defer blob.Close()
	return n.forward(blob)
}

func (n *Net) forward(blob gocv.Mat) ([]float32, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return nil, ErrClosed
	}
	n.net.SetInput(blob, "")
	answer := n.net.Forward("")
	defer answer.Close()
	values, err := answer.DataPtrFloat32()
	if err != nil || len(values) != len(n.weights.Outputs) {
		return nil, fmt.Errorf("network %s: %d values, want %d: %w", n.weights.Version, len(values), len(n.weights.Outputs), err)
	}
	return append([]float32(nil), values...), nil
}

// See asks about a thing in a frame: box is in the frame's pixels. The square
// around it is cut from the frame in full size, mirrored beyond its edges.
func (n *Net) See(f *flow.Frame, box image.Rectangle) ([]float32, error) {
	crop, err := Cut(f, box, n.weights.Context, n.weights.Side)
	if err != nil {
		return nil, fmt.Errorf("network %s: %w", n.weights.Version, err)
	}
	defer crop.Close()
	return n.Run(crop)
}

// Close frees the network. Closing it again does nothing.
func (n *Net) Close() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return nil
	}
	n.closed = true
	return n.net.Close()
}

// smoothly averages pixels where a picture is made smaller.
func smoothly(smaller bool) gocv.InterpolationFlags {
	if smaller {
		return gocv.InterpolationArea
	}
	return gocv.InterpolationLinear
}
