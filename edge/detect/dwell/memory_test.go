//go:build !nocv

package dwell

import (
	"image"
	"math/rand/v2"
	"testing"
	"time"

	"eastgate/edge/detect"
	"eastgate/edge/detect/detecttest"
	"eastgate/edge/flow"
	"eastgate/edge/zone"
)

// A drawer holds what a detector keeps.
type drawer struct {
	state []byte
	saves int
}

func (d *drawer) Load() []byte     { return d.state }
func (d *drawer) Save(body []byte) { d.state, d.saves = body, d.saves+1 }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// A showing is a drawn street from a wall clock on; the power may be cut at its end.
type showing struct {
	from    time.Time
	seconds int
	cut     bool
	draw    func(img *image.YCbCr, at float64)
}

// watch opens a detector with what m holds, plays a drawn street from a wall clock on, and
// returns what is found in the last picture, by subject. It closes the detector unless the
// power is cut.
func watch(t *testing.T, m *drawer, s showing, zones ...zone.Zone) map[string]flow.Finding {
	t.Helper()
	d := open(t)
	if len(zones) > 0 {
		d.areas.Zones = zones
	}
	d.Remember(m)
	dice, last := rand.New(rand.NewPCG(1, 2)), map[string]flow.Finding{}
	for i := range s.seconds * 4 {
		at := time.Duration(i) * 250 * time.Millisecond
		img := detecttest.Noise(320, 180, 100, 3, dice)
		detecttest.Texture(img, 12, 4)
		s.draw(img, at.Seconds())
		f := flow.NewFrame("test", s.from.Add(at), at, img, nil)
		p := detect.NewPicture(f)
		found, err := d.Detect(p)
		if err != nil {
			t.Fatal(err)
		}
		clear(last)
		for _, f := range found {
			last[f.Subject] = f
		}
		p.Close()
		f.Release()
	}
	if !s.cut {
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return last
}

func only(t *testing.T, found map[string]flow.Finding) (name string, f flow.Finding) {
	t.Helper()
	if len(found) != 1 {
		t.Fatalf("found %+v, want one thing", found)
	}
	for name, f = range found {
	}
	return name, f
}

func nothing(*image.YCbCr, float64) {}

func TestAStayGoesOnOverARestart(t *testing.T) {
	wide := zone.Zone{Name: "lane", Use: zone.FireLane, Points: zone.Polygon{{0.1, 0.2}, {0.95, 0.2}, {0.95, 1}, {0.1, 1}}}
	dim := func(img *image.YCbCr, at float64) {
		drives(-1, 99)(img, at)
		detecttest.Light(img, 0.7)
	}
	for name, c := range map[string]struct {
		away  time.Duration
		cut   bool
		draw  func(*image.YCbCr, float64)
		zones []zone.Zone
		older time.Duration
	}{
		"an upgrade":                 {away: time.Minute, draw: drives(-1, 99), older: time.Minute},
		"a power cut":                {away: time.Hour, cut: true, draw: drives(-1, 99), older: time.Hour},
		"it is darker since":         {away: 20 * time.Minute, draw: dim, older: 20 * time.Minute},
		"the zone was drawn anew":    {away: time.Second, draw: drives(-1, 99), zones: []zone.Zone{wide}, older: time.Second},
		"the clock woke in the past": {away: -9999 * time.Hour, draw: drives(-1, 99)},
		"somebody stands before it": {away: time.Minute, draw: func(img *image.YCbCr, at float64) {
			drives(-1, 99)(img, at)
			if at < 4 {
				detecttest.Fill(img, image.Rect(110, 90, 150, 160), 30, 128, 128)
			}
		}, older: time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			m := &drawer{}
			before, b := only(t, watch(t, m, showing{noon, 60, c.cut, drives(10, 99)}))
			after, a := only(t, watch(t, m, showing{noon.Add(time.Minute + c.away), 10, false, c.draw}, c.zones...))
			want := b.Age + c.older + 10*time.Second
			if c.cut { // some is told as it was when it was saved
				want -= 30 * time.Second
			}
			if before != after || a.Age < want-3*time.Second || a.Age > want+31*time.Second {
				t.Errorf("%s of %v, and after the restart %s of %v; want %v", before, b.Age, after, a.Age, want)
			}
			if m.saves > 4 {
				t.Errorf("saved %d times in 70 s", m.saves)
			}
		})
	}
}

func TestWhatChangedWhileNobodyLooked(t *testing.T) {
	for name, c := range map[string]struct {
		before, after func(*image.YCbCr, float64)
		stands        bool
	}{
		"it left":                    {drives(10, 99), nothing, false},
		"it came":                    {nothing, drives(-1, 99), true},
		"another came in its place":  {drives(10, 99), func(img *image.YCbCr, _ float64) { detecttest.Fill(img, image.Rect(110, 90, 190, 135), 220, 90, 160) }, true},
		"nothing":                    {nothing, nothing, false},
		"the light":                  {nothing, func(img *image.YCbCr, _ float64) { detecttest.Light(img, 0.6) }, false},
		"it came when it was darker": {nothing, func(img *image.YCbCr, at float64) { drives(-1, 99)(img, at); detecttest.Light(img, 0.7) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			m := &drawer{}
			before := watch(t, m, showing{noon, 40, false, c.before})
			after := watch(t, m, showing{noon.Add(30 * time.Minute), 15, false, c.after})
			if !c.stands {
				if len(after) > 0 {
					t.Errorf("found %+v", after)
				}
				return
			}
			name, f := only(t, after)
			if _, same := before[name]; same || f.Age < 12*time.Second || f.Age > 16*time.Second {
				t.Errorf("found %q of %v, before there were %+v", name, f.Age, before)
			}
		})
	}
}

func TestWhatCannotBeGoneOnWith(t *testing.T) {
	good := &drawer{}
	before, _ := only(t, watch(t, good, showing{noon, 40, false, drives(10, 99)}))
	other, err := unpack(good.state)
	if err != nil {
		t.Fatal(err)
	}
	other.Form++
	newer, err := pack(other)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		state []byte
		away  time.Duration
	}{
		"nothing":         {nil, 0},
		"half of it":      {good.state[:len(good.state)/2], 0},
		"no such form":    {[]byte("what is this"), 0},
		"a newer form":    {newer, 0},
		"half a day away": {good.state, 12 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			m := &drawer{state: c.state}
			watch(t, m, showing{noon.Add(time.Minute + c.away), 5, true, nothing})
			// It begins anew, and the next car is no earlier one.
			m.state = c.state
			after, f := only(t, watch(t, m, showing{noon.Add(time.Minute + c.away), 40, false, drives(10, 99)}))
			if after == before || f.Age > 32*time.Second {
				t.Errorf("%q of %v, before there was %q", after, f.Age, before)
			}
		})
	}
}

// TestALongGapIsLikeARestart has the camera away for half an hour, and not the box.
func TestALongGapIsLikeARestart(t *testing.T) {
	d, dice, found := open(t), rand.New(rand.NewPCG(1, 2)), map[string]time.Duration{}
	for i := range 300 {
		at := time.Duration(i) * 250 * time.Millisecond
		img := detecttest.Noise(320, 180, 100, 3, dice)
		detecttest.Texture(img, 12, 4)
		drives(10, 99)(img, at.Seconds())
		if i >= 200 {
			at += 30 * time.Minute
		}
		detecttest.Show(img, at, func(p *detect.Picture) {
			seen, err := d.Detect(p)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range seen {
				found[f.Subject] = f.Age
			}
		})
	}
	if _, age := len(found), found["s1"]; len(found) != 1 || age < 30*time.Minute {
		t.Errorf("found %v, want the one stay", found)
	}
}

func FuzzUnpack(f *testing.F) {
	data, err := pack(&kept{Form: keptForm, Size: image.Pt(4, 2), Rect: image.Rect(0, 0, 4, 2), Empty: make([]byte, 8), Known: make([]bool, 8)})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(_ *testing.T, data []byte) {
		_, _ = unpack(data) // an error, never a panic
	})
}
