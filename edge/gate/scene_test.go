package gate

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"eastgate/edge/flow"
)

// paint fills a rectangle, each from 0 to 640 and 360.
func paint(x, y, w, h int, by int) func([]byte, int, int) {
	return func(pix []byte, width, _ int) {
		for row := y; row < y+h; row++ {
			for col := x; col < x+w; col++ {
				pix[row*width+col] = byte(int(pix[row*width+col]) + by)
			}
		}
	}
}

// normals are drawn once: a picture has 230,000.
var normals = sync.OnceValue(func() []float64 {
	r := rand.New(rand.NewPCG(7, 1))
	out := make([]float64, 1<<20)
	for i := range out {
		out[i] = r.NormFloat64()
	}
	return out
})

func noise(seed uint64, sigma float64) func([]byte, int, int) {
	at := rand.New(rand.NewPCG(seed, 1)).IntN(1 << 19)
	return func(pix []byte, _, _ int) {
		n := normals()[at:]
		for i, v := range pix {
			pix[i] = byte(min(max(float64(v)+n[i]*sigma, 0), 255))
		}
	}
}

func both(draws ...func([]byte, int, int)) func([]byte, int, int) {
	return func(p []byte, w, h int) {
		for _, d := range draws {
			d(p, w, h)
		}
	}
}

// watch shows a scene key pictures two seconds apart and returns what it suspects in each.
func watch(pictures int, draw func(i int) func([]byte, int, int)) []flow.Urgency {
	var s scene
	out := make([]flow.Urgency, pictures)
	for i := range out {
		out[i] = s.look(picture(time.Duration(i+1)*2*time.Second, draw(i)))
	}
	return out
}

func first(all []flow.Urgency) int {
	for i, u := range all {
		if u > flow.Calm {
			return i
		}
	}
	return -1
}

// TestASceneIsNotAlarmedByItself shows what changes without anything happening.
func TestASceneIsNotAlarmedByItself(t *testing.T) {
	for name, draw := range map[string]func(i int) func([]byte, int, int){
		"a still picture": func(int) func([]byte, int, int) { return nil },
		"noise by day":    func(i int) func([]byte, int, int) { return noise(uint64(i), 4) },
		"noise by night":  func(i int) func([]byte, int, int) { return noise(uint64(i), 14) },
		"dusk":            func(i int) func([]byte, int, int) { return paint(0, 0, 640, 360, -i/2) },
		"exposure that hunts": func(i int) func([]byte, int, int) {
			return both(paint(0, 0, 640, 360, []int{0, 3, 0, -3}[i%4]), noise(uint64(i), 3))
		},
	} {
		if i := first(watch(60, draw)); i >= 0 {
			t.Errorf("%s: alarmed by picture %d", name, i)
		}
	}
}

// TestASceneIsAlarmed shows things come at picture 20, by day and by night.
func TestASceneIsAlarmed(t *testing.T) {
	for name, c := range map[string]struct {
		thing func(i int) func([]byte, int, int)
		want  flow.Urgency
		late  int // pictures that it may take
	}{
		"a person, 96 of 1080 lines":  {func(int) func([]byte, int, int) { return paint(300, 200, 13, 32, 45) }, flow.Moving, 0},
		"a person far away, 48 lines": {func(int) func([]byte, int, int) { return paint(300, 200, 8, 16, 45) }, flow.Moving, 0},
		"a car":                       {func(int) func([]byte, int, int) { return paint(100, 150, 80, 50, -40) }, flow.Moving, 0},
		"a hand before the lens":      {func(int) func([]byte, int, int) { return paint(0, 0, 640, 360, -60) }, flow.Standing, 0},
		"smoke":                       {func(i int) func([]byte, int, int) { return paint(200, 100, 200, 120, min(i-19, 30)/2) }, flow.Standing, 25},
	} {
		for _, sigma := range []float64{3, 9} {
			all := watch(60, func(i int) func([]byte, int, int) {
				if i < 35 {
					return noise(uint64(i), sigma)
				}
				return both(c.thing(i-15), noise(uint64(i), sigma))
			})
			if i := first(all); i < 35 || i > 35+c.late || all[i] < min(c.want, flow.Standing) {
				t.Errorf("%s, noise %v: first alarmed by picture %d, %v", name, sigma, i, all)
			}
		}
	}
}

// TestASceneThatCriesWolfIsBelievedLess judges its alarms to be nothing.
func TestASceneThatCriesWolfIsBelievedLess(t *testing.T) {
	var s scene
	alarms := func(from, to int) (n int) {
		for i := from; i < to; i++ {
			flag := paint(100+i%2*60, 100, 40, 40, 60) // a flag that flaps
			if s.look(picture(time.Duration(i+1)*2*time.Second, flag)) > flow.Calm {
				n++
				s.judge(false)
			}
		}
		return n
	}
	early, late := alarms(0, 60), alarms(60, 240)
	if early == 0 || late > 2*early { // of three times the time
		t.Errorf("alarms: %d in two minutes, %d in the six after", early, late)
	}
	s.judge(true)
	if s.mute != 0 || s.vain != 0 {
		t.Error("a true alarm did not restore the belief")
	}
}

func BenchmarkGlance(b *testing.B) {
	var s scene
	frames := make([]*flow.Frame, 8)
	for i := range frames {
		frames[i] = large(i)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		f := frames[i%len(frames)]
		f.PTS = time.Duration(i+1) * 2 * time.Second
		s.look(f)
	}
}
