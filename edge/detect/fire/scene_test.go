//go:build !nocv

package fire_test

import (
	"image"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"eastgate/edge/detect"
	"eastgate/edge/detect/detecttest"
	"eastgate/edge/detect/fire"
	"eastgate/edge/flow"
	"eastgate/edge/zone"
	"eastgate/shared/event"
)

// A scene paints itself over a noisy grey picture, at seconds.
type scene func(img *image.YCbCr, at float64, dice *rand.Rand)

// A film is a scene at a size and a rate.
type film struct {
	size    image.Point
	every   time.Duration
	seconds float64
	scene   scene
	cfg     *fire.Config // nil: the usual
}

// play shows a film to a detector and returns what it found last, and what was
// confirmed.
func (f film) play(t *testing.T, areas zone.Areas) (last []flow.Finding, judge confirmer) {
	t.Helper()
	cfg := fire.DefaultConfig()
	if f.cfg != nil {
		cfg = *f.cfg
	}
	d, dice := opened(t, cfg, areas), rand.New(rand.NewPCG(3, 4))
	for at := time.Duration(0); at.Seconds() < f.seconds; at += f.every {
		img := detecttest.Noise(f.size.X, f.size.Y, 60, 3, dice)
		f.scene(img, at.Seconds(), dice)
		detecttest.Show(img, at, func(p *detect.Picture) {
			found, err := d.Detect(p)
			if err != nil {
				t.Fatal(err)
			}
			judge.judge(at.Seconds(), found)
			last = found
		})
	}
	return last, judge
}

// at scales a rectangle given in thousandths of the picture's width.
func at(img *image.YCbCr, x, y, w, h float64) image.Rectangle {
	k := float64(img.Rect.Dx()) / 1000
	return image.Rect(int(x*k), int(y*k), int((x+w)*k), int((y+h)*k))
}

// burning is a fire whose foot is at (x, y) and whose size is that in thousandths
// of the width: tongues with white cores that live for a tenth of a second or two.
func burning(x, y, size float64) scene {
	type tongue struct{ lean, high, until float64 }
	tongues := make([]tongue, 7)
	return func(img *image.YCbCr, now float64, dice *rand.Rand) {
		for i := range tongues {
			g := &tongues[i]
			if now >= g.until {
				*g = tongue{dice.Float64() - 0.5, 0.4 + 0.8*dice.Float64(), now + 0.1 + 0.2*dice.Float64()}
			}
			for _, layer := range []struct {
				k       float64
				y, b, r byte
			}{{1, 120, 90, 180}, {0.7, 170, 60, 170}, {0.4, 235, 100, 140}} {
				w, h := 0.25*size*layer.k, size*g.high*layer.k
				detecttest.Fill(img, at(img, x+(g.lean+float64(i)/7-0.5)*size*0.6-w/2, y-h, w, h), layer.y, layer.b, layer.r)
			}
		}
	}
}

func still(r [4]float64, y, cb, cr byte) scene {
	return func(img *image.YCbCr, _ float64, _ *rand.Rand) {
		detecttest.Fill(img, at(img, r[0], r[1], r[2], r[3]), y, cb, cr)
	}
}

func both(a ...scene) scene {
	return func(img *image.YCbCr, now float64, dice *rand.Rand) {
		for _, s := range a {
			s(img, now, dice)
		}
	}
}

func structure(img *image.YCbCr, _ float64, _ *rand.Rand) {
	detecttest.Texture(img, img.Rect.Dx()/40, 8)
}

// shaken moves a scene as a camera on a pole does in the wind.
func shaken(s scene, by float64) scene {
	return func(img *image.YCbCr, now float64, dice *rand.Rand) {
		s(img, now, dice)
		k := float64(img.Rect.Dx()) / 1000
		dx := int(by * k * math.Sin(now*2*math.Pi*1.7))
		dy := int(by * k * math.Sin(now*2*math.Pi*2.3))
		moved := *img
		moved.Y, moved.Cb, moved.Cr = append([]byte(nil), img.Y...), append([]byte(nil), img.Cb...), append([]byte(nil), img.Cr...)
		w, h := img.Rect.Dx(), img.Rect.Dy()
		for y := range h {
			for x := range w {
				sx, sy := min(max(x+dx, 0), w-1), min(max(y+dy, 0), h-1)
				img.Y[img.YOffset(x, y)] = moved.Y[moved.YOffset(sx, sy)]
				img.Cb[img.COffset(x, y)] = moved.Cb[moved.COffset(sx, sy)]
				img.Cr[img.COffset(x, y)] = moved.Cr[moved.COffset(sx, sy)]
			}
		}
	}
}

// blinking shows a lamp with its halo, on for half of every period.
func blinking(period float64) scene {
	return func(img *image.YCbCr, now float64, _ *rand.Rand) {
		if math.Mod(now, period) < period/2 {
			detecttest.Fill(img, at(img, 380, 180, 160, 160), 90, 100, 160)
			detecttest.Fill(img, at(img, 420, 220, 80, 80), 160, 60, 190)
		}
	}
}

func moving(speed, w, h float64) scene {
	return func(img *image.YCbCr, now float64, _ *rand.Rand) {
		x := math.Mod(now*speed, 1000+w) - w
		detecttest.Fill(img, at(img, x, 250, w, h), 150, 70, 185)
		detecttest.Fill(img, at(img, x+w/4, 260, w/2, h/4), 60, 120, 130)
	}
}

// white is something white that passes.
func white(speed, w, h float64) scene {
	return func(img *image.YCbCr, now float64, _ *rand.Rand) {
		x := math.Mod(now*speed, 1000+w) - w
		detecttest.Fill(img, at(img, x, 250, w, h), 245, 128, 128)
		detecttest.Fill(img, at(img, x+w/4, 260, w/2, h/4), 60, 128, 128)
	}
}

// lamp is a broken tube: its light jumps from picture to picture.
func lamp(img *image.YCbCr, _ float64, dice *rand.Rand) {
	k := 0.5 + 0.5*dice.Float64()
	detecttest.Fill(img, at(img, 300, 180, 260, 90), byte(120*k), 128, 128)
	detecttest.Fill(img, at(img, 330, 200, 200, 50), byte(255*k), 128, 128)
}

// digits are a red clock that counts tenths of a second.
func digits(img *image.YCbCr, now float64, _ *rand.Rand) {
	for i := range 8 {
		dice := rand.New(rand.NewPCG(uint64(i), uint64(now*math.Pow(10, float64(i-6)))))
		for s := range 6 {
			if dice.IntN(2) == 0 {
				detecttest.Fill(img, at(img, 100+float64(i)*22+float64(s%2)*9, 40+float64(s/2)*10, 7, 8), 90, 90, 240)
			}
		}
	}
}

// growing is a fire that is lit at start and grows for ten seconds.
func growing(start float64) scene {
	var fires []scene
	for i := range 11 {
		fires = append(fires, burning(500, 350, 20+8*float64(i)))
	}
	return func(img *image.YCbCr, now float64, dice *rand.Rand) {
		if now > start {
			fires[min(int(now-start), 10)](img, now, dice)
		}
	}
}

// grey takes the colour out of a scene, as infrared light does.
func grey(s scene) scene {
	return func(img *image.YCbCr, now float64, dice *rand.Rand) {
		s(img, now, dice)
		for i := range img.Cb {
			img.Cb[i], img.Cr[i] = 128, 128
		}
	}
}

// unsteady lets the exposure jump from picture to picture.
func unsteady(s scene) scene {
	return func(img *image.YCbCr, now float64, dice *rand.Rand) {
		s(img, now, dice)
		detecttest.Light(img, 0.6+0.4*dice.Float64())
	}
}

func TestScenes(t *testing.T) {
	const fast, slow, rare = 33 * time.Millisecond, 100 * time.Millisecond, 500 * time.Millisecond
	common, small, large := image.Pt(480, 270), image.Pt(320, 240), image.Pt(1280, 720)
	box := still([4]float64{400, 200, 120, 120}, 150, 70, 185)
	wall := still([4]float64{0, 0, 1000, 1000}, 200, 128, 128)
	for _, c := range []struct {
		name string
		film film
		fire bool
	}{
		{"a small fire at dusk", film{common, slow, 8, burning(500, 350, 50), nil}, true},
		{"a fire on a small picture", film{small, slow, 8, burning(500, 350, 80), nil}, true},
		{"a fire on a large picture", film{large, slow, 5, burning(500, 350, 80), nil}, true},
		{"a fire at 30 pictures a second", film{common, fast, 6, burning(500, 350, 80), nil}, true},
		{"a fire at 2 pictures a second", film{common, rare, 25, burning(500, 350, 100), nil}, true},
		{"a fire before a white wall", film{common, slow, 8, both(wall, burning(500, 350, 80)), nil}, true},
		{"a fire that grows", film{common, slow, 14, growing(3), nil}, true},
		{"a fire seen by a shaken camera", film{common, slow, 8, shaken(both(structure, burning(500, 350, 100)), 3), nil}, true},
		{"an orange box seen by a shaken camera", film{common, slow, 10, shaken(both(structure, box), 4), nil}, false},
		{"an orange box seen by a camera that shakes more", film{common, slow, 10, shaken(both(structure, box), 10), nil}, false},
		{"an orange box while the exposure jumps", film{common, slow, 10, unsteady(both(structure, box)), nil}, false},
		{"a beacon", film{common, slow, 10, blinking(0.5), nil}, false},
		{"a quick beacon", film{common, slow, 10, blinking(0.3), nil}, false},
		{"a beacon at 2 pictures a second", film{common, rare, 25, blinking(0.7), nil}, false},
		{"orange lorries", film{common, slow, 10, both(structure, moving(200, 250, 200)), nil}, false},
		{"orange cars", film{common, slow, 10, both(structure, moving(700, 120, 80)), nil}, false},
		{"orange cars at 2 pictures a second", film{common, rare, 25, both(structure, moving(300, 120, 80)), nil}, false},
		{"a red clock", film{small, slow, 15, digits, nil}, false},
		{"a fire without colour", film{common, slow, 12, grey(burning(500, 350, 150)), nil}, true},
		{"a white beacon without colour", film{common, slow, 10, grey(both(structure, blinking(0.5), still([4]float64{420, 220, 80, 80}, 240, 128, 128))), nil}, false},
		{"white lorries without colour", film{common, slow, 10, grey(both(structure, white(250, 250, 200))), nil}, false},
		{"headlights at night", film{common, slow, 10, white(300, 30, 20), nil}, false},
		{"a lamp in the dark that flickers as a whole", film{common, slow, 10, lamp, nil}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, judge := c.film.play(t, zone.Areas{})
			if got := len(judge.events) > 0; got != c.fire {
				t.Errorf("confirmed at %.1f, evidence %.1f", judge.events, judge.most)
			}
			if c.fire && len(judge.events) > 1 {
				t.Errorf("one fire makes %d events: %.1f", len(judge.events), judge.events)
			}
		})
	}
}

func TestFindingTellsWhereAndHowLong(t *testing.T) {
	bins := zone.Zone{Name: "bins", Use: zone.Fire, Points: zone.Polygon{{0.4, 0.3}, {0.6, 0.3}, {0.6, 0.8}, {0.4, 0.8}}}
	gate := zone.Zone{Name: "gate", Use: zone.Fire, Points: zone.Polygon{{0, 0}, {0.2, 0}, {0.2, 1}, {0, 1}}}
	last, _ := film{image.Pt(480, 270), 100 * time.Millisecond, 12, burning(500, 350, 80), nil}.play(t, zone.Areas{Zones: []zone.Zone{bins, gate}})
	if len(last) != 1 || last[0].Zone != "bins" {
		t.Fatalf("%+v, want one finding in zone bins", last)
	}
	if f := last[0]; f.Age < 8*time.Second || f.Box[0] < 0.4 || f.Box[0]+f.Box[2] > 0.6 || f.Box[1]+f.Box[3] > 0.8 {
		t.Errorf("%+v, want it in the zone and at least 8 s old", f)
	} else if len(f.Why) == 0 || len(f.Why.Tidy()) != len(f.Why) || f.Why["area"] < 0.001 || f.Why["odds"] <= 0 {
		t.Errorf("why: %v", f.Why)
	}
}

// BenchmarkLargeFire is the dearest case: a fire over much of the picture, with
// the making of the shared colour picture.
func BenchmarkLargeFire(b *testing.B) {
	d, err := fire.Open(fire.DefaultConfig(), zone.Areas{}, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	dice, blaze := rand.New(rand.NewPCG(3, 4)), burning(500, 500, 450)
	var pictures []*image.YCbCr
	for i := range 30 {
		img := detecttest.Noise(1920, 1080, 60, 3, dice)
		blaze(img, float64(i)/10, dice)
		pictures = append(pictures, img)
	}
	at := time.Duration(0)
	for b.Loop() {
		at += 100 * time.Millisecond
		detecttest.Show(pictures[int(at/(100*time.Millisecond))%len(pictures)], at, func(p *detect.Picture) {
			if _, err := d.Detect(p); err != nil {
				b.Fatal(err)
			}
		})
	}
}

func TestConfig(t *testing.T) {
	if faults := fire.DefaultConfig().Validate(); len(faults) > 0 {
		t.Errorf("the default config is refused: %v", faults)
	}
	for _, share := range []float64{0, -1, 0.6, math.NaN()} {
		if faults := (fire.Config{MinArea: share}).Validate(); len(faults) != 1 {
			t.Errorf("min_area %v: %v", share, faults)
		}
	}
	bad := fire.Config{
		MinArea: 0.001, Caution: fire.MostCaution + 0.1,
		Doubts: append(make([]fire.Doubt, fire.MostDoubts), fire.Doubt{Box: event.Box{0.5, 0.5, 0.6, 0.1}, Caution: math.NaN()}),
	}
	if faults := bad.Validate(); len(faults) != 2+fire.MostDoubts+2 { // a box without size is no box either
		t.Errorf("%d faults: %v", len(faults), faults)
	}
}

// However often people said that a camera cried wolf, a plain fire is found.
func TestCautionNeverBlinds(t *testing.T) {
	here, beside := event.Box{0.3, 0.2, 0.4, 0.5}, event.Box{0, 0, 0.2, 0.2}
	when := func(c fire.Config) float64 {
		t.Helper()
		if faults := c.Validate(); len(faults) > 0 {
			t.Fatal(faults)
		}
		last, judge := film{image.Pt(480, 270), 100 * time.Millisecond, 14, burning(500, 350, 100), &c}.play(t, zone.Areas{})
		if len(judge.events) == 0 {
			t.Fatalf("no fire with %+v: evidence %.1f", c, judge.most)
		}
		if got := last[0].Why["caution"]; got > fire.MostCaution {
			t.Errorf("caution %v", got)
		}
		return judge.events[0].from
	}
	plain := when(fire.DefaultConfig())
	most := fire.Config{MinArea: 0.001, Caution: fire.MostCaution, Doubts: []fire.Doubt{{here, fire.MostCaution}, {here, fire.MostCaution}}}
	if late := when(most); late <= plain || late > 12 {
		t.Errorf("with most caution the fire is found after %.1f s, without after %.1f s", late, plain)
	}
	if same := when(fire.Config{MinArea: 0.001, Doubts: []fire.Doubt{{beside, fire.MostCaution}}}); same != plain {
		t.Errorf("a doubt beside the fire changes when it is found: %.1f s, not %.1f s", same, plain)
	}
	if later := when(fire.Config{MinArea: 0.001, Doubts: []fire.Doubt{{here, 0.5}}}); later <= plain {
		t.Errorf("a doubt where it burns changes nothing: %.1f s", later)
	}
}
