package gate

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/edge/flow"
)

// A machine is a budget of two cores whose load is set by hand.
type machine struct {
	*Budget
	now, spent, idle time.Duration
	others           float64 // cores that other programs use
}

func newMachine() *machine {
	m := new(machine)
	m.Budget = NewBudget(2, func() Times {
		idle := m.idle
		return Times{Used: m.spent, Idle: &idle}
	}, NewMetrics(prometheus.NewRegistry()), slog.New(slog.DiscardHandler))
	m.Cameras(144)
	m.run(1, 0.8)
	return m
}

// run lets seconds pass at a load in cores.
func (m *machine) run(seconds int, load float64) {
	for range seconds {
		m.now += time.Second
		m.spent += time.Duration(load * float64(time.Second))
		m.idle += time.Duration(max(2-load-m.others, 0) * float64(time.Second))
		m.measure(m.now)
	}
}

// TestSeatsFitTheMachine takes as many as there is time for.
func TestSeatsFitTheMachine(t *testing.T) {
	m := newMachine()
	m.run(3, 0.8)
	n := 0
	for m.Take(fmt.Sprint("camera", n), flow.Moving) != nil {
		n++
	}
	if n < 7 || n > 10 { // 0.9 cores at a tenth each
		t.Errorf("%d closer looks were granted", n)
	}
	if s := m.State(); s.Closely != n || s.Waiting != 1 || s.Carries < 250 {
		t.Errorf("%+v", s)
	}
}

// TestFireGoesFirst: a full machine makes room for what is more urgent, not for what
// is only as urgent.
func TestFireGoesFirst(t *testing.T) {
	m := newMachine()
	m.run(3, 0.8)
	var seats []*Seat
	for i := 0; ; i++ {
		s := m.Take(fmt.Sprint("camera", i), flow.Moving)
		if s == nil {
			break
		}
		seats = append(seats, s)
	}
	if m.Take("lane", flow.Moving) != nil {
		t.Error("movement took the place of movement at once")
	}
	fire := m.Take("kitchen", flow.Burning)
	if fire == nil {
		t.Fatal("there was no time for a fire")
	}
	lost := 0
	for _, s := range seats {
		if s.Lost() {
			lost++
		}
	}
	if lost != 1 || fire.Lost() {
		t.Errorf("%d seats gave way", lost)
	}
}

// TestNobodyWaitsForEver: who has waited long takes the place of who has sat long.
func TestNobodyWaitsForEver(t *testing.T) {
	m := newMachine()
	m.run(3, 1.65)
	held := m.Take("first", flow.Standing) // the first always fits
	m.run(1, 1.69)
	if held == nil || m.Take("second", flow.Moving) != nil {
		t.Fatal("the machine is not as full as it should be")
	}
	for range 40 {
		m.run(1, 1.69)
		if m.Take("second", flow.Moving) != nil {
			if !held.Lost() {
				t.Error("both hold a seat")
			}
			return
		}
	}
	t.Error("the second never had its turn")
}

// TestABoxTooSmallSaysSo leaves out key pictures last of all, and takes them up again.
func TestABoxTooSmallSaysSo(t *testing.T) {
	m := newMachine()
	m.run(20, 1.99)
	if s := m.State(); s.Stride < 2 || s.Carries == 0 || s.Carries > 140 {
		t.Errorf("overloaded: %+v", s)
	}
	g := newGate(m.Budget)
	left := 0
	g.LeftOut = func() { left++ }
	if n := count(play(g, newFilm(50), 60, nil)); n+left != 30 || left < 15 {
		t.Errorf("%d key pictures looked at and %d told as left out, of 30", n, left)
	}
	m.run(60, 0.5)
	if s := m.State(); s.Stride != 1 {
		t.Errorf("calm again: %+v", s)
	}
}

// TestOthersTakeTheirShare: a machine that others fill has no time for closer looks,
// however little this program uses; and it comes back when they are gone.
func TestOthersTakeTheirShare(t *testing.T) {
	m := newMachine()
	m.run(3, 0.8)
	for i := range 5 {
		if m.Take(fmt.Sprint("camera", i), flow.Moving) == nil {
			t.Fatal("there was time for five")
		}
	}
	m.others = 1
	m.run(3, 1)
	if s := m.State(); s.Closely != 0 || s.Room > 1.01 {
		t.Errorf("beside others: %+v", s)
	}
	m.run(10, 1)
	if s := m.State(); s.Stride < 2 {
		t.Errorf("still too much: %+v", s)
	}
	m.others = 0
	m.run(60, 0.8)
	if s := m.State(); s.Stride != 1 || s.Room < 1.9 {
		t.Errorf("alone again: %+v", s)
	}
}

// TestWaitingIsNeverWorthAFire has movement wait for a minute beside a fire.
func TestWaitingIsNeverWorthAFire(t *testing.T) {
	m := newMachine()
	m.run(3, 1.65)
	fire := m.Take("kitchen", flow.Burning)
	m.run(1, 1.69)
	for range 60 {
		if m.run(1, 1.69); m.Take("street", flow.Moving) != nil || fire.Lost() {
			t.Fatal("movement took the place of a fire")
		}
	}
	m.Withdraw("street")
	if s := m.State(); s.Waiting != 0 {
		t.Errorf("nobody waits any more: %+v", s)
	}
}
