package adapt

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"eastgate/edge/config"
	"eastgate/edge/detect/fire"
	"eastgate/shared/event"
)

func TestWhatIsLearntStaysWithinBounds(t *testing.T) {
	file := filepath.Join(t.TempDir(), "learnt.json")
	b, err := Open(file, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	before := config.Everything()
	box := event.Box{0.1, 0.1, 0.2, 0.2}
	learn := func(kind event.Kind, episode string, box event.Box) {
		t.Helper()
		if err := b.Learn(Lesson{Camera: "yard", Kind: kind, Episode: episode, Box: box}); err != nil {
			t.Fatal(err)
		}
	}
	learn(event.FireVisual, "a", box)
	learn(event.FireVisual, "a", box) // told twice
	learn(event.Motion, "m", event.Box{})
	if d := b.Over("yard", before); len(d.Fire.Doubts) != 1 || d.Fire.Doubts[0].Caution != fireStep || d.Motion.MinArea <= before.Motion.MinArea {
		t.Errorf("learnt %+v", d)
	}
	if d := b.Over("gate", before); len(d.Fire.Doubts) != 0 || d.Motion.MinArea != before.Motion.MinArea {
		t.Error("another camera has learnt it")
	}
	for i := range 3 * MostLessons {
		at := event.Box{float64(i%20) / 25, float64(i/20) / 25, 0.04, 0.04}
		learn([]event.Kind{event.FireVisual, event.Motion, event.ParkingMotor}[i%3], fmt.Sprint(i), at)
		learn(event.FireVisual, fmt.Sprint("same", i), box)
	}
	again, err := Open(file, slog.New(slog.DiscardHandler)) // after a restart
	if err != nil || len(again.Lessons("yard")) != MostLessons {
		t.Fatalf("%d lessons, %v", len(again.Lessons("yard")), err)
	}
	d := again.Over("yard", before)
	for _, doubt := range d.Fire.Doubts {
		if doubt.Caution > fire.MostCaution {
			t.Errorf("caution %v", doubt.Caution)
		}
	}
	if faults := d.Fire.Validate(); len(faults) > 0 || d.Fire.MinArea != before.Fire.MinArea || !d.Fire.Enabled ||
		d.Motion.MinArea > areaMost*before.Motion.MinArea || d.Parking.MinArea > areaMost*before.Parking.MinArea {
		t.Errorf("beyond its bounds: %+v, %v", d, faults)
	}
	if err := again.Forget("yard"); err != nil || len(again.Lessons("yard")) != 0 {
		t.Errorf("not forgotten: %v", err)
	}
	if err := b.Learn(Lesson{Camera: "yard", Kind: event.Tamper, Episode: "t"}); !errors.Is(err, ErrKind) {
		t.Errorf("tampering: %v", err)
	}
}

func TestWhatCannotBeReadIsPutAside(t *testing.T) {
	file := filepath.Join(t.TempDir(), "learnt.json")
	if err := os.WriteFile(file, []byte("[{"), 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := Open(file, slog.New(slog.DiscardHandler))
	if err != nil || len(b.Lessons("yard")) != 0 {
		t.Errorf("%v, %v", b.Lessons("yard"), err)
	}
	if _, err := os.Stat(file + ".bad"); err != nil {
		t.Error(err)
	}
}
