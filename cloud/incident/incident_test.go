package incident_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/cloud/incident"
	"eastgate/cloud/store"
	"eastgate/cloud/store/storetest"
	"eastgate/shared/event"
	"eastgate/shared/wire"
)

func TestMain(m *testing.M) {
	defer storetest.Stop()
	m.Run()
}

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// A told event is what a box says, in short: the same episode letter is the same
// continuing thing.
type told struct {
	kind    event.Kind
	camera  string
	episode string
	state   event.State
	at      time.Duration // after noon
}

type centre struct {
	store  *store.Store
	engine *incident.Engine
	ids    map[string]string // episode letter → id

	now     atomic.Int64 // what the engine takes for now, in ns since 1970
	reports int
}

func open(t testing.TB) *centre { return openAt(t, nil) }

func openAt(t testing.TB, places incident.Places) *centre {
	t.Helper()
	st, err := store.Open(t.Context(), storetest.Address(t))
	if err != nil {
		t.Fatal(err)
	}
	c := &centre{store: st, ids: map[string]string{}}
	c.set(noon)
	c.engine = incident.New(st, incident.Options{Now: func() time.Time { return c.time() }, Places: places, Metrics: incident.NewMetrics(prometheus.NewRegistry())})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		c.engine.Run(ctx)
		close(done)
	}()
	t.Cleanup(func() {
		stop()
		<-done
		st.Close()
	})
	return c
}

func (c *centre) time() time.Time { return time.Unix(0, c.now.Load()).UTC() }

func (c *centre) set(now time.Time) { c.now.Store(now.UnixNano()) }

// hear stores events, each in a commit of its own, and waits until all are folded.
func (c *centre) hear(t testing.TB, events ...told) {
	t.Helper()
	before, err := c.engine.Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range events {
		id, at := event.NewID(), noon.Add(x.at)
		if c.ids[x.episode] == "" || x.state == event.Start {
			c.ids[x.episode] = id
		}
		e := event.Event{
			ID: id, Episode: c.ids[x.episode], Source: event.NewSource("garden", "gate-1", x.camera), Kind: x.kind, State: x.state, Time: at, Since: at,
			Certainty: "Possible", Severity: x.kind.Severity(), Urgency: x.kind.Urgency(), Status: "Actual", Score: 0.5,
		}
		if _, err := c.store.Record(t.Context(), "garden", "gate-1", []wire.Item{{Event: e}}, nil); err != nil {
			t.Fatal(err)
		}
	}
	c.engine.Wake()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if last, err := c.engine.Last(t.Context()); err == nil && last == before+int64(len(events)) {
			return
		}
	}
	t.Fatal("the events were not folded")
}

// all returns the incidents, oldest first, in short.
func (c *centre) all(t testing.TB) (out []string) {
	t.Helper()
	list, err := c.engine.List(t.Context(), incident.Filter{Scope: incident.Everything})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range list {
		active := "over"
		if i.Active {
			active = "active"
		}
		out = append([]string{fmt.Sprintf("%s %s %d %s %s", i.Class, i.Device, i.Events, active, i.State)}, out...)
	}
	return out
}

const (
	minute = time.Minute
	fire   = event.FireVisual
	motion = event.Motion
	lane   = event.FireLaneBlocked
)

func TestWhatIsOneIncident(t *testing.T) {
	for _, c := range []struct {
		name   string
		events []told
		want   []string
	}{
		{
			"an episode is one",
			[]told{{lane, "yard", "a", event.Start, 0}, {lane, "yard", "a", event.Update, minute}, {lane, "yard", "a", event.End, 2 * minute}},
			[]string{"fire.lane_blocked yard 3 over signalled"},
		},
		{
			"a clip that comes after the end does not begin it again",
			[]told{{lane, "yard", "a", event.Start, 0}, {lane, "yard", "a", event.End, minute}, {lane, "yard", "a", event.Update, minute}},
			[]string{"fire.lane_blocked yard 3 over signalled"},
		},
		{
			"repeats within the window join",
			[]told{{motion, "yard", "a", event.Start, 0}, {motion, "yard", "a", event.End, minute}, {motion, "yard", "b", event.Start, 9 * minute}},
			[]string{"security.motion yard 3 active signalled"},
		},
		{
			"after the window it is another",
			[]told{{motion, "yard", "a", event.Start, 0}, {motion, "yard", "a", event.End, minute}, {motion, "yard", "b", event.Start, 12 * minute}},
			[]string{"security.motion yard 2 over signalled", "security.motion yard 1 active signalled"},
		},
		{
			"while it goes on, it takes everything in",
			[]told{{lane, "yard", "a", event.Start, 0}, {lane, "yard", "b", event.Start, 300 * minute}},
			[]string{"fire.lane_blocked yard 2 active signalled"},
		},
		{
			"another camera is another place",
			[]told{{fire, "yard", "a", event.Start, 0}, {fire, "gate", "b", event.Start, minute}},
			[]string{"fire.visual yard 1 active signalled", "fire.visual gate 1 active signalled"},
		},
		{
			"another kind is another thing",
			[]told{{fire, "yard", "a", event.Start, 0}, {motion, "yard", "b", event.Start, minute}},
			[]string{"fire.visual yard 1 active signalled", "security.motion yard 1 active signalled"},
		},
		{
			"a late event joins and ends nothing",
			[]told{{fire, "yard", "a", event.Start, 20 * minute}, {fire, "yard", "b", event.Start, 0}, {fire, "yard", "b", event.End, minute}},
			[]string{"fire.visual yard 3 active signalled"},
		},
		{
			"the end of the last episode ends it",
			[]told{{fire, "yard", "a", event.Start, 0}, {fire, "yard", "b", event.Start, minute}, {fire, "yard", "a", event.End, 2 * minute}, {fire, "yard", "b", event.End, 3 * minute}},
			[]string{"fire.visual yard 4 over signalled"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			together, apart := open(t), open(t)
			together.hear(t, c.events...)
			for _, e := range c.events {
				apart.hear(t, e)
			}
			for how, got := range map[string][]string{"in one fold": together.all(t), "one by one": apart.all(t)} {
				if fmt.Sprint(got) != fmt.Sprint(c.want) {
					t.Errorf("%s: %v, want %v", how, got, c.want)
				}
			}
		})
	}
}

func TestPeopleAndRepeats(t *testing.T) {
	c := open(t)
	c.hear(t, told{fire, "yard", "a", event.Start, 0})
	list, err := c.engine.List(t.Context(), incident.Filter{Scope: incident.Everything})
	if err != nil {
		t.Fatal(err)
	}
	li, wang := duty("li"), duty("wang")
	take := incident.Command{Action: incident.Take}
	i, err := c.engine.Do(t.Context(), li, list[0].ID, list[0].Version, take)
	if err != nil || i.TakenBy != "li" {
		t.Fatal(err, i)
	}
	if _, err := c.engine.Do(t.Context(), wang, i.ID, i.Version, take); !errors.Is(err, incident.ErrConflict) {
		t.Errorf("taken twice: %v", err)
	}
	c.hear(t, told{fire, "yard", "a", event.Update, minute})
	if got := c.all(t); got[0] != "fire.visual yard 2 active signalled" {
		t.Errorf("a repeat undid what people did: %v", got)
	}
	reject := incident.Command{Action: incident.Reject, Verdict: "burnt toast"}
	if _, err := c.engine.Do(t.Context(), li, i.ID, 1, reject); !errors.Is(err, incident.ErrConflict) {
		t.Errorf("rejected by a version from before it was taken: %v", err)
	}
	if _, err := c.engine.Do(t.Context(), li, i.ID, i.Version, reject); !errors.Is(err, incident.ErrInvalid) {
		t.Errorf("unknown verdict, by a version that only evidence has outdated: %v", err)
	}
	reject.Verdict, reject.Reason = incident.Harmless, "a barbecue"
	if _, err := c.engine.Do(t.Context(), li, i.ID, i.Version, reject); err != nil {
		t.Fatal(err)
	}
	c.hear(t, told{fire, "yard", "a", event.End, 2 * minute}, told{fire, "yard", "b", event.Start, 3 * minute})
	want := "[fire.visual yard 3 over false fire.visual yard 1 active signalled]"
	if got := c.all(t); fmt.Sprint(got) != want {
		t.Errorf("after closing: %v, want %s", got, want)
	}
	changes, err := c.engine.Changes(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	said := ""
	for n, ch := range changes {
		if ch.Position != int64(n+1) {
			t.Errorf("change %d has position %d", n+1, ch.Position)
		}
		said += string(ch.Step.Action) + " " + ch.Step.Actor + ", "
	}
	if said != "signal , taken li, joined , reject li, ended , signal , " {
		t.Errorf("history: %s", said)
	}
	if _, err := c.engine.Get(t.Context(), "nothing"); !errors.Is(err, incident.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func duty(name string) incident.Actor {
	return incident.Actor{Name: name, Unit: "centre", Roles: []incident.Role{incident.Guard, incident.DutyOfficer}}
}

// BenchmarkFold is the fold alone: 200 events that are stored already, from 40
// cameras.
func BenchmarkFold(b *testing.B) {
	c := open(b)
	for b.Loop() {
		b.StopTimer()
		items := make([]wire.Item, 200)
		for i := range items {
			id := event.NewID()
			items[i].Event = event.Event{
				ID: id, Episode: id, Source: event.NewSource("garden", "gate-1", fmt.Sprintf("cam-%d", i%40)), Kind: motion, State: event.Start,
				Time: noon, Since: noon, Certainty: "Possible", Severity: "Unknown", Urgency: "Unknown", Status: "Actual",
			}
		}
		before, err := c.engine.Last(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if _, err := c.store.Record(b.Context(), "garden", "gate-1", items, nil); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		c.engine.Wake()
		for last := before; last < before+200; time.Sleep(100 * time.Microsecond) {
			if last, err = c.engine.Last(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*200), "ns/event")
}
