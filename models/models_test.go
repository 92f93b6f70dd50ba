//go:build !nocv

package models_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"gocv.io/x/gocv"

	"eastgate/edge/detect/dnn"
	"eastgate/models"
)

var networks = map[string]func() (models.Weights, error){"fire": models.Fire, "vehicle": models.Vehicle}

// TestGolden asks each network about pictures that a formula draws; training wrote
// down what the network answered there, computed by another program.
func TestGolden(t *testing.T) {
	for name, load := range networks {
		t.Run(name, func(t *testing.T) {
			w, err := load()
			if err != nil {
				t.Fatal(err)
			}
			net, err := dnn.Open(w)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = net.Close() })
			for _, g := range golden(t, name) {
				square := drawn(t, g.Seed, w.Side)
				got, err := net.Run(square)
				if err != nil {
					t.Fatal(err)
				}
				if len(got) != len(g.Answer) {
					t.Fatalf("%d answers, want %d", len(got), len(g.Answer))
				}
				for i := range got {
					if math.Abs(float64(got[i])-g.Answer[i]) > 1e-4 {
						t.Errorf("picture %d, %s: %.6f, want %.6f", g.Seed, w.Outputs[i].Name, got[i], g.Answer[i])
					}
				}
			}
		})
	}
}

type answer struct {
	Seed   int
	Answer []float64
}

func golden(t *testing.T, name string) (out []answer) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(name, "golden.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &out); err != nil || len(out) == 0 {
		t.Fatalf("%d answers: %v", len(out), err)
	}
	return out
}

// drawn is what training/export.py draws: a blotch on a chequered ground.
func drawn(t *testing.T, seed, side int) gocv.Mat {
	t.Helper()
	m := gocv.NewMatWithSize(side, side, gocv.MatTypeCV8UC3)
	t.Cleanup(func() { m.Close() })
	pix, err := m.DataPtrUint8()
	if err != nil {
		t.Fatal(err)
	}
	for y := range side {
		for x := range side {
			dx, dy := x-side/2, y-side/2
			glow := max(0, 255-(dx*dx+dy*dy)*1020/(side*side/(seed+1)))
			ground := (x*(seed+3) + y*7 + (x*y)%(11+seed)) % 97
			i := 3 * (y*side + x)
			pix[i] = byte(min(255, ground+glow*seed/8))
			pix[i+1] = byte(min(255, ground+glow*5/8))
			pix[i+2] = byte(min(255, ground+glow))
		}
	}
	return m
}

// TestEvidence: what validation negatives hardly ever reach speaks for the thing,
// what it gives to most of them speaks against it, and no look says everything.
func TestEvidence(t *testing.T) {
	for name, load := range networks {
		w, err := load()
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range w.Outputs {
			if e := o.Evidence(1); e <= 0 || e > 4 {
				t.Errorf("%s %s: a score of 1 weighs %.2f", name, o.Name, e)
			}
			if e := o.Evidence(0); e >= 0 || e < -4 {
				t.Errorf("%s %s: a score of 0 weighs %.2f", name, o.Name, e)
			}
			if o.OnePercent < o.FivePercent || o.OnePercent <= 0 || o.OnePercent > 1 {
				t.Errorf("%s %s: thresholds %.3f and %.3f", name, o.Name, o.OnePercent, o.FivePercent)
			}
		}
	}
}

// BenchmarkLook is one look at a square, which must take less than 1.5 ms of CPU time.
func BenchmarkLook(b *testing.B) {
	for name, load := range networks {
		b.Run(name, func(b *testing.B) {
			w, err := load()
			if err != nil {
				b.Fatal(err)
			}
			net, err := dnn.Open(w)
			if err != nil {
				b.Fatal(err)
			}
			defer net.Close()
			square := gocv.NewMatWithSize(160, 160, gocv.MatTypeCV8UC3)
			defer square.Close()
			for b.Loop() {
				if _, err := net.Run(square); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
