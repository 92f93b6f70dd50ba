//go:build !nocv

package motion

import (
	"math"
	"time"
)

// A sway remembers where things move without getting anywhere: leaves, balloons, a
// flag, the digits of a clock. It is kept in cells.
type sway struct {
	w, h, across int
	cells        []float32 // 0 to 1
}

const (
	cell    = 8               // pixels
	learnt  = 4 * time.Second // time constant with which swaying is learnt
	fades   = 10 * time.Minute
	swaying = 0.5
)

func newSway(w, h int) *sway {
	across, down := (w+cell-1)/cell, (h+cell-1)/cell
	return &sway{w: w, h: h, across: across, cells: make([]float32, across*down)}
}

func (s *sway) at(i int32) int { return int(i)/s.w/cell*s.across + int(i)%s.w/cell }

// fade forgets slowly.
func (s *sway) fade(dt time.Duration) {
	k := float32(math.Exp(-dt.Seconds() / fades.Seconds()))
	for c := range s.cells {
		s.cells[c] *= k
	}
}

// A lesson is what one track has to teach a cell.
type lesson struct {
	cell int
	much float32
}

const (
	maxLessons = 2048
	longEnough = 15 * time.Second // a track teaches then, although it goes on
)

// note keeps what a track has to teach that has got nowhere so far. It counts only
// when the track is over: nothing is known by itself.
func (s *sway) note(t *track, dt time.Duration) {
	k := float32(1 - math.Exp(-min(dt.Seconds(), 1)/learnt.Seconds()))
	last := -1
	for _, i := range t.pixels {
		if c := s.at(i); c != last && len(t.lessons) < maxLessons { // neighbours mostly share a cell
			last = c
			t.lessons = append(t.lessons, lesson{c, k / (cell / 2)})
		}
	}
}

// learn takes in what a track has to teach.
func (s *sway) learn(t *track) {
	for _, l := range t.lessons {
		s.cells[l.cell] += l.much * (1 - s.cells[l.cell])
	}
	t.lessons = t.lessons[:0]
}

// share is how much of a blob lies where things sway, or beside it: a gust swings
// them further.
func (s *sway) share(o blob) float64 {
	n, last, there := 0, -1, false
	for _, i := range o.pixels {
		if c := s.at(i); c != last {
			last, there = c, s.beside(c)
		}
		if there {
			n++
		}
	}
	return float64(n) / float64(len(o.pixels))
}

func (s *sway) beside(c int) bool {
	x := c % s.across
	return s.cells[c] > swaying || x > 0 && s.cells[c-1] > swaying || x < s.across-1 && s.cells[c+1] > swaying ||
		c >= s.across && s.cells[c-s.across] > swaying || c+s.across < len(s.cells) && s.cells[c+s.across] > swaying
}
