package camera_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"eastgate/cloud/camera"
	"eastgate/cloud/coverage"
	"eastgate/cloud/incident"
	"eastgate/cloud/store"
	"eastgate/cloud/store/storetest"
	"eastgate/shared/wire"
)

func TestMain(m *testing.M) {
	defer storetest.Stop()
	m.Run()
}

var yard = camera.Name{Site: "garden", Box: "gate-1", Camera: "yard"}

// A box answers as it is told to.
type box struct {
	sent    []string
	fail    error
	answers map[string]camera.Answer // by command's name
	args    json.RawMessage
}

func (b *box) Send(_ context.Context, _ string, _ camera.Name, name string, args any, _ time.Duration) (string, error) {
	if b.fail != nil {
		return "", b.fail
	}
	b.sent = append(b.sent, name)
	b.args, _ = json.Marshal(args) //nolint:errcheck // of a test
	return name, nil
}

func (b *box) Answer(_ context.Context, id string) (camera.Answer, error) {
	a, ok := b.answers[id]
	if !ok {
		a.State = camera.Waiting
	}
	return a, nil
}

func (b *box) Wait(_ context.Context, id string) (camera.Answer, error) {
	if a, ok := b.answers[id]; ok {
		return a, nil
	}
	return camera.Answer{}, context.DeadlineExceeded
}

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func open(t *testing.T, line camera.Line) (*store.Store, *camera.Cameras) {
	t.Helper()
	s := storetest.Open(t, storetest.Address(t))
	return s, camera.New(s, line, time.Now)
}

func TestASavedVersionIsConfirmedOnlyByTheBox(t *testing.T) {
	b := &box{answers: map[string]camera.Answer{}}
	_, c := open(t, b)
	ctx, now := t.Context(), camera.State{Name: yard}
	v := camera.Version{Settings: json.RawMessage(`{"zones":{}}`), Who: "lead", Why: " a new bin "}
	saved, err := c.Save(ctx, yard, 0, v)
	if err != nil || saved.Version != 1 || saved.State != camera.Waiting || saved.Why != "a new bin" {
		t.Fatalf("%+v %v", saved, err)
	}
	var sent wire.CameraZones
	if err := json.Unmarshal(b.args, &sent); err != nil || sent.Version != 1 || sent.Camera != "yard" || sent.By != "lead" || string(sent.Settings) != `{"zones":{}}` {
		t.Errorf("%s %v", b.args, err)
	}
	state := func() (int64, string, string) {
		t.Helper()
		s, err := c.Settings(ctx, now)
		if err != nil {
			t.Fatal(err)
		}
		return s.Version, s.Versions[0].State, s.Versions[0].Problem
	}
	if n, s, _ := state(); n != 1 || s != camera.Waiting {
		t.Errorf("before the box answers: %d %s", n, s)
	}
	b.answers["zones"] = camera.Answer{State: camera.Refused, Problem: "zones.a.dwell: 40h"}
	if _, s, why := state(); s != camera.Refused || why != "zones.a.dwell: 40h" {
		t.Errorf("%s %s", s, why)
	}
	delete(b.answers, "zones") // commands are forgotten; how it ended is not
	if _, s, why := state(); s != camera.Refused || why == "" {
		t.Errorf("%s %s", s, why)
	}
	if _, err := c.Save(ctx, yard, 0, v); !errors.Is(err, camera.ErrConflict) {
		t.Errorf("on an older version: %v", err)
	}
	v.Why = "  "
	if _, err := c.Save(ctx, yard, 1, v); !errors.Is(err, camera.ErrReason) {
		t.Errorf("without a reason: %v", err)
	}
	b.fail, v.Why = errors.New("the table of commands is full"), "x"
	if saved, err = c.Save(ctx, yard, 1, v); err != nil || saved.State != camera.Unsent || saved.Problem == "" {
		t.Errorf("kept and not sent: %+v %v", saved, err)
	}
	if n, s, _ := state(); n != 2 || s != camera.Unsent {
		t.Errorf("%d %s", n, s)
	}
}

func TestTry(t *testing.T) {
	b := &box{answers: map[string]camera.Answer{}}
	_, c := open(t, b)
	if _, err := c.Try(t.Context(), "lead", yard, nil); !errors.Is(err, camera.ErrSilent) {
		t.Errorf("a box that is silent: %v", err)
	}
	b.answers["preview"] = camera.Answer{State: camera.Failed, Problem: "no pictures"}
	if _, err := c.Try(t.Context(), "lead", yard, nil); !errors.Is(err, camera.ErrRefused) {
		t.Errorf("a box that cannot: %v", err)
	}
	b.answers["preview"] = camera.Answer{State: camera.Done, Data: json.RawMessage(`{"at":"2026-06-01T12:00:00Z","picture":{"sha256":"ab"},"width":640,"height":360,
		"in_force":{"version":2,"settings":{}},"trial":{"seconds":9.5,"cases":[]}}`)}
	p, err := c.Try(t.Context(), "lead", yard, json.RawMessage(`{}`))
	if err != nil || p.SHA256 != "ab" || p.Width != 640 || !p.At.Equal(noon) || string(p.Trial) != `{"seconds":9.5,"cases":[]}` {
		t.Errorf("%+v %v", p, err)
	}
	for sum, want := range map[string]bool{"ab": true, "cd": false} {
		if got, err := c.Shown(t.Context(), yard, sum); err != nil || got != want {
			t.Errorf("%s: %v %v", sum, got, err)
		}
	}
	s, err := c.Settings(t.Context(), camera.State{Name: yard})
	if err != nil || s.Still == nil || s.Version != 0 || string(s.Still.Told) != `{"version":2,"settings":{}}` {
		t.Errorf("%+v %v", s, err)
	}
}

// reports are what boxes say.
type reports struct {
	camera.Store
	list []camera.BoxReport
}

func (r reports) BoxReports(context.Context) ([]camera.BoxReport, error) { return r.list, nil }

func TestStatesAreNoBetterThanKnown(t *testing.T) {
	health := func(states ...string) (h wire.BoxHealth) {
		for i, s := range states {
			h.Cameras = append(h.Cameras, wire.CameraHealth{Camera: string(rune('a' + i)), State: s, Reason: "because", Since: noon.Add(-time.Hour)})
		}
		return h
	}
	r := reports{list: []camera.BoxReport{
		{Site: "s", Box: "here", Heard: noon.Add(-30 * time.Second), Online: true, Health: health("online", "online", "credentials", "connecting")},
		{Site: "s", Box: "late", Heard: noon.Add(-3 * time.Minute), Online: true, Health: health("online")},
		{Site: "s", Box: "off", Heard: noon.Add(-time.Second), Health: health("online")},
	}}
	c := camera.New(r, nil, func() time.Time { return noon })
	got, err := c.States(t.Context(), []coverage.Open{{Site: "s", Box: "here", Device: "b", Cause: wire.Frozen, Since: noon.Add(-9 * time.Minute)}})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"s/here/a": "online", "s/here/b": wire.Frozen, "s/here/c": "credentials", "s/here/d": "connecting", "s/late/a": wire.BoxAway, "s/off/a": wire.BoxAway}
	for i, s := range got {
		if want[s.String()] != s.Word {
			t.Errorf("%s is %s, want %s", s.Name, s.Word, want[s.String()])
		}
		if i > 0 && got[i-1].Down() != s.Down() && s.Down() {
			t.Errorf("%s is worse and comes after %s", s.Name, got[i-1].Name)
		}
		if s.Word == wire.BoxAway && s.Reason != "" {
			t.Errorf("%s: a reason of before: %s", s.Name, s.Reason)
		}
	}
	if _, err := c.State(t.Context(), yard, nil); !errors.Is(err, camera.ErrNotFound) {
		t.Errorf("a camera of no box: %v", err)
	}
}

func TestPrecision(t *testing.T) {
	var judged []incident.Incident
	add := func(n int, v incident.Verdict, ago time.Duration) {
		for range n {
			judged = append(judged, incident.Incident{Site: "garden", Box: "gate-1", Device: "yard", Verdict: v, FirstAt: noon.Add(-ago)})
		}
	}
	add(6, incident.Genuine, time.Hour)
	add(2, incident.Harmless, time.Hour)
	add(2, incident.Mistaken, 24*time.Hour)
	add(3, incident.Rule, time.Hour)
	add(30, incident.Mistaken, 20*24*time.Hour)
	judged = append(judged, incident.Incident{Site: "garden", Box: "gate-1", Device: "yard", Verdict: incident.Mistaken, FirstAt: noon, Test: true}, incident.Incident{Verdict: incident.Genuine, FirstAt: noon})
	p := camera.Judge(judged, 7, noon)[yard]
	// Wilson's interval of 8 of 10: 0.4902 to 0.9433.
	if p.True != 8 || p.False != 2 || p.Rule != 3 || p.Share == nil || *p.Share != 0.8 || p.Low < 0.490 || p.Low > 0.4905 || p.High < 0.943 || p.High > 0.9436 {
		t.Errorf("%+v", p)
	}
	if p := camera.Judge(judged, 30, noon)[yard]; p.False != 32 || p.Days != 30 {
		t.Errorf("%+v", p)
	}
	if p := camera.Judge([]incident.Incident{judged[10]}, 7, noon)[yard]; p.Share != nil {
		t.Errorf("nobody judged the detector, and it has a precision: %+v", p)
	}
}
