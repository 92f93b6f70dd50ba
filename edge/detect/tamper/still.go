package tamper

import (
	"bytes"
	"hash/maphash"
	"image"
	"time"

	"eastgate/edge/flow"
)

// A still notices pictures that stand still although their source is alive. Two
// cases are known: the very same coded picture again and again, and a still picture
// that is coded anew. The first is the same to the bit. The second is mostly the
// same from one look to the next, but for the steps of the encoder, and never goes
// far from where it began; a sensor's noise is neither.
type still struct {
	after time.Duration
	seed  maphash.Seed

	with, alone glimpse // the newest picture decoded with others, and by itself
	since       time.Duration
	alive       int // pictures that differed from the one before

	now, before, first []byte // samples: of this picture, the one before, and where the stretch began
	began              time.Duration
	own, usual         habit // of this stretch, and of those before
	coded              bool  // this stretch is a still that is coded anew
}

const (
	enough  = 4     // pictures that show that the source is alive
	samples = 160   // across, and as many down
	equal   = 0.002 // mean difference in grey levels between two looks at one still
	step    = 1.0   // by which an encoder may change a still, from where it began, in grey levels
	part    = 0.25  // or this part of how far the source usually goes from look to look
	longer  = 3     // times frozen_after, for what is not the same to the bit
	history = 60    // looks that show how the source usually is
	often   = 0.05  // share of equal looks from which on a stretch is a still
	rare    = 0.01  // share up to which a source is one with noise
)

func newStill(after time.Duration) *still { return &still{after: after, seed: maphash.MakeSeed()} }

// A habit is what looks at a source were like: how many, how many of them showed
// the same as the one before, and how far they went from it, all added up.
type habit struct{ looks, same, change float64 }

// room is how far a still may go from where it began: an encoder's steps are
// larger where noise leaves it fewer bits, and still far below the noise.
func (h habit) room() float64 {
	return max(step, part*h.change/max(1, h.looks))
}

// A glimpse is what is remembered of a picture: nothing, its samples, or its hash too.
type glimpse struct {
	samples []byte
	hash    uint64 // of the whole picture, where hashed
	hashed  bool
}

// look takes in a picture and says how long it has been standing still.
func (s *still) look(f *flow.Frame, at time.Duration) (held time.Duration, frozen bool) {
	s.now = sample(s.now[:0], f.Image)
	held = max(s.bits(f, at), s.steps(at))
	return held, held > 0
}

// bits compares the whole luma plane with the last one that was decoded in the same way:
// one coded picture decoded in two ways is two pictures. A source that has never
// shown noise, such as a drawn picture, is not judged. Only a picture that has the
// samples of the one before may be the same: the others need not be read as a whole.
func (s *still) bits(f *flow.Frame, at time.Duration) (held time.Duration) {
	last, other := &s.with, &s.alone
	if f.Alone {
		last, other = other, last
	}
	if !bytes.Equal(s.now, last.samples) {
		if len(last.samples) > 0 || len(other.samples) == 0 {
			s.change(len(last.samples) > 0, other, at)
		}
		last.samples, last.hashed = append(last.samples[:0], s.now...), false
		return 0
	}
	sum := s.sum(f.Image)
	if last.hashed && sum != last.hash {
		s.change(true, other, at)
	}
	last.hash, last.hashed = sum, true
	if s.alive < enough || at-s.since < s.after {
		return 0
	}
	return at - s.since
}

// change notes that the source shows another picture; what was decoded in the other way
// says nothing of it.
func (s *still) change(alive bool, other *glimpse, at time.Duration) {
	if alive {
		s.alive++
	}
	s.since = at
	other.samples, other.hashed = other.samples[:0], false
}

func (s *still) sum(img *image.YCbCr) uint64 {
	var h maphash.Hash
	h.SetSeed(s.seed)
	for y := range img.Rect.Dy() {
		row := img.Y[y*img.YStride:]
		h.Write(row[:img.Rect.Dx()]) //nolint:errcheck // never fails
	}
	return h.Sum64()
}

// steps compares samples with the look before, and with the beginning of the
// stretch in which the picture has not gone anywhere.
func (s *still) steps(at time.Duration) (held time.Duration) {
	if len(s.before) != len(s.now) {
		s.before = append(s.before[:0], s.now...)
		s.begin(at)
		return 0
	}
	change := difference(s.now, s.before)
	s.own.looks++
	s.own.change += change
	if change < equal {
		s.own.same++
	}
	s.now, s.before = s.before, s.now
	switch {
	case difference(s.before, s.first) > s.usual.room():
		s.begin(at)
	case at-s.began >= longer*s.after:
		noisy := s.usual.looks >= history && s.usual.same <= rare*s.usual.looks
		s.coded = s.coded || noisy && s.own.same >= often*s.own.looks
	}
	if !s.coded {
		return 0
	}
	return at - s.began
}

// begin begins a stretch. What the last one was like is how the source usually is,
// unless it was a still.
func (s *still) begin(at time.Duration) {
	if !s.coded {
		u := &s.usual
		u.looks, u.same, u.change = u.looks+s.own.looks, u.same+s.own.same, u.change+s.own.change
		if u.looks > 10*history { // the newest counts more
			u.looks, u.same, u.change = u.looks/2, u.same/2, u.change/2
		}
	}
	s.first = append(s.first[:0], s.before...)
	s.began, s.own, s.coded = at, habit{}, false
}

// sample takes every so many pixels of the luma plane.
func sample(dst []byte, img *image.YCbCr) []byte {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	across, down := max(1, w/samples), max(1, h/samples)
	for y := 0; y < h; y += down {
		row := img.Y[y*img.YStride:]
		for x := 0; x < w; x += across {
			dst = append(dst, row[x])
		}
	}
	return dst
}

// difference is the mean difference of two equal numbers of samples, in grey levels.
func difference(a, b []byte) float64 {
	sum := 0
	for i := range a {
		d := int(a[i]) - int(b[i])
		sum += max(d, -d)
	}
	return float64(sum) / float64(max(1, len(a)))
}
