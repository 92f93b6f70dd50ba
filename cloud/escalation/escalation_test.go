package escalation_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/escalation"
	"eastgate/cloud/governance"
	"eastgate/cloud/store"
	"eastgate/cloud/store/storetest"
	"eastgate/shared/event"
)

func TestMain(m *testing.M) {
	defer storetest.Stop()
	m.Run()
}

// A centre is a feed in memory, a clock that is set by hand, and a runner.
type centre struct {
	t       *testing.T
	store   *store.Store
	runner  *escalation.Runner
	mu      sync.Mutex
	clock   time.Time
	changes []escalation.Change
	matters map[string]escalation.Matter
	wake    chan struct{}
}

// monday is a working day, 10:00 in Asia/Shanghai.
var monday = time.Date(2025, 6, 9, 10, 0, 0, 0, governance.Shanghai)

func newCentre(t *testing.T, s *store.Store) *centre {
	c := &centre{t: t, store: s, clock: monday, matters: map[string]escalation.Matter{}, wake: make(chan struct{}, 1)}
	c.runner = c.another(s)
	return c
}

func (c *centre) another(s *store.Store) *escalation.Runner {
	return escalation.New(c, s, escalation.Options{Now: c.now})
}

func (c *centre) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.clock
}

func (c *centre) set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clock = at
}

// Changes, Matter and Subscribe are escalation.Feed.
func (c *centre) Changes(_ context.Context, after int64, limit int) ([]escalation.Change, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := slices.Clone(c.changes[after:min(after+int64(limit), int64(len(c.changes)))])
	for i := range out {
		out[i].Matter = c.matters[out[i].Matter.ID] // as it is now
	}
	return out, nil
}

func (c *centre) Matter(_ context.Context, id string) (escalation.Matter, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.matters[id], nil
}

func (c *centre) Subscribe() (<-chan struct{}, func()) { return c.wake, func() {} }

// happens writes a step into a matter's history now.
func (c *centre) happens(m escalation.Matter, returned bool, limits map[governance.Step]time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	seq := int64(1)
	for _, old := range c.changes {
		if old.Matter.ID == m.ID {
			seq++
		}
	}
	due := map[governance.Step]time.Time{}
	for s, l := range limits {
		due[s] = c.clock.Add(l)
	}
	c.matters[m.ID] = m
	c.changes = append(c.changes, escalation.Change{Position: int64(len(c.changes) + 1), Seq: seq, At: c.clock, Deadlines: due, Returned: returned, Matter: m})
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// turn lets time go on to a moment and says what was raised, as "SignIn 50 handler".
func (c *centre) turn(at time.Time) []string {
	c.t.Helper()
	was, err := c.store.Reminders(c.t.Context(), 0, 1000)
	if err != nil {
		c.t.Fatal(err)
	}
	c.set(at)
	for range 2 { // a second time changes nothing
		if _, err := c.runner.Turn(c.t.Context()); err != nil {
			c.t.Fatal(err)
		}
	}
	all, err := c.store.Reminders(c.t.Context(), 0, 1000)
	if err != nil {
		c.t.Fatal(err)
	}
	said := []string{}
	for _, r := range all[len(was):] {
		said = append(said, fmt.Sprintf("%s %s %s", r.Step, r.Threshold, r.To))
	}
	return said
}

func (c *centre) want(at time.Time, want ...string) {
	c.t.Helper()
	if got := c.turn(at); !slices.Equal(got, want) {
		c.t.Errorf("at %s: raised %q, want %q", at.In(governance.Shanghai).Format("Mon 15:04:05"), got, want)
	}
}

func (c *centre) open(f escalation.Filter) []escalation.Reminder {
	c.t.Helper()
	out, err := c.runner.Open(c.t.Context(), f)
	if err != nil {
		c.t.Fatal(err)
	}
	return out
}

var all = access.Scope{All: true}

func dispatched(id string, level event.Level) escalation.Matter {
	return escalation.Matter{
		ID: id, Class: "fire.lane_blocked", Level: level, Place: "dongguan/c3/b07", Unit: "community", HandlingUnit: "property3", Handler: "wang",
		Running: []governance.Step{governance.SignIn},
	}
}

var signIn = map[governance.Step]time.Duration{governance.SignIn: 10 * time.Minute}

func TestEachThresholdIsToldOnceToItsAudience(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := newCentre(t, s)
		c.happens(dispatched("a", event.Serious), false, signIn)
		c.want(monday.Add(5*time.Minute - time.Millisecond))
		c.want(monday.Add(5*time.Minute), "sign_in 50 handler")
		c.want(monday.Add(8*time.Minute), "sign_in 80 unit_contact")
		c.want(monday.Add(10*time.Minute - time.Millisecond))
		c.want(monday.Add(10*time.Minute), "sign_in 100 centre_lead")
		c.want(monday.Add(15*time.Minute), "sign_in 150 supervisor")
		c.want(monday.Add(48 * time.Hour))
		rs := c.open(escalation.Filter{Scope: all, Overdue: true})
		if len(rs) != 2 || rs[0].Handler != "wang" || !rs[0].DueAt.Equal(monday.Add(10*time.Minute)) || !rs[0].At.Equal(rs[0].DueAt) || rs[1].Ticket != true {
			t.Errorf("open: %+v", rs)
		}
	})
}

// TestARestartInTheMiddle: what was told stays told, and what came while nothing ran
// is told afterwards.
func TestARestartInTheMiddle(t *testing.T) {
	for name, address := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		t.Run(name, func(t *testing.T) {
			at := address(t)
			s, err := store.Open(t.Context(), at)
			if err != nil {
				t.Fatal(err)
			}
			c := newCentre(t, s)
			c.happens(dispatched("a", event.Serious), false, signIn)
			c.want(monday.Add(6*time.Minute), "sign_in 50 handler")
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			c.happens(dispatched("b", event.Serious), false, signIn) // while nothing runs
			c.store = storetest.Open(t, at)
			c.runner = c.another(c.store)
			c.want(monday.Add(9*time.Minute), "sign_in 80 unit_contact")
			c.want(monday.Add(11*time.Minute), "sign_in 100 centre_lead", "sign_in 50 handler")
		})
	}
}

// TestTwoCloudsOnOneDatabase: both work all the time, each reminder is there once.
func TestTwoCloudsOnOneDatabase(t *testing.T) {
	for name, address := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		t.Run(name, func(t *testing.T) {
			at := address(t)
			c := newCentre(t, storetest.Open(t, at))
			runners := []*escalation.Runner{c.runner, c.another(storetest.Open(t, at))}
			const matters = 12
			for i := range matters {
				c.happens(dispatched(fmt.Sprintf("m%02d", i), event.Serious), false, signIn)
			}
			for _, minute := range []int{0, 5, 8, 10, 15} {
				c.set(monday.Add(time.Duration(minute) * time.Minute))
				var both sync.WaitGroup
				for _, r := range runners {
					both.Go(func() {
						if _, err := r.Turn(t.Context()); err != nil {
							t.Error(err)
						}
					})
				}
				both.Wait()
			}
			rs, err := c.store.Reminders(t.Context(), 0, 1000)
			if err != nil {
				t.Fatal(err)
			}
			count := map[string]int{}
			for i, r := range rs {
				count[r.Incident+" "+r.Threshold]++
				if i > 0 && r.Position <= rs[i-1].Position {
					t.Error("positions do not rise")
				}
			}
			for key, n := range count {
				if n != 1 {
					t.Errorf("%s was raised %d times", key, n)
				}
			}
			if len(count) != matters*4 {
				t.Errorf("%d reminders, want %d", len(count), matters*4)
			}
		})
	}
}

func sqlite(t *testing.T) *centre { return newCentre(t, storetest.Open(t, storetest.SQLite(t))) }

// TestTheClockJumps: what should have been said before the limit is not said after
// it, and a clock that goes back says nothing twice.
func TestTheClockJumps(t *testing.T) {
	c := sqlite(t)
	c.happens(dispatched("a", event.Serious), false, signIn)
	c.want(monday.Add(10*time.Hour), "sign_in 100 centre_lead", "sign_in 150 supervisor")
	c.want(monday.Add(-time.Hour))
	c.happens(dispatched("b", event.Serious), false, signIn)
	c.want(monday.Add(-55*time.Minute), "sign_in 50 handler")
	c.want(monday.Add(20*time.Hour), "sign_in 100 centre_lead", "sign_in 150 supervisor")
}

func TestSuspendedAndResumed(t *testing.T) {
	c := sqlite(t)
	m := dispatched("a", event.Serious)
	m.Running = []governance.Step{governance.Resolve}
	c.happens(m, false, map[governance.Step]time.Duration{governance.Resolve: 2 * time.Hour})
	c.want(monday.Add(time.Hour), "resolve 50 handler")
	m.Running, m.Held = nil, m.Running
	c.happens(m, false, nil)
	c.want(monday.Add(48 * time.Hour))
	m.Running, m.Held = m.Held, nil
	c.happens(m, false, nil)
	c.want(monday.Add(48*time.Hour+time.Minute), "resolve 100 centre_lead", "resolve 150 supervisor")
}

// TestOpenedAgain: the same step of the same incident has a new time, and is told of
// again.
func TestOpenedAgain(t *testing.T) {
	c := sqlite(t)
	m := dispatched("a", event.Serious)
	c.happens(m, false, signIn)
	c.want(monday.Add(5*time.Minute), "sign_in 50 handler")
	done := m
	done.Running = nil
	c.happens(done, false, nil)
	c.want(monday.Add(time.Hour))
	if rs := c.open(escalation.Filter{Scope: all}); len(rs) != 0 {
		t.Errorf("its step is over, and still open is %+v", rs)
	}
	c.happens(m, false, signIn)
	c.want(monday.Add(time.Hour+5*time.Minute), "sign_in 50 handler")
}

// TestRework: work that did not pass goes on under its old limit. What was told is
// not told again, but stands again.
func TestRework(t *testing.T) {
	c := sqlite(t)
	m := dispatched("a", event.Serious)
	m.Running = []governance.Step{governance.Resolve}
	c.happens(m, false, map[governance.Step]time.Duration{governance.Resolve: time.Hour})
	c.want(monday.Add(61*time.Minute), "resolve 100 centre_lead")
	m.Running = []governance.Step{governance.Check}
	c.happens(m, false, map[governance.Step]time.Duration{governance.Check: 24 * time.Hour})
	c.want(monday.Add(2 * time.Hour)) // its 150 % passes while it waits for the checker
	if rs := c.open(escalation.Filter{Scope: all}); len(rs) != 0 {
		t.Errorf("it is done, and still open is %+v", rs)
	}
	m.Running = []governance.Step{governance.Resolve}
	c.happens(m, false, nil)
	c.want(monday.Add(2*time.Hour+time.Minute), "resolve 150 supervisor")
	if rs := c.open(escalation.Filter{Scope: all, Overdue: true}); len(rs) != 2 {
		t.Errorf("it is overdue again, and open is %+v", rs)
	}
	m.Running, m.Over = nil, true
	c.happens(m, false, nil)
	c.want(monday.Add(100 * time.Hour))
	if left, err := c.store.Clocks(t.Context(), []string{"a"}); len(left) != 0 || err != nil {
		t.Errorf("it has ended, and left are the clocks %+v, %v", left, err)
	}
}

func TestTheRollOfWhatIsMostUrgent(t *testing.T) {
	minute := map[governance.Step]time.Duration{governance.SignIn: time.Minute}
	c := sqlite(t)
	m := dispatched("fire", event.Urgent)
	c.happens(m, false, minute)
	c.want(monday.Add(59*time.Second), "sign_in 50 handler", "sign_in 80 unit_contact")
	c.want(monday.Add(60*time.Second), "sign_in 100 centre_lead", "sign_in roll_next next_contact")
	c.want(monday.Add(119*time.Second), "sign_in 150 supervisor")
	c.want(monday.Add(120*time.Second), "sign_in roll_everyone everyone")
	if rs := c.open(escalation.Filter{Scope: all, To: []escalation.Audience{escalation.Everyone}}); len(rs) != 1 || !rs[0].SMS {
		t.Errorf("everyone: %+v", rs)
	}
	// Signed in after 90 seconds: nobody else is called.
	c = sqlite(t)
	c.happens(m, false, minute)
	c.turn(monday.Add(90 * time.Second))
	m.Running = nil
	c.happens(m, false, nil)
	c.want(monday.Add(time.Hour))
	// What nobody has confirmed is called out too, unless somebody looks after it.
	for _, taken := range []bool{false, true} {
		c = sqlite(t)
		m := escalation.Matter{ID: "alarm", Class: "fire.smoke", Level: event.Urgent, Running: []governance.Step{governance.Verify}, Taken: taken}
		c.happens(m, false, map[governance.Step]time.Duration{governance.Verify: time.Minute})
		said := strings.Join(c.turn(monday.Add(3*time.Minute)), ", ")
		if rolled := strings.Contains(said, "verify roll_everyone everyone"); rolled == taken {
			t.Errorf("taken %v: %s", taken, said)
		}
	}
}

// TestWorkingTime: a limit of four working hours from Friday 16:00 has its half on
// Friday 18:00, and ends on Monday.
func TestWorkingTime(t *testing.T) {
	c := sqlite(t)
	friday := time.Date(2025, 6, 6, 16, 0, 0, 0, governance.Shanghai)
	c.set(friday)
	m := dispatched("a", event.Ordinary)
	m.Class, m.Running = "parking.motor", []governance.Step{governance.Resolve}
	due := time.Date(2025, 6, 9, 10, 30, 0, 0, governance.Shanghai)
	c.happens(m, false, map[governance.Step]time.Duration{governance.Resolve: due.Sub(friday)})
	c.want(friday.Add(2*time.Hour - time.Second))
	c.want(friday.Add(2*time.Hour), "resolve 50 handler")
	c.want(friday.Add(48 * time.Hour)) // Sunday
	c.want(time.Date(2025, 6, 9, 9, 42, 0, 0, governance.Shanghai), "resolve 80 unit_contact")
	c.want(due, "resolve 100 centre_lead")
	c.want(due.Add(time.Hour))
	c.want(due.Add(90 * time.Minute)) // noon
	c.want(time.Date(2025, 6, 9, 15, 0, 0, 0, governance.Shanghai), "resolve 150 supervisor")
}

func TestAnExtensionMovesWhatHasNotPassed(t *testing.T) {
	c := sqlite(t)
	m := dispatched("a", event.Serious)
	m.Running = []governance.Step{governance.Resolve}
	c.happens(m, false, map[governance.Step]time.Duration{governance.Resolve: time.Hour})
	c.want(monday.Add(50*time.Minute), "resolve 50 handler", "resolve 80 unit_contact")
	m.Extended = map[governance.Step]time.Time{governance.Resolve: monday.Add(4 * time.Hour)}
	c.happens(m, false, nil)
	c.want(monday.Add(3*time.Hour + 59*time.Minute)) // both were told already
	c.want(monday.Add(4*time.Hour), "resolve 100 centre_lead")
}

func TestTheSecondReturnIsATicket(t *testing.T) {
	c := sqlite(t)
	m := dispatched("a", event.Serious)
	for n := range 3 {
		m.Running = []governance.Step{governance.SignIn}
		c.happens(m, false, signIn)
		m.Running, m.Returns = nil, n+1
		c.happens(m, true, nil)
		want := []string{}
		if n == 1 {
			want = []string{"sign_in second_return supervisor"}
		}
		c.want(monday.Add(time.Duration(n+1)*time.Minute), want...)
	}
}

func TestWhatIsOpen(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := newCentre(t, s)
		m := dispatched("a", event.Serious)
		c.happens(m, false, signIn)
		other := dispatched("b", event.Serious)
		other.Place, other.HandlingUnit, other.Class = "dongguan/c4", "property4", "parking.motor"
		c.happens(other, false, signIn)
		c.turn(monday.Add(time.Hour))
		count := func(f escalation.Filter) int { return len(c.open(f)) }
		for name, x := range map[string]struct {
			f    escalation.Filter
			want int
		}{
			"everything":     {escalation.Filter{Scope: all}, 4},
			"nothing":        {escalation.Filter{}, 0},
			"a path":         {escalation.Filter{Scope: access.Scope{Paths: []string{"dongguan/c3"}}}, 2},
			"a unit":         {escalation.Filter{Scope: access.Scope{Units: []string{"property4"}}}, 2},
			"a class":        {escalation.Filter{Scope: access.Scope{All: true, Classes: []string{"fire.*"}}}, 2},
			"tickets":        {escalation.Filter{Scope: all, Tickets: true}, 2},
			"one incident's": {escalation.Filter{Scope: all, Incident: "b"}, 2},
			"an audience's":  {escalation.Filter{Scope: all, To: []escalation.Audience{escalation.CentreLead}}, 2},
			"a page":         {escalation.Filter{Scope: all, Limit: 3}, 3},
		} {
			if got := count(x.f); got != x.want {
				t.Errorf("%s: %d, want %d", name, got, x.want)
			}
		}
		// The step is over: the flag goes, the ticket stays until it was followed up.
		m.Running = nil
		c.happens(m, false, nil)
		c.turn(monday.Add(2 * time.Hour))
		left := c.open(escalation.Filter{Scope: all, Incident: "a"})
		if len(left) != 1 || !left[0].Ticket {
			t.Fatalf("left of a: %+v", left)
		}
		if err := c.runner.Settle(t.Context(), left[0].Position, "li", ""); !errors.Is(err, escalation.ErrNote) {
			t.Error("without a word:", err)
		}
		if err := c.runner.Settle(t.Context(), left[0].Position, "li", "talked with the property company"); err != nil {
			t.Error(err)
		}
		if err := c.runner.Settle(t.Context(), left[0].Position, "li", "again"); !errors.Is(err, escalation.ErrNotFound) {
			t.Error("twice:", err)
		}
		if got := count(escalation.Filter{Scope: all, Incident: "a"}); got != 0 {
			t.Error("still open:", got)
		}
		rs, _ := c.runner.Reminders(t.Context(), left[0].Position-1, 1)
		if len(rs) != 1 || rs[0].SettledBy != "li" || rs[0].Note == "" || rs[0].SettledAt == nil {
			t.Errorf("the feed says %+v", rs)
		}
	})
}

// TestRunByTheWallClock: a limit of a second is told by the timer, with nobody
// looking; one that begins later wakes the runner.
func TestRunByTheWallClock(t *testing.T) {
	c := sqlite(t)
	c.runner = escalation.New(c, c.store, escalation.Options{})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- c.runner.Run(ctx) }()
	for i, id := range []string{"a", "b"} {
		c.set(time.Now())
		c.happens(dispatched(id, event.Serious), false, map[governance.Step]time.Duration{governance.SignIn: time.Second})
		for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
			rs, err := c.store.Reminders(t.Context(), 0, 100)
			if err != nil {
				t.Fatal(err)
			}
			if len(rs) == 4*(i+1) {
				break
			}
			if time.Now().After(end) {
				t.Fatalf("%d reminders for %d matters", len(rs), i+1)
			}
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func BenchmarkTurnWithNothingDue(b *testing.B) {
	s := storetest.Open(b, storetest.SQLite(b))
	c := &centre{store: s, clock: monday, matters: map[string]escalation.Matter{}, wake: make(chan struct{}, 1)}
	c.runner = c.another(s)
	for i := range 10_000 {
		c.matters[fmt.Sprint(i)] = dispatched(fmt.Sprint(i), event.Serious)
		c.changes = append(c.changes, escalation.Change{
			Position: int64(i + 1), Seq: 1, At: monday, Matter: c.matters[fmt.Sprint(i)],
			Deadlines: map[governance.Step]time.Time{governance.SignIn: monday.Add(time.Hour)},
		})
	}
	if _, err := c.runner.Turn(b.Context()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := c.runner.Turn(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
