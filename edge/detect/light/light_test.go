package light

import (
	"math"
	"math/rand/v2"
	"testing"
)

func view(dice *rand.Rand, change func(v float64) float64) (then, now []float32) {
	for range 1600 {
		v := 20 + dice.Float64()*180
		then = append(then, float32(v))
		now = append(now, float32(min(max(change(v)+dice.NormFloat64()*2, 0), 255)))
	}
	return then, now
}

func TestFit(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	for name, c := range map[string]struct {
		change    func(float64) float64
		gain, add float64
	}{
		"nothing":              {func(v float64) float64 { return v }, 1, 0},
		"a lamp":               {func(v float64) float64 { return 1.2 * v }, 1.2, 0},
		"the exposure":         {func(v float64) float64 { return 0.5*v + 12 }, 0.5, 12},
		"dusk":                 {func(v float64) float64 { return 0.3 * v }, 0.3, 0},
		"a third is something": {func(v float64) float64 { return v + 15 }, 1, 15},
	} {
		t.Run(name, func(t *testing.T) {
			then, now := view(dice, c.change)
			if name == "a third is something" {
				for i := range len(now) / 3 {
					now[i] = 30
				}
			}
			got, ok := Fit(then, now)
			if !ok || math.Abs(float64(got.Gain)-c.gain) > 0.05 || math.Abs(float64(got.Add)-c.add) > 4 {
				t.Errorf("got %+v, %v; want %v and %v", got, ok, c.gain, c.add)
			}
			back := got.Table()
			if was := float64(back[int(c.change(100))]); math.Abs(was-100) > 5 {
				t.Errorf("100 comes back as %v", was)
			}
		})
	}
	then, now := view(dice, func(float64) float64 { return 20 + dice.Float64()*180 })
	if _, ok := Fit(then, now); ok {
		t.Error("another view is explained as light")
	}
	if c, ok := Fit(nil, nil); c != None || !ok {
		t.Error("no points")
	}
}

func BenchmarkFit(b *testing.B) {
	then, now := view(rand.New(rand.NewPCG(1, 2)), func(v float64) float64 { return 0.8*v + 5 })
	for b.Loop() {
		Fit(then, now)
	}
}
