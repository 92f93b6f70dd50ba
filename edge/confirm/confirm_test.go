package confirm

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/edge/flow"
	"eastgate/edge/zone"
	"eastgate/shared/event"
)

const (
	ms = time.Millisecond
	s  = time.Second
)

// noon is when media time 0 is in these tests.
var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func confirmer(zones ...zone.Zone) *Confirmer {
	place := Place{Source: "/site/box/yard", Zones: zones, Local: time.UTC}
	return New(place, Rules(), func() event.Clock { return event.Clock{} }, NewMetrics(prometheus.NewRegistry()))
}

// a span is a stretch of looks of one kind.
type span struct {
	from, to, every time.Duration
	found           []flow.Finding // empty: looked, nothing there
}

// happened is an event and the media time at which it was made.
type happened struct {
	state event.State
	at    time.Duration
}

func play(t *testing.T, c *Confirmer, kind event.Kind, spans ...span) ([]happened, []event.Event) {
	t.Helper()
	var out []happened
	var events []event.Event
	for _, sp := range spans {
		for pts := sp.from; pts < sp.to; pts += sp.every {
			found := make([]flow.Finding, len(sp.found))
			for i, f := range sp.found {
				f.Kind = kind
				if f.Age > 0 { // given for the start of the span
					f.Age += pts - sp.from
				}
				found[i] = f
			}
			for _, e := range c.Judge(flow.Observation{
				Camera: "yard", At: noon.Add(pts), PTS: pts, Kinds: []event.Kind{kind}, Findings: found,
				Detector: event.Detector{Name: "test", Version: "1"},
			}) {
				if err := e.Event.Validate(); err != nil {
					t.Errorf("event at %v: %v", pts, err)
				}
				out = append(out, happened{e.Event.State, pts})
				events = append(events, e.Event)
			}
		}
	}
	return out, events
}

func TestRules(t *testing.T) {
	thing := []flow.Finding{{Score: 0.9}}
	for _, c := range []struct {
		name  string
		kind  event.Kind
		spans []span
		want  []happened
	}{
		{
			"one picture is no motion", event.Motion,
			[]span{{0, 200 * ms, 200 * ms, thing}, {200 * ms, 5 * s, 200 * ms, nil}},
			nil,
		},
		{
			"motion that holds, and ends when looked for in vain", event.Motion,
			[]span{{0, s, 200 * ms, nil}, {s, 3 * s, 200 * ms, thing}, {3 * s, 10 * s, 200 * ms, nil}},
			[]happened{{event.Start, 1400 * ms}, {event.End, 5800 * ms}},
		},
		{
			"did not look: nothing ends", event.Motion,
			[]span{{0, s, 200 * ms, nil}, {s, 3 * s, 200 * ms, thing}, {60 * s, 60*s + ms, s, nil}},
			[]happened{{event.Start, 1400 * ms}},
		},
		{
			"one confident picture is no fire", event.FireVisual,
			[]span{{0, s, 100 * ms, nil}, {s, 1100 * ms, 100 * ms, []flow.Finding{{Score: 0.99}}}, {1100 * ms, 9 * s, 100 * ms, nil}},
			nil,
		},
		{
			"many weak pictures are a fire", event.FireVisual,
			[]span{{0, 8 * s, 100 * ms, []flow.Finding{{Score: 0.65}}}},
			[]happened{{event.Start, 4900 * ms}},
		},
		{
			"doubtful for ever is no fire", event.FireVisual,
			[]span{{0, 60 * s, 100 * ms, []flow.Finding{{Score: 0.4}}}},
			nil,
		},
		{
			"tamper needs two seconds", event.Tamper,
			[]span{{0, 1500 * ms, 500 * ms, thing}, {1500 * ms, 6 * s, 500 * ms, nil}},
			nil,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _ := play(t, confirmer(), c.kind, c.spans...)
			compare(t, got, c.want)
		})
	}
}

func compare(t *testing.T, got, want []happened) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Errorf("event %d: got %v, want %v", i, got[i], want[i])
		}
	}
}

func TestAStayIsOneEpisode(t *testing.T) {
	lane := zone.Zone{Name: "lane", Use: zone.FireLane, Dwell: 10 * s}
	car := flow.Finding{Zone: "lane", Subject: "s1", Age: 2 * s, Score: 0.7, Box: event.Box{0.1, 0.1, 0.2, 0.2}}
	got, events := play(t, confirmer(lane), event.FireLaneBlocked,
		span{0, 20 * s, 500 * ms, nil},
		span{20 * s, 100 * s, 500 * ms, []flow.Finding{car}},
		span{100 * s, 110 * s, 500 * ms, nil})
	compare(t, got, []happened{{event.Start, 28 * s}, {event.Update, 88 * s}, {event.End, 104500 * ms}})
	if since := events[0].Since; !since.Equal(noon.Add(18 * s)) {
		t.Errorf("since = %v, want 18 s after noon: when it came to rest", since)
	}
	if end := events[2].Time; !end.Equal(noon.Add(99500 * ms)) {
		t.Errorf("the end's time = %v, want when it was last seen", end)
	}
	for _, e := range events {
		if e.Episode != events[0].ID {
			t.Errorf("%s has episode %s, want %s", e.State, e.Episode, events[0].ID)
		}
	}
}

func TestTwoCarsAreTwoEpisodes(t *testing.T) {
	lane := zone.Zone{Name: "lane", Use: zone.NoParking, Dwell: 5 * s}
	cars := []flow.Finding{{Zone: "lane", Subject: "s1", Age: 1 * s}, {Zone: "lane", Subject: "s2", Age: 3 * s}}
	got, events := play(t, confirmer(lane), event.ParkingMotor, span{0, 10 * s, s, cars})
	compare(t, got, []happened{{event.Start, 2 * s}, {event.Start, 4 * s}})
	if events[0].Episode == events[1].Episode {
		t.Error("two cars share an episode")
	}
}

func TestScheduleEndsAnEvent(t *testing.T) {
	night, err := zone.ParseSchedule("22:00-12:01")
	if err != nil {
		t.Fatal(err)
	}
	lane := zone.Zone{Name: "lane", Use: zone.NoParking, Dwell: 5 * s, Schedule: night}
	car := []flow.Finding{{Zone: "lane", Subject: "s1", Age: 10 * s}}
	got, _ := play(t, confirmer(lane), event.ParkingMotor, span{0, 90 * s, s, car})
	compare(t, got, []happened{{event.Start, 0}, {event.End, 64 * s}}) // 60 s of schedule, then 5 s of looks that do not count
}

func TestFramesAreGivenBack(t *testing.T) {
	freed := 0
	c := confirmer()
	in, out := make(chan flow.Observation, 40), make(chan flow.Confirmed, 40)
	for i := range 20 {
		in <- flow.Observation{
			Camera: "yard", At: noon, PTS: time.Duration(i) * 200 * ms, Kinds: []event.Kind{event.Motion},
			Findings: []flow.Finding{{Kind: event.Motion, Score: 1}},
			Frame:    flow.NewFrame("yard", noon, 0, nil, func() { freed++ }),
		}
	}
	close(in)
	if err := c.Run(t.Context(), in, out); err != nil {
		t.Fatal(err)
	}
	events := 0
	for e := range out {
		events++
		e.Frame.Release()
	}
	if events != 1 || freed != 20 {
		t.Errorf("%d events and %d frames given back, want 1 and 20", events, freed)
	}
}

func BenchmarkJudge(b *testing.B) {
	c := confirmer()
	o := flow.Observation{Kinds: []event.Kind{event.Motion}, Findings: []flow.Finding{{Kind: event.Motion, Score: 1}}}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		o.PTS = time.Duration(i) * 200 * ms
		c.Judge(o)
	}
}
