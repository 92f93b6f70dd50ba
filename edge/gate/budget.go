package gate

import (
	"context"
	"log/slog"
	"math"
	"sync"
	"time"

	"eastgate/edge/flow"
)

// A Budget shares a box's processor among its cameras. Key pictures are always
// looked at first; what is left goes to those that must be looked at closely, the most
// urgent first, and to those that have waited long. A nil Budget has no limit.
type Budget struct {
	cores float64
	clock Clock
	m     *Metrics
	log   *slog.Logger

	mu      sync.Mutex
	now     time.Duration // monotonic, of the last tick
	before  Times
	load    float64 // cores in use by this program
	room    float64 // cores that it has, with what others on the machine leave
	calm    float64 // cores in use while no seat is taken
	cost    float64 // of one seat, in cores
	fresh   int     // seats taken since the load was measured
	seats   map[string]*Seat
	queue   map[string]time.Duration // who was refused, since when
	stride  int                      // every how many-th key picture is looked at
	high    int                      // ticks in a row over the limit, or below it when negative
	cameras int
}

const (
	enough     = 0.85 // share of its room that closer looks may fill
	tooMuch    = 0.95 // share above which key pictures are left out as well
	tick       = time.Second
	patient    = 3                // ticks before the stride changes
	ageing     = 10.0             // seconds of waiting that are worth one urgency
	turn       = 10 * time.Second // how long a seat is safe from others as urgent
	mostWide   = 4                // greatest stride
	leastRoom  = 0.1              // cores that the system gives this program however busy others are
	firstGuess = 0.1              // cores of a closer look, before any was measured
)

// Times are processor times since some beginning, of all cores together.
type Times struct {
	Used time.Duration // by this program
	// Idle is what nobody on the machine used; nil where that cannot be known.
	Idle *time.Duration
}

// A Clock reads them.
type Clock func() Times

// NewBudget returns the budget of a box with so many cores.
func NewBudget(cores int, clock Clock, m *Metrics, log *slog.Logger) *Budget {
	return &Budget{cores: float64(cores), room: float64(cores), clock: clock, m: m, log: log, cost: firstGuess, seats: map[string]*Seat{}, queue: map[string]time.Duration{}, stride: 1}
}

// A Seat is the right to look closely at one camera.
type Seat struct {
	b      *Budget
	camera string
	want   flow.Urgency
	since  time.Duration
	lost   bool
}

// Run measures the load until ctx ends.
func (b *Budget) Run(ctx context.Context) error {
	t := time.NewTicker(tick)
	defer t.Stop()
	began := time.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
			b.measure(time.Since(began))
		}
	}
}

// Cameras says how many cameras share the budget.
func (b *Budget) Cameras(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.cameras = n
}

// measure takes in the load at a time and sees to it that it fits.
func (b *Budget) measure(now time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	times := b.clock()
	if took := (now - b.now).Seconds(); b.now > 0 && took > 0 {
		b.load = (times.Used - b.before.Used).Seconds() / took
		b.room = b.cores
		if times.Idle != nil && b.before.Idle != nil { // others take their share, whatever this program is entitled to
			b.room = min(b.cores, max(b.load+(*times.Idle-*b.before.Idle).Seconds()/took, leastRoom))
		}
	}
	b.now, b.before, b.fresh = now, times, 0
	if n := len(b.seats); n == 0 {
		b.calm = b.load
	} else if each := (b.load - b.calm) / float64(n); each > 0 {
		b.cost += 0.2 * (min(max(each, 0.01), 1) - b.cost)
	}
	load := b.load
	for load > enough*b.room && b.dismiss(flow.Burning+1, 0) {
		load -= b.cost
	}
	switch {
	case load < b.load: // what was dismissed may be enough
	case load > tooMuch*b.room:
		b.strain(1)
	case load < enough*b.room:
		b.strain(-1)
	}
	b.m.budget(b.load, b.carries(), len(b.seats), b.stride)
}

// strain widens or narrows the stride when the load has been too high, or low, for a
// few ticks.
func (b *Budget) strain(by int) {
	if (b.high > 0) != (by > 0) {
		b.high = 0
	}
	b.high += by
	switch {
	case b.high >= patient && b.stride < mostWide:
		b.stride, b.high = b.stride*2, 0
		b.log.Warn("this box is too slow for its cameras: key pictures are left out. Give it fewer cameras or sub-streams", "every", b.stride, "cores", b.load, "carries", b.carries())
	case b.high <= -3*patient && b.stride > 1:
		b.stride, b.high = b.stride/2, 0
	}
}

// carries is how many cameras such as the present ones the box can look at while
// nothing happens; 0 where that is not known yet.
func (b *Budget) carries() int {
	if b.cameras == 0 || b.calm <= 0 {
		return 0
	}
	return int(math.Floor(enough * b.room / b.calm * float64(b.cameras)))
}

// Take asks for a closer look at a camera; nil says that there is no time for it now.
func (b *Budget) Take(camera string, want flow.Urgency) *Seat {
	if b == nil {
		return &Seat{}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	waited := time.Duration(0)
	if since, waits := b.queue[camera]; waits {
		waited = b.now - since
	}
	if !b.fits() && !b.dismiss(want, waited) {
		if _, waits := b.queue[camera]; !waits {
			b.queue[camera] = b.now
		}
		return nil
	}
	delete(b.queue, camera)
	s := &Seat{b: b, camera: camera, want: want, since: b.now}
	b.seats[camera] = s
	b.fresh++
	return s
}

// Withdraw says that a camera which was refused wants no closer look any more.
func (b *Budget) Withdraw(camera string) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.queue, camera)
}

// fits reports whether one more closer look does. The first always does.
func (b *Budget) fits() bool {
	return len(b.seats) == 0 || b.load+float64(b.fresh+1)*b.cost <= enough*b.room
}

// dismiss takes the seat of the least urgent that must give way to a wish, and
// reports whether there was one.
func (b *Budget) dismiss(want flow.Urgency, waited time.Duration) bool {
	worth := float64(want) + waited.Seconds()/ageing
	if want < flow.Burning {
		worth = min(worth, float64(flow.Burning)) // no waiting is worth a fire
	}
	var least *Seat
	for _, s := range b.seats {
		if least == nil || s.want < least.want || s.want == least.want && s.since < least.since {
			least = s
		}
	}
	if least == nil || float64(least.want) >= worth || b.now-least.since < turn && least.want >= want {
		return false
	}
	least.lost = true
	delete(b.seats, least.camera)
	b.m.dismissed.WithLabelValues(least.camera).Inc()
	return true
}

// Stride is every how many-th key picture is to be looked at: 1 unless the box is too
// slow for its cameras.
func (b *Budget) Stride() int {
	if b == nil {
		return 1
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.stride
}

// State says how the budget stands, for people.
type State struct {
	Cores   float64 `json:"cores"`
	Room    float64 `json:"cores_to_be_had"` // with what others on the machine leave
	Used    float64 `json:"cores_used"`
	Closely int     `json:"looked_at_closely"`
	Waiting int     `json:"waiting_for_a_closer_look"`
	Stride  int     `json:"key_pictures_every"`
	Carries int     `json:"cameras_carried"` // 0 where not known yet
}

// State returns how the budget stands.
func (b *Budget) State() State {
	b.mu.Lock()
	defer b.mu.Unlock()
	return State{b.cores, hundredths(b.room), hundredths(b.load), len(b.seats), len(b.queue), b.stride, b.carries()}
}

// Ask changes how urgent the look is.
func (s *Seat) Ask(want flow.Urgency) {
	if s.b == nil {
		return
	}
	s.b.mu.Lock()
	defer s.b.mu.Unlock()
	s.want = want
}

// Lost reports whether somebody more urgent has it now.
func (s *Seat) Lost() bool {
	if s.b == nil {
		return false
	}
	s.b.mu.Lock()
	defer s.b.mu.Unlock()
	return s.lost
}

// Leave gives the seat back.
func (s *Seat) Leave() {
	if s.b == nil {
		return
	}
	s.b.mu.Lock()
	defer s.b.mu.Unlock()
	if s.b.seats[s.camera] == s {
		delete(s.b.seats, s.camera)
	}
}

func hundredths(x float64) float64 { return math.Round(x*100) / 100 }
