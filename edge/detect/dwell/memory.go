//go:build !nocv

package dwell

import (
	"bytes"
	"compress/flate"
	"encoding/gob"
	"errors"
	"fmt"
	"image"
	"io"
	"time"

	"eastgate/edge/detect"
)

const (
	keepEvery  = 10 * time.Minute // the empty place is saved
	keepSoon   = 30 * time.Second // least time between saves, when another thing has come or left
	keepFrom   = 5 * time.Second  // a stay is worth a save of its own
	keptForm   = 1                // version of kept
	mostKept   = 16 << 20         // bytes of a kept, unpacked
	mostPixels = 1 << 20          // of a picture that is small
)

// A kept is what outlives the program: the empty place and what stands in it. Times are
// told by the wall clock, for media time begins anew.
type kept struct {
	Form  int
	At    time.Time // wall clock of the newest picture
	Next  int
	Size  image.Point // of the whole picture
	Rect  image.Rectangle
	Noise float32
	Grid  []byte // grey levels, as all that follow
	Empty []byte
	Known []bool
	Stays []keptStay
}

type keptStay struct {
	Name            string
	Pixels          []int
	Look            []byte
	Age             []time.Duration // of the steps of its path
	Centre          []image.Point
	Score           float64
	Vehicle, Person float64
	Looks           int
}

// Remember makes the detector go on where an earlier one of the same camera stopped.
func (d *Detector) Remember(m detect.Memory) {
	d.memory = m
	if k, err := unpack(m.Load()); err == nil {
		d.kept = k
	}
}

// remember saves what is known when it is time, or when at once says so.
func (d *Detector) remember(at time.Duration, atOnce bool) {
	if d.memory == nil || d.model == nil || d.model.began == never || d.model.doubt == len(d.model.now) {
		return
	}
	names := d.standing(at)
	since := at - d.saved.at
	switch {
	case atOnce, since >= keepEvery, since < 0, names != d.saved.names && since >= keepSoon:
		d.saved.at, d.saved.names = at, names
		if data, err := pack(d.keepsake()); err == nil {
			d.memory.Save(data)
		}
	}
}

// standing names the stays that are worth a save of their own.
func (d *Detector) standing(at time.Duration) string {
	var names []byte
	for _, s := range d.stays {
		if at-s.rest() >= keepFrom && d.inZone(s) {
			names = append(append(names, s.name...), ' ')
		}
	}
	return string(names)
}

func (d *Detector) keepsake() *kept {
	m := d.model
	k := &kept{
		Form: keptForm, At: d.taken, Next: d.next, Size: d.size, Rect: m.rect, Noise: m.noise,
		Grid: greys(m.grid), Empty: greys(m.empty), Known: append([]bool(nil), m.known...),
	}
	for _, s := range d.stays {
		ks := keptStay{
			Name: s.name, Pixels: append([]int(nil), s.pixels...), Look: greys(s.look), Score: s.score,
			Vehicle: s.kind.vehicle, Person: s.kind.person, Looks: s.kind.looks,
		}
		for _, p := range s.path {
			ks.Age, ks.Centre = append(ks.Age, m.last-p.at), append(ks.Centre, p.centre)
		}
		k.Stays = append(k.Stays, ks)
	}
	return k
}

func greys(v []float32) []byte {
	out := make([]byte, len(v))
	for i, x := range v {
		out[i] = byte(min(max(x+0.5, 0), 255))
	}
	return out
}

func pack(k *kept) ([]byte, error) {
	var buf bytes.Buffer
	z, err := flate.NewWriter(&buf, flate.BestSpeed)
	if err != nil {
		return nil, err
	}
	err = errors.Join(gob.NewEncoder(z).Encode(k), z.Close())
	return buf.Bytes(), err
}

func unpack(data []byte) (*kept, error) {
	k := &kept{}
	if err := gob.NewDecoder(io.LimitReader(flate.NewReader(bytes.NewReader(data)), mostKept)).Decode(k); err != nil {
		return nil, err
	}
	return k, k.check()
}

// check returns why k cannot be gone on with; a later program may keep another form.
func (k *kept) check() error {
	n, w := k.Rect.Dx()*k.Rect.Dy(), k.Size.X*k.Size.Y
	switch {
	case k.Form != keptForm:
		return fmt.Errorf("form %d is not %d", k.Form, keptForm)
	case k.Size.X <= 0 || k.Size.Y <= 0 || k.Size.X > mostPixels || k.Size.Y > mostPixels || w > mostPixels,
		k.Rect.Empty(), !k.Rect.In(image.Rectangle{Max: k.Size}), len(k.Empty) != n, len(k.Known) != n:
		return errors.New("its sizes do not fit")
	}
	for _, s := range k.Stays {
		if len(s.Pixels) == 0 || len(s.Look) != len(s.Pixels) || len(s.Age) == 0 || len(s.Age) != len(s.Centre) {
			return errors.New("a stay's sizes do not fit")
		}
		for _, i := range s.Pixels {
			if i < 0 || i >= n {
				return errors.New("a stay is outside the place")
			}
		}
	}
	return nil
}

// resume begins with a picture as m.begin does, and goes on with what was kept where it
// is of the same place: what stands there is the same stay, and what has come since is
// told from the place. It reports false where it cannot.
func (d *Detector) resume(k *kept, whole []byte, pix []byte, at time.Duration) bool {
	gone := max(d.taken.Sub(k.At), 0) // a clock that woke in the past must not make things younger
	if k.Size != d.size || gone > longest {
		return false
	}
	m := d.model
	m.begin(whole, d.size.X, pix, at)
	if len(k.Grid) != len(m.grid) {
		return false
	}
	for i, v := range k.Grid {
		m.grid[i] = float32(v)
	}
	m.noise = min(max(k.Noise, 0), 20)
	m.began = at - 1 // it has begun before this picture
	for i := range m.now {
		m.since[i] = m.began
		if j, ok := k.at(m.point(i)); ok {
			m.recall(i, float32(k.Empty[j]), k.Known[j])
		}
	}
	d.stays = nil
	for _, s := range k.Stays {
		if s := s.resume(m, k, at, gone); s != nil {
			d.stays = append(d.stays, s)
		}
	}
	return true
}

// at is the pixel of k's place that is at p of the whole picture.
func (k *kept) at(p image.Point) (int, bool) {
	q := p.Sub(k.Rect.Min)
	return q.Y*k.Rect.Dx() + q.X, p.In(k.Rect)
}

// point is where pixel i is in the whole picture.
func (m *model) point(i int) image.Point { return m.rect.Min.Add(image.Pt(i%m.w, i/m.w)) }

// recall makes pixel i what it was. As it is compared with how calm it was, what differs
// now has moved.
func (m *model) recall(i int, empty float32, known bool) {
	m.empty[i], m.calm[i] = empty, empty
	if known && !m.known[i] {
		m.known[i] = true
		m.doubt--
	}
}

// resume returns the stay in the model's place, older by the time that nobody looked; nil
// where nothing of it is in that place any more.
func (ks keptStay) resume(m *model, k *kept, at, gone time.Duration) *stay {
	s := &stay{name: ks.Name, score: ks.Score, kind: kind{ks.Vehicle, ks.Person, ks.Looks}, seen: at}
	for n, j := range ks.Pixels {
		p := k.Rect.Min.Add(image.Pt(j%k.Rect.Dx(), j/k.Rect.Dx()))
		if !p.In(m.rect) {
			continue
		}
		i := (p.Y-m.rect.Min.Y)*m.w + p.X - m.rect.Min.X
		v := float32(ks.Look[n])
		m.held[i], m.calm[i], m.moved[i] = true, v, true
		s.pixels, s.look, s.fresh = append(s.pixels, i), append(s.look, v), append(s.fresh, at-1)
	}
	if len(s.pixels) == 0 {
		return nil
	}
	s.box = m.bounds(s.pixels)
	shift := k.Rect.Min.Sub(m.rect.Min)
	for n, age := range ks.Age {
		s.path = append(s.path, step{at - age - gone, ks.Centre[n].Add(shift)})
	}
	return s
}
