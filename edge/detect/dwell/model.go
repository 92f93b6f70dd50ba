package dwell

import (
	"image"
	"math"
	"slices"
	"time"

	"eastgate/edge/detect/light"
)

const (
	restAfter = 1500 * time.Millisecond // still for so long, and a thing is said to stand
	keep      = 20 * time.Second        // time constant of the empty place
	crumbs    = 30 * time.Second        // after which rests too small to be a thing become part of the place
	smoothing = 700 * time.Millisecond  // over which stillness is judged
	alien     = 2 * time.Second         // after which a view that is another is begun anew
	unseen    = 10 * time.Minute        // after a longer gap it goes on as after a restart
	longest   = 4 * time.Hour           // after a longer one shadows lie elsewhere, and nothing remembered is worth much

	never = time.Duration(math.MinInt64)
)

// A model remembers how a part of the picture looks with nothing in it, and
// since when each of its pixels has been still.
type model struct {
	rect  image.Rectangle // the part of the picture
	w, h  int
	light light.Change    // how the picture's light differs from the remembered one
	grid  []float32       // the whole picture's points, in the remembered light
	now   []float32       // the picture, in the remembered light
	empty []float32       // the place with nothing in it
	known []bool          // empty has been seen, and is no guess
	calm  []float32       // the picture smoothed over time
	since []time.Duration // media time since when a pixel is still
	moved []bool          // it came to be as it is by moving
	diff  []bool          // it is not as the empty place is
	held  []bool          // a stay's
	noise float32         // grey levels between two pictures of the same
	last  time.Duration
	began time.Duration
	alien time.Duration // media time since when the view is another; negative when it is not
	doubt int           // number of pixels that are not known

	points, jumps []float32
	labels        []int32
	rows, part    []byte
}

func newModel(rect image.Rectangle) *model {
	n := rect.Dx() * rect.Dy()
	f := func() []float32 { return make([]float32, n) }
	b := func() []bool { return make([]bool, n) }
	return &model{
		rect: rect, w: rect.Dx(), h: rect.Dy(), now: f(), empty: f(), calm: f(),
		known: b(), moved: b(), diff: b(), held: b(),
		since: make([]time.Duration, n), labels: make([]int32, n),
	}
}

// cut returns the model's part of a picture, each pixel the mean of nine: noise and
// the shimmer of edges are no change.
func (m *model) cut(whole []byte, size image.Point) []byte {
	m.rows = slices.Grow(m.rows[:0], m.w*size.Y)[:m.w*size.Y]
	for y := max(0, m.rect.Min.Y-1); y < min(size.Y, m.rect.Max.Y+1); y++ {
		row, out := whole[y*size.X:(y+1)*size.X], m.rows[y*m.w:(y+1)*m.w]
		for x := range out {
			c := m.rect.Min.X + x
			out[x] = byte((uint(row[max(c-1, 0)]) + uint(row[c]) + uint(row[min(c+1, size.X-1)])) / 3)
		}
	}
	m.part = slices.Grow(m.part[:0], m.w*m.h)[:m.w*m.h]
	for y := range m.h {
		c := m.rect.Min.Y + y
		above, here, below := m.rows[max(c-1, 0)*m.w:], m.rows[c*m.w:], m.rows[min(c+1, size.Y-1)*m.w:]
		out := m.part[y*m.w : (y+1)*m.w]
		for x := range out {
			out[x] = byte((uint(above[x]) + uint(here[x]) + uint(below[x])) / 3)
		}
	}
	return m.part
}

// begin takes the picture for the empty place, until it is known better.
func (m *model) begin(whole []byte, width int, pix []byte, at time.Duration) {
	m.light, m.grid = light.None, light.Sample(whole, width, m.grid[:0])
	for i, v := range pix {
		m.now[i], m.empty[i], m.calm[i] = float32(v), float32(v), float32(v)
		m.since[i] = at
	}
	clear(m.known)
	clear(m.moved)
	clear(m.diff)
	clear(m.held)
	m.noise, m.last, m.began, m.alien, m.doubt = 2, at, at, -1, len(pix)
}

// see takes in a picture, whole and the model's part of it. It reports false when
// the picture shows another view and nothing in it can be compared.
func (m *model) see(whole []byte, width int, pix []byte, at time.Duration) bool {
	dt := at - m.last
	m.last = at
	m.points = light.Sample(whole, width, m.points[:0])
	var explained bool
	if m.light, explained = light.Fit(m.grid, m.points); !explained {
		switch {
		case m.alien < 0:
			m.alien = at
		case at-m.alien >= alien:
			m.begin(whole, width, pix, at)
		}
		return false
	}
	m.alien = -1
	m.stillness(pix, at, dt)
	m.compare()
	m.learn(at, dt)
	return true
}

// stir is the difference between pictures that is movement.
func (m *model) stir() float32 { return min(max(6*m.noise, 10), 20) }

// differs is the difference from the empty place that is more than noise.
func (m *model) differs() float32 { return min(max(7*m.noise, 16), 28) }

func (m *model) stillness(pix []byte, at, dt time.Duration) {
	table, stir, k := m.light.Table(), m.stir(), share(dt, smoothing)
	m.jumps = m.jumps[:0]
	for i, raw := range pix {
		v := table[raw]
		d := abs(v - m.calm[i])
		if i%61 == 0 {
			m.jumps = append(m.jumps, d)
		}
		m.now[i] = v
		if d > stir {
			m.since[i], m.moved[i], m.calm[i] = at, true, v
		} else {
			m.calm[i] += k * (v - m.calm[i])
		}
	}
	if len(m.jumps) > 0 { // the median of |d| is two thirds of the deviation
		slices.Sort(m.jumps)
		m.noise += 0.1 * (1.5*m.jumps[len(m.jumps)/2] - m.noise)
	}
}

// compare marks what is not as the empty place is. Where that was never seen, it
// is guessed from what is known around.
func (m *model) compare() {
	if m.doubt > 0 {
		m.suspect()
		m.guess()
	}
	t := m.differs()
	for i, v := range m.now {
		m.diff[i] = abs(v-m.empty[i]) > t
	}
}

// learn lets the empty place follow what is there, but for what has come to stand.
func (m *model) learn(at, dt time.Duration) {
	k := share(dt, keep)
	m.relight(k)
	guessed := m.doubt < len(m.now) // from what is known around
	for i, v := range m.now {
		still := at - m.since[i]
		if !m.known[i] {
			// Nothing moved here since the beginning, or the guess was right.
			if still >= restAfter && (!m.moved[i] || guessed && !m.diff[i]) {
				m.settle(i)
			}
			continue
		}
		switch {
		case !m.diff[i]:
			m.empty[i] += k * (v - m.empty[i])
			if still > 2*restAfter {
				m.moved[i] = false
			}
		case m.held[i]:
		case !m.moved[i], still > crumbs: // light that creeps, and what is too small to matter
			m.empty[i] += k * (v - m.empty[i])
		}
	}
}

// settle makes what is at pixel i part of the empty place.
func (m *model) settle(i int) {
	if !m.known[i] {
		m.known[i] = true
		m.doubt--
	}
	m.empty[i], m.moved[i], m.diff[i] = m.now[i], false, false
}

// relight moves the remembered light by share k towards the real one, for all
// that is remembered here. Stays move theirs with it.
func (m *model) relight(k float32) {
	gain, add := 1+k*(m.light.Gain-1), k*m.light.Add
	for i := range m.empty {
		m.empty[i] = gain*m.empty[i] + add
		m.calm[i] = gain*m.calm[i] + add
		m.now[i] = gain*m.now[i] + add
	}
	for i, v := range m.points {
		m.grid[i] += k * (v - m.grid[i])
	}
}

// share is how far a value with a time constant moves in dt.
func share(dt, constant time.Duration) float32 {
	return float32(1 - math.Exp(-dt.Seconds()/constant.Seconds()))
}

func abs(v float32) float32 { return math.Float32frombits(math.Float32bits(v) &^ (1 << 31)) }
