package main

import (
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"eastgate/edge/camera/cameratest"
	"eastgate/shared/event"
)

// TestTwoCamerasAreMeasured runs the whole of it, small: real cameras in a process of
// their own, a real box, and no others beside it.
func TestTwoCamerasAreMeasured(t *testing.T) {
	dir := t.TempDir()
	o := options{
		films: dir, edge: filepath.Join(dir, "edge"), simulator: filepath.Join(dir, "simulator"),
		warm: 4 * time.Second, length: 14 * time.Second,
	}
	for program, source := range map[string]string{o.edge: "../../edge", o.simulator: "../simulator"} {
		if out, err := exec.Command("go", "build", "-o", program, source).CombinedOutput(); err != nil {
			t.Fatalf("build %s: %v\n%s", source, err, out)
		}
	}
	film := cameratest.Record(t, "320x180", 25, 4, "-c:v", "libx264", "-preset", "ultrafast", "-threads", "1")
	p := place{name: "bars", kind: event.Motion, onset: 1, busy: 2, films: [2]source{
		{file: film, from: 0, to: 1, palindrome: true}, {file: film, from: 0, to: 2},
	}}
	for _, s := range p.films {
		if err := s.code(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
	}
	r, err := measure(t.Context(), o, []place{p}, 2, busy10, map[string]spent{})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", r)
	if r.In == 0 || r.Decoded == 0 || r.CPU["edge"] <= 0 || r.RSS <= 0 {
		t.Errorf("nothing was measured: %+v", r)
	}
	if r.Planted == 0 || r.Unreported != 0 {
		t.Errorf("%d events planted, %v pictures lost without a word", r.Planted, r.Unreported)
	}
}

// TestATenthIsBusy whatever the number of cameras.
func TestATenthIsBusy(t *testing.T) {
	o := options{warm: 30 * time.Second, length: 1200 * time.Second}
	for _, n := range []int{1, 16, 48, 144} {
		p := newPlan(o, drawnPlaces(), n, busy10)
		busy, kinds := 0.0, map[event.Kind]int{}
		for i, c := range p.programme.Cameras {
			end := 0.0
			for _, s := range c.Scenes {
				if s.At < end || s.At < o.warm.Seconds() {
					t.Fatalf("%d cameras: %s: a scene at %v s, and the one before ends at %v s", n, c.Name, s.At, end)
				}
				end = s.At + p.cameras[i].place.busy
				busy += p.cameras[i].place.busy
				kinds[p.cameras[i].place.kind]++
			}
		}
		if part := busy / o.length.Seconds() / float64(n); part < 0.07 || part > 0.14 {
			t.Errorf("%d cameras: %.3f of them are busy", n, part)
		}
		if n > 1 && len(kinds) != 4 {
			t.Errorf("%d cameras: only %v happens", n, kinds)
		}
		if len(newPlan(o, drawnPlaces(), n, quiet).programme.Cameras[0].Scenes) > 0 {
			t.Error("something happens where all is quiet")
		}
	}
}

// TestWhatIsFoundIsCounted by kind, camera and time, each event once.
func TestWhatIsFoundIsCounted(t *testing.T) {
	at := time.Unix(1000, 0)
	say := func(camera string, kind event.Kind, after time.Duration, state event.State) heard {
		id := ulid.MustNew(ulid.Timestamp(at.Add(after)), nil).String()
		return heard{event.Event{ID: id, Kind: kind, State: state, Time: at.Add(after)}, camera, at.Add(after + 50*time.Millisecond)}
	}
	s := judge(
		[]planted{{"a", event.FireVisual, at}, {"a", event.FireVisual, at.Add(5 * time.Second)}, {"b", event.Motion, at}, {"c", event.Tamper, at}},
		[]heard{
			say("a", event.FireVisual, 3*time.Second, event.Start),
			say("b", event.Motion, time.Second, event.End),      // no start
			say("c", event.Motion, time.Second, event.Start),    // another kind
			say("c", event.Tamper, 16*time.Second, event.Start), // too late
			say("d", event.Motion, time.Second, event.Start),
		},
	)
	if s.planted != 4 || s.found != 1 || len(s.missed) != 3 || len(s.elsewhere) != 1 || len(s.delays) != 1 || s.delays[0] != 3050*time.Millisecond {
		t.Errorf("%+v", s)
	}
	if p := percentile(s.wire, .95); p == nil || *p != 0.05 {
		t.Errorf("to the wire: %v", p)
	}
}
