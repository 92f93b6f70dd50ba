//go:build !nocv

package evidence

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"eastgate/edge/flow"
	"eastgate/edge/zone"
	"eastgate/shared/event"
)

// recorded returns a camera whose ring holds two seconds of film up to now.
func recorded(t testing.TB, m *Metrics, now time.Time) Camera {
	t.Helper()
	packets := film(t, "160x120", 2, avcPlain...)
	c := DefaultClipConfig()
	c.PreRoll = time.Second
	cam := Camera{Name: "yard", Ring: NewRing("yard", c, m)}
	newest := packets[len(packets)-1].PTS
	for _, p := range packets {
		p.Received = now.Add(p.PTS - newest)
		cam.Ring.Add(p)
	}
	return cam
}

// stay returns what is confirmed of one stay: its start, and its end when it was
// last seen lasting later.
func stay(now time.Time, lasting time.Duration) []flow.Confirmed {
	e := event.Event{
		ID: event.NewID(), Source: "/garden/gate-1/yard", Kind: event.FireLaneBlocked, State: event.Start, Time: now, Since: now,
		Certainty: "Likely", Severity: "Severe", Urgency: "Expected", Status: "Actual",
	}
	e.Episode = e.ID
	end := e
	end.ID, end.State, end.Time = event.NewID(), event.End, now.Add(lasting)
	f := frame(64, 48, nil)
	f.Taken = now
	return []flow.Confirmed{{Event: e, Frame: f}, {Event: end}}
}

// events sends what is confirmed through a stage that ends right after.
func events(t testing.TB, cam Camera, f *Folder, m *Metrics, cs []flow.Confirmed) (out []event.Event) {
	t.Helper()
	in, ch := make(chan flow.Confirmed, len(cs)), make(chan event.Event, 16)
	for _, c := range cs {
		in <- c
	}
	close(in)
	if err := New(cam, f, m, quiet).Run(t.Context(), in, ch); err != nil {
		t.Fatal(err)
	}
	for e := range ch {
		if err := e.Validate(); err != nil {
			t.Error(err)
		}
		out = append(out, e)
	}
	return out
}

func TestAClipIsToldOfByAnUpdate(t *testing.T) {
	now := time.Now()
	m := metrics()
	f := open(t, config(t), m)
	got := events(t, recorded(t, m, now), f, m, stay(now, 5*time.Second))
	if len(got) != 3 || got[0].State != event.Start || got[1].State != event.End || got[2].State != event.Update {
		t.Fatalf("%d events, want start, end and one update", len(got))
	}
	if v := got[0].Evidence; len(v) != 1 || v[0].Type != JPEG {
		t.Errorf("the start tells of %+v, want its picture at once", v)
	}
	update := got[2]
	if update.Episode != got[0].ID || update.ID == got[0].ID || len(update.Evidence) != 1 || !update.Time.Equal(got[0].Time) {
		t.Fatalf("%+v", update)
	}
	v := update.Evidence[0]
	item := only(f, v.SHA256)
	if v.Type != MP4 || v.Bytes != item.Bytes || item.Level != event.Serious || item.Event != update.ID {
		t.Errorf("the event says %+v, the folder %+v", v, item)
	}
	if from := now.Sub(v.From); from < time.Second || from > 2*time.Second || !v.To.Equal(now) {
		t.Errorf("it shows %v to %v, the event was at %v", v.From, v.To, now)
	}
	if _, frames := probe(t, f.path(item)); frames < 25 || frames > 50 {
		t.Errorf("%d frames", frames)
	}
	if n := testutil.ToFloat64(m.clips.WithLabelValues("yard", cropped)); n != 1 {
		t.Errorf("%v clips counted as cropped: the stage ended before its post-roll", n)
	}
}

func TestALongStayHasAClipAtItsEndToo(t *testing.T) {
	now := time.Now()
	m := metrics()
	cs := stay(now.Add(-time.Minute), time.Minute)
	got := events(t, recorded(t, m, now), open(t, config(t), m), m, cs)
	clips := 0
	for _, e := range got {
		if e.State == event.Update && len(e.Evidence) == 1 {
			clips++
		}
	}
	if clips != 1 { // the ring begins after the start's clip would have ended
		t.Errorf("%d clips, want the one of the end", clips)
	}
}

func TestPrivateAreasAreNeverShown(t *testing.T) {
	now := time.Now()
	for _, c := range []struct {
		name    string
		blacken func(context.Context, []*flow.Packet) ([]*flow.Packet, error)
	}{
		{"no encoder in this program", nil},
		{"an encoder that fails", func(context.Context, []*flow.Packet) ([]*flow.Packet, error) { return nil, errors.New("no") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := metrics()
			f := open(t, config(t), m)
			cam := recorded(t, m, now)
			cam.Privacy = []zone.Polygon{{{0, 0}, {0.5, 0}, {0.5, 0.5}, {0, 0.5}}}
			cam.Blacken, cam.Masks = c.blacken, "v4/9f86d081884c7d65"
			got := events(t, cam, f, m, stay(now, 5*time.Second))
			if len(got) != 2 || len(f.Pending()) != 1 || f.Pending()[0].Type != JPEG {
				t.Errorf("%d events and %d files: a clip was kept unmasked", len(got), len(f.Pending()))
			}
			if v := got[0].Evidence; len(v) != 1 || v[0].Masks != cam.Masks {
				t.Errorf("the picture does not say what is black in it: %+v", v)
			}
			if n := testutil.ToFloat64(m.clips.WithLabelValues("yard", unmasked)); n != 1 {
				t.Errorf("%v counted", n)
			}
			data, err := os.ReadFile(f.path(f.Pending()[0]))
			if err != nil {
				t.Fatal(err)
			}
			if in, out := luma(t, data, 5, 5), luma(t, data, 40, 30); in > 8 || out > 60 {
				t.Errorf("luma %d inside, %d outside", in, out)
			}
		})
	}
}
