package arm

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"eastgate/shared/event"
)

func open(t *testing.T, file string) *Book {
	t.Helper()
	b, err := Open(file, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestARuleComesBackByItself(t *testing.T) {
	file := filepath.Join(t.TempDir(), "disarmed.json")
	synctest.Test(t, func(t *testing.T) {
		b := open(t, file)
		until, err := b.Disarm("yard", "parking", time.Hour, "works")
		if err != nil || !until.Equal(time.Now().Add(time.Hour)) {
			t.Fatalf("off until %v, %v: want an hour from now", until, err)
		}
		for _, kind := range []event.Kind{event.ParkingMotor, event.FireLaneBlocked} {
			if b.Watches("yard", kind) {
				t.Errorf("%s is still looked for", kind)
			}
		}
		if !b.Watches("yard", event.FireVisual) || !b.Watches("gate", event.ParkingMotor) {
			t.Error("another rule, or another camera, is off too")
		}
		time.Sleep(30 * time.Minute)
		b = open(t, file) // a restart
		if off := b.Off("yard"); len(off) != 1 || off[0].Reason != "works" || b.Watches("yard", event.ParkingMotor) {
			t.Errorf("after a restart %v is off: want the same", off)
		}
		time.Sleep(30 * time.Minute)
		if off := b.Off("yard"); len(off) != 0 || !b.Watches("yard", event.ParkingMotor) {
			t.Errorf("after its time %v is off", off)
		}
	})
}

func TestArmEndsIt(t *testing.T) {
	file := filepath.Join(t.TempDir(), "disarmed.json")
	b := open(t, file)
	if _, err := b.Disarm("yard", "fire", time.Hour, ""); err != nil {
		t.Fatal(err)
	}
	if err := b.Arm("yard", "fire"); err != nil {
		t.Fatal(err)
	}
	for _, book := range []*Book{b, open(t, file)} {
		if !book.Watches("yard", event.FireVisual) {
			t.Error("it is still off")
		}
	}
}

func TestWhatIsNotTaken(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "disarmed.json"))
	for _, c := range []struct {
		rule string
		d    time.Duration
	}{{"video_loss", time.Hour}, {"fire", 0}, {"fire", Longest + time.Second}} {
		if _, err := b.Disarm("yard", c.rule, c.d, ""); err == nil {
			t.Errorf("%s for %v: taken", c.rule, c.d)
		}
	}
	if off := b.Off("yard"); len(off) != 0 {
		t.Errorf("%v is off", off)
	}
}

func TestADamagedFileArmsEverything(t *testing.T) {
	file := filepath.Join(t.TempDir(), "disarmed.json")
	if err := os.WriteFile(file, []byte(`[{"camera":"yard"`), 0o600); err != nil {
		t.Fatal(err)
	}
	if b := open(t, file); !b.Watches("yard", event.FireVisual) {
		t.Error("a rule is off of which nobody knows why")
	}
	if _, err := os.Stat(file + ".bad"); err != nil {
		t.Errorf("the file is not put aside: %v", err)
	}
}
