// Package models holds the weights of Eastgate's own small networks and what is
// known of each: how it is asked, what it answers, which thresholds were chosen
// and what it was measured to do. README.md tells how they are trained.
package models

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
)

//go:embed fire/fire.onnx
var fireONNX []byte

//go:embed fire/model.json
var fireCard []byte

//go:embed vehicle/vehicle.onnx
var vehicleONNX []byte

//go:embed vehicle/model.json
var vehicleCard []byte

// Weights are a network in the ONNX format and how to use it.
type Weights struct {
	// Name and Version tell which network this is; the version changes with the
	// weights.
	Name    string `json:"name"`
	Version string `json:"version"`
	// SHA256 is the hash of ONNX in hexadecimal.
	SHA256 string `json:"sha256"`
	// Side is the width and height of what it looks at, in pixels.
	Side int `json:"side"`
	// Context is how much it should see around a thing: the side of the square over
	// the longer side of the thing.
	Context float64 `json:"context"`
	// Outputs are what it says, in order: probabilities that do not exclude one
	// another.
	Outputs []Output `json:"outputs"`
	ONNX    []byte   `json:"-"`
}

// An Output is one thing that a network knows, and how far to believe it.
type Output struct {
	Name string `json:"name"`
	// OnePercent is the score that one in a hundred negatives of the validation
	// scenes reaches, FivePercent that which one in twenty reaches.
	OnePercent  float64 `json:"at_one_percent"`
	FivePercent float64 `json:"at_five_percent"`
	// Slope and Offset make evidence of a score: see Evidence.
	Slope  float64 `json:"slope"`
	Offset float64 `json:"offset"`
}

// mostEvidence bounds what one look may weigh, as natural logarithm: a validation
// split of a few hundred squares shows no more.
const mostEvidence = 4

// Evidence is the natural logarithm of how much likelier a score is where the thing
// is than where it is not. It was fitted on the validation scenes, so looks at
// pictures of their kind may be added up, as far as they do not show the same thing
// the same way.
func (o Output) Evidence(score float32) float64 {
	p := min(max(float64(score), 1e-4), 1-1e-4)
	e := o.Slope*math.Log(p/(1-p)) + o.Offset
	return min(max(e, -mostEvidence), mostEvidence)
}

// Fire tells flame (output 0) and smoke (output 1) from what resembles them. An
// error means that the program was built with broken files.
func Fire() (Weights, error) { return read(fireONNX, fireCard) }

// Vehicle tells vehicles (output 0) and people (output 1) from ground, painted bays
// and other things. An error means that the program was built with broken files.
func Vehicle() (Weights, error) { return read(vehicleONNX, vehicleCard) }

func read(onnx, card []byte) (Weights, error) {
	w := Weights{ONNX: onnx}
	d := json.NewDecoder(bytes.NewReader(card))
	if err := d.Decode(&w); err != nil {
		return Weights{}, fmt.Errorf("the card of a network: %w", err)
	}
	if sum := sha256.Sum256(onnx); hex.EncodeToString(sum[:]) != w.SHA256 {
		return Weights{}, fmt.Errorf("the weights of %s have the hash %x, their card says %s", w.Version, sum, w.SHA256)
	}
	return w, nil
}
