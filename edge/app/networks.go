//go:build !nocv

package app

import (
	"fmt"
	"image"
	"sync"

	"eastgate/edge/detect/dnn"
	"eastgate/edge/detect/fire"
	"eastgate/edge/flow"
	"eastgate/models"
)

// fireLook asks the network about flames. It is loaded once for all cameras of the box,
// when the first of them asks for it, and kept: they take turns.
var fireLook = sync.OnceValues(func() (fire.Look, error) {
	weights, err := models.Fire()
	if err != nil {
		return nil, err
	}
	net, err := dnn.Open(weights)
	if err != nil {
		return nil, err
	}
	flame := weights.Outputs[0]
	return func(f *flow.Frame, box image.Rectangle) (float64, error) {
		scores, err := net.See(f, box)
		if err != nil {
			return 0, fmt.Errorf("look for flames: %w", err)
		}
		return flame.Evidence(scores[0]), nil
	}, nil
})
