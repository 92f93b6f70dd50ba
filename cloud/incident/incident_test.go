package incident_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/cloud/incident"
	"eastgate/cloud/store"
	"eastgate/shared/event"
	"eastgate/shared/wire"
)

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
}

func open(t testing.TB) *centre {
	t.Helper()
	st, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "cloud.db"))
	if err != nil {
		t.Fatal(err)
	}
	c := &centre{store: st, ids: map[string]string{}}
	c.engine = incident.New(st, incident.NewMetrics(prometheus.NewRegistry()), slog.New(slog.DiscardHandler))
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
	list, err := c.engine.List(t.Context(), incident.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range list {
		active := "over"
		if i.Active {
			active = "active"
		}
		out = append([]string{fmt.Sprintf("%s %s %d %s %s", i.Kind, i.Device, i.Events, active, i.State)}, out...)
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
			[]string{"fire.lane_blocked yard 3 over open"},
		},
		{
			"a clip that comes after the end does not begin it again",
			[]told{{lane, "yard", "a", event.Start, 0}, {lane, "yard", "a", event.End, minute}, {lane, "yard", "a", event.Update, minute}},
			[]string{"fire.lane_blocked yard 3 over open"},
		},
		{
			"repeats within the window join",
			[]told{{motion, "yard", "a", event.Start, 0}, {motion, "yard", "a", event.End, minute}, {motion, "yard", "b", event.Start, 9 * minute}},
			[]string{"security.motion yard 3 active open"},
		},
		{
			"after the window it is another",
			[]told{{motion, "yard", "a", event.Start, 0}, {motion, "yard", "a", event.End, minute}, {motion, "yard", "b", event.Start, 12 * minute}},
			[]string{"security.motion yard 2 over open", "security.motion yard 1 active open"},
		},
		{
			"while it goes on, it takes everything in",
			[]told{{lane, "yard", "a", event.Start, 0}, {lane, "yard", "b", event.Start, 300 * minute}},
			[]string{"fire.lane_blocked yard 2 active open"},
		},
		{
			"another camera is another place",
			[]told{{fire, "yard", "a", event.Start, 0}, {fire, "gate", "b", event.Start, minute}},
			[]string{"fire.visual yard 1 active open", "fire.visual gate 1 active open"},
		},
		{
			"another kind is another thing",
			[]told{{fire, "yard", "a", event.Start, 0}, {motion, "yard", "b", event.Start, minute}},
			[]string{"fire.visual yard 1 active open", "security.motion yard 1 active open"},
		},
		{
			"a late event joins and ends nothing",
			[]told{{fire, "yard", "a", event.Start, 20 * minute}, {fire, "yard", "b", event.Start, 0}, {fire, "yard", "b", event.End, minute}},
			[]string{"fire.visual yard 3 active open"},
		},
		{
			"the end of the last episode ends it",
			[]told{{fire, "yard", "a", event.Start, 0}, {fire, "yard", "b", event.Start, minute}, {fire, "yard", "a", event.End, 2 * minute}, {fire, "yard", "b", event.End, 3 * minute}},
			[]string{"fire.visual yard 4 over open"},
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
	list, err := c.engine.List(t.Context(), incident.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	i, err := c.engine.Acknowledge(t.Context(), list[0].ID, list[0].Version, "li")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.engine.Acknowledge(t.Context(), i.ID, i.Version, "wang"); !errors.Is(err, incident.ErrConflict) {
		t.Errorf("acknowledged twice: %v", err)
	}
	c.hear(t, told{fire, "yard", "a", event.Update, minute})
	if got := c.all(t); got[0] != "fire.visual yard 2 active acknowledged" {
		t.Errorf("a repeat undid what people did: %v", got)
	}
	if _, err := c.engine.Close(t.Context(), i.ID, i.Version, "li", "genuine", ""); !errors.Is(err, incident.ErrConflict) {
		t.Errorf("closed by an old version: %v", err)
	}
	if i, err = c.engine.Get(t.Context(), i.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := c.engine.Close(t.Context(), i.ID, i.Version, "li", "burnt toast", ""); !errors.Is(err, incident.ErrVerdict) {
		t.Errorf("unknown verdict: %v", err)
	}
	if _, err := c.engine.Close(t.Context(), i.ID, i.Version, "li", "genuine", "seen"); err != nil {
		t.Fatal(err)
	}
	c.hear(t, told{fire, "yard", "a", event.End, 2 * minute}, told{fire, "yard", "b", event.Start, 3 * minute})
	want := "[fire.visual yard 3 over closed fire.visual yard 1 active open]"
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
		said += ch.What + " " + ch.By + ", "
	}
	if said != "opened , acknowledged li, joined , closed li, ended , opened , " {
		t.Errorf("history: %s", said)
	}
	if _, err := c.engine.Get(t.Context(), "nothing"); !errors.Is(err, incident.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestEveryKindHasAWindow(t *testing.T) {
	for _, k := range event.Kinds() {
		if incident.Window(k) == 0 {
			t.Errorf("%s has no merge window", k)
		}
	}
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
