package gate

import (
	"slices"
	"time"
)

// A slow remembers the picture of the last seconds and of the last minute, in coarse
// cells. What comes too slowly to be told from the background, such as smoke or a car
// that creeps to a stop, parts the two.
type slow struct {
	short, long [slowCells]float32
	cells       [slowCells]float32 // the newest picture's means
	sorted      []float32          // scratch
	seen        time.Duration      // how much has gone into the long one
	began       bool
}

const (
	slowWidth, slowHeight = 48, 27
	slowCells             = slowWidth * slowHeight
	shortSpan             = 6 * time.Second
	longSpan              = time.Minute
	slowStep              = 4 // grey levels
	slowCount             = 8 // cells
)

// look takes in a picture w wide and h high and reports whether something has come
// slowly. While something moves at its usual speed it only learns: a busy place
// differs from what it was a minute ago all the time.
func (s *slow) look(grey []byte, w, h int, dt time.Duration, busy bool) bool {
	if w < slowWidth || h < slowHeight {
		return false
	}
	s.means(grey, w, h)
	if !s.began {
		s.began, s.short, s.long, s.seen = true, s.cells, s.cells, 0
		return false
	}
	s.seen += dt
	a, b := rate(dt, shortSpan), rate(dt, longSpan)
	for i, v := range s.cells {
		s.short[i] += a * (v - s.short[i])
		s.long[i] += b * (v - s.long[i])
	}
	if busy || s.seen < longSpan || !s.parted() {
		return false
	}
	s.long = s.short // it is told once
	return true
}

// parted reports whether enough cells differ, the light as a whole left out.
func (s *slow) parted() bool {
	s.sorted = s.sorted[:0]
	for i := range s.short {
		s.sorted = append(s.sorted, s.short[i]-s.long[i])
	}
	slices.Sort(s.sorted)
	light := s.sorted[slowCells/2]
	n := 0
	for i := range s.short {
		if d := s.short[i] - s.long[i] - light; d > slowStep || d < -slowStep {
			n++
		}
	}
	return n >= slowCount
}

func (s *slow) means(grey []byte, w, h int) {
	for cy := range slowHeight {
		for cx := range slowWidth {
			sum, n := 0, 0
			for y := cy * h / slowHeight; y < (cy+1)*h/slowHeight; y++ {
				for _, v := range grey[y*w+cx*w/slowWidth : y*w+(cx+1)*w/slowWidth] {
					sum += int(v)
					n++
				}
			}
			s.cells[cy*slowWidth+cx] = float32(sum) / float32(n)
		}
	}
}

func (s *slow) forget() { s.began = false }
