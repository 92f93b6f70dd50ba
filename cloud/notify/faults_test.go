package notify_test

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"eastgate/cloud/escalation"
	"eastgate/cloud/incident"
	"eastgate/cloud/notify"
	"eastgate/cloud/notify/channel"
	"eastgate/cloud/notify/robottest"
	"eastgate/cloud/replica"
	"eastgate/cloud/store"
	"eastgate/cloud/store/storetest"
	"eastgate/shared/event"
)

// TestARobotWithoutItsKey: what is refused for good is seen, with what to do, and
// level 1 goes another way too.
func TestARobotWithoutItsKey(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)))
	if err := w.robots.Fail("duty", robottest.Echo, 0); err != nil {
		t.Fatal(err)
	}
	var logged log
	r := w.runner(func(o *notify.Options) {
		o.Robots[0].Instead = "lead"
		o.Log = slog.New(slog.NewTextHandler(&logged, nil))
	})
	w.run(r)
	w.happen(w.fire("1", event.Urgent), incident.Signal)
	w.await("lead 【疑似】")
	for _, m := range w.settled(2, notify.Sent, notify.Failed) {
		if (m.Robot == "duty") != (m.State == notify.Failed) || m.State == notify.Failed && (m.Do != channel.Key || m.Error != channel.Permanent || m.Code != "93000") {
			t.Errorf("%s: %+v", m.Robot, m.Fate)
		}
	}
	health, err := r.Health(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h := health[slices.IndexFunc(health, func(h notify.Health) bool { return h.Robot == "duty" })]
	if h.Failed != 1 || h.FailedAt == nil || h.Do != channel.Key || h.DoZH == "" || h.DoEN == "" {
		t.Errorf("%+v", h)
	}
	if said := logged.String() + fmt.Sprintf("%+v", health); strings.Contains(said, "duty-key") {
		t.Error("the key is shown, which the platform had repeated")
	}
}

// A log may be written and read at once.
type log struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// TestAPlatformThatShutsUsOut: nothing is sent until it takes messages again, from
// no cloud; then all that is still true is.
func TestAPlatformThatShutsUsOut(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)))
	r := w.runner(func(o *notify.Options) { // as somebody sets it who knows better
		o.Robots[0].Limits, o.Robots[0].Reserve = []channel.Limit{{N: 100, Per: time.Minute}}, 0
	})
	stop := w.run(r)
	for n := range 21 { // WeCom takes 20 a minute
		w.happen(w.fire(fmt.Sprint(n), event.Urgent), incident.Signal)
	}
	for len(w.robots.Messages()) < 20 {
		<-w.robots.Told()
	}
	blocked := func() *time.Time {
		health, err := r.Health(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return health[0].BlockedUntil
	}
	for end := time.Now().Add(30 * time.Second); blocked() == nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("nobody is told that the robot is shut out")
		}
	}
	asked := w.robots.Asked("duty")
	stop()
	w.run(w.runner(nil)) // another cloud knows it too
	w.happen(w.fire("late", event.Urgent), incident.Signal)
	w.settled(22, notify.Sent, notify.Waiting)
	if n := w.robots.Asked("duty"); n != asked {
		t.Errorf("asked %d times while it takes nothing", n-asked)
	}
}

// TestLevel1HasRoom: what is less urgent leaves a part of the budget alone, and a
// restart does not forget what was sent.
func TestLevel1HasRoom(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)))
	few := func(o *notify.Options) {
		o.Robots[0].Limits, o.Robots[0].Reserve, o.DigestOver = []channel.Limit{{N: 5, Per: time.Minute}}, 2, 50
	}
	stop := w.run(w.runner(few))
	for n := range 4 {
		i := w.fire(fmt.Sprint(n), event.Ordinary)
		i.State = incident.Confirmed
		w.happen(i, incident.Confirm)
	}
	for len(w.robots.Messages()) < 3 {
		<-w.robots.Told()
	}
	w.settled(4, notify.Sent, notify.Waiting)
	stop()
	w.run(w.runner(few))
	w.happen(w.fire("urgent", event.Urgent), incident.Signal)
	w.await("duty 特急")
	if n := len(w.robots.Messages()); n != 4 {
		t.Errorf("%d messages: the fourth of level 3 has taken level 1's room", n)
	}
	w.pass(61 * time.Second)
	w.settled(5, notify.Sent)
}

// TestTwoCloudsTellOnce: two run at the same time on one database, as for a moment
// when a lease moves. Each message is told once, but for what the one was sending just
// when the other began: that comes again and says so.
func TestTwoCloudsTellOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		const n = 12
		w.run(w.runner(nil))
		w.run(w.runner(nil))
		for k := range n {
			w.happen(w.fire(fmt.Sprint(k), event.Urgent), incident.Signal)
		}
		w.settled(n, notify.Sent)
		again := 0
		for _, m := range w.robots.Messages() {
			if strings.Contains(m.Title+m.Text, "可能重复") {
				again++
			}
		}
		if got := len(w.robots.Messages()); got != n+again || again > 2 {
			t.Errorf("%d messages for %d fires, %d of them marked as repeats", got, n, again)
		}
	})
}

// TestOneCloudOfTwoSends: the lease says which; when it goes the other goes on.
func TestOneCloudOfTwoSends(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.Address(t)))
	working := make(chan string, 10)
	start := func(name string) (stop func()) {
		member, r := replica.Join(w.store, slog.New(slog.DiscardHandler)), w.runner(nil)
		return w.runAlone(member, func() { working <- name }, r)
	}
	stops := map[string]func(){"a": start("a"), "b": start("b")}
	first := <-working
	w.happen(w.fire("1", event.Urgent), incident.Signal)
	w.await("duty 20260609-1")
	select {
	case second := <-working:
		t.Fatalf("%s and %s both send", first, second)
	default:
	}
	stops[first]()
	w.happen(w.fire("2", event.Urgent), incident.Signal)
	w.await("duty 20260609-2")
	if second := <-working; second == first {
		t.Errorf("%s again", first)
	}
	w.settled(2, notify.Sent)
	if n := len(w.robots.Messages()); n != 2 {
		t.Errorf("%d messages for two fires", n)
	}
}

// TestAUnitIsCalled: what is sent to a unit goes to its roll, and to its contacts
// where it keeps none.
func TestAUnitIsCalled(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)))
	unit := wang
	unit.Role, unit.Scope = notify.Unit, "unit:property"
	w.roster(unit)
	w.run(w.runner(nil))
	i := w.fire("1", event.Serious)
	i.State, i.HandlingUnit = incident.Dispatched, "property"
	w.happen(i, incident.Dispatch)
	if got := w.await("duty 【派单】")[0]; !slices.Equal(got.Mention, []string{"WangWei"}) {
		t.Errorf("%+v", got)
	}
	w.remind(i, "100", escalation.CentreLead)
	w.await("lead 催办")
}
