//go:build !nocv

package app

import (
	"fmt"
	"image"
	"sync"

	"eastgate/edge/detect/dnn"
	"eastgate/edge/detect/dwell"
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

// vehicleLook asks the network about vehicles and persons, as fireLook does about flames.
var vehicleLook = sync.OnceValues(func() (dwell.Look, error) {
	weights, err := models.Vehicle()
	if err != nil {
		return nil, err
	}
	net, err := dnn.Open(weights)
	if err != nil {
		return nil, err
	}
	return func(f *flow.Frame, box image.Rectangle) (vehicle, person float64, err error) {
		scores, err := net.See(f, box)
		if err != nil {
			return 0, 0, fmt.Errorf("look for a vehicle: %w", err)
		}
		for i, out := range weights.Outputs {
			switch out.Name {
			case "vehicle":
				vehicle = float64(scores[i])
			case "person":
				person = float64(scores[i])
			}
		}
		return vehicle, person, nil
	}, nil
})
