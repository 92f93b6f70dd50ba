package contact

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"eastgate/edge/sensor"
)

const patience = 30 * time.Second

// A board is a port whose inputs are files, as a test's hand closes and opens them.
type board struct {
	dir   string
	lines []int
	edge  chan struct{}
}

func (b *board) closed() ([]bool, error) {
	out := make([]bool, len(b.lines))
	for i, n := range b.lines {
		data, err := os.ReadFile(filepath.Join(b.dir, strconv.Itoa(n)))
		if err != nil {
			return nil, err
		}
		out[i] = string(data) == "closed"
	}
	return out, nil
}

func (b *board) changed() <-chan struct{} { return b.edge }
func (b *board) Close() error             { return nil }

// set lays a contact and rings the bell.
func (b *board) set(t *testing.T, n int, how string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, strconv.Itoa(n)), []byte(how), 0o600); err != nil {
		t.Fatal(err)
	}
	select {
	case b.edge <- struct{}{}:
	default:
	}
}

var devices = map[string]sensor.Device{
	"button": {Kind: "button", Source: Source, Address: "17"},
	"door":   {Kind: "door", Source: Source, Address: "22", Invert: true},
	"panel":  {Kind: "smoke", Source: Source, Address: "27", Input: "28"},
}

type ear struct {
	t     *testing.T
	b     *board
	out   chan sensor.Reading
	ended chan error
}

func listen(t *testing.T, lay map[int]string) *ear {
	t.Helper()
	cfg := DefaultConfig()
	cfg.Chip, cfg.Debounce = "board", time.Millisecond
	a := New(cfg, devices)
	e := &ear{t: t, b: &board{dir: t.TempDir(), lines: a.lines, edge: make(chan struct{}, 1)}, out: make(chan sensor.Reading), ended: make(chan error, 1)}
	for _, n := range a.lines {
		e.b.set(t, n, lay[n])
	}
	a.open = func(Config, []int) (port, error) { return e.b, nil }
	ctx, stop := context.WithCancel(t.Context())
	go func() { e.ended <- a.Run(ctx, e.out); close(e.ended) }()
	t.Cleanup(func() { stop(); <-e.ended })
	e.want(" linked", "button online", "door online", "panel online")
	return e
}

func (e *ear) want(lines ...string) {
	e.t.Helper()
	for _, line := range lines {
		select {
		case r := <-e.out:
			got := fmt.Sprintf("%s %v", r.Device, r.What)
			if r.Retained {
				got += " kept"
			}
			if !strings.HasPrefix(got+" "+r.Note, line) {
				e.t.Errorf("got %q (%s), want %q", got, r.Note, line)
			}
		case <-time.After(patience):
			e.t.Fatalf("%q never came", line)
		}
	}
}

func TestContacts(t *testing.T) {
	e := listen(t, map[int]string{17: "open", 22: "closed", 27: "open", 28: "closed"})
	e.want("button restore kept", "door restore kept", "panel fault over kept", "panel restore kept")
	e.b.set(t, 17, "closed")
	e.want("button alarm")
	e.b.set(t, 17, "open")
	e.want("button restore")
	e.b.set(t, 22, "open") // normally closed
	e.want("door alarm")
	e.b.set(t, 28, "open")
	e.want("panel fault the wire is cut")
	e.b.set(t, 27, "closed")
	e.want("panel fault over", "panel alarm")
	e.b.set(t, 28, "closed")
	e.want("panel fault the wire is shorted")
}

func TestAnAlarmAtTheStartIsState(t *testing.T) {
	e := listen(t, map[int]string{17: "closed", 22: "closed", 27: "closed", 28: "open"})
	e.want("button alarm kept", "door restore kept", "panel fault over kept", "panel alarm kept")
}

// flutter is a port whose contact bounces before it stands.
type flutter struct {
	board
	reads []bool
	next  int
}

func (f *flutter) closed() ([]bool, error) {
	v := f.reads[min(f.next, len(f.reads)-1)]
	f.next++
	return []bool{v}, nil
}

func TestAContactThatBounces(t *testing.T) {
	a := New(Config{Debounce: time.Millisecond}, map[string]sensor.Device{"b": {Address: "1"}})
	f := &flutter{reads: []bool{true, false, true, false, true, true}}
	if got, err := a.settle(t.Context(), f); err != nil || !got[0] || f.next != 6 {
		t.Errorf("%v after %d reads, %v", got, f.next, err)
	}
}

func TestAChipThatFails(t *testing.T) {
	e := listen(t, map[int]string{17: "open", 22: "closed", 27: "open", 28: "closed"})
	e.want("button restore kept", "door restore kept", "panel fault over kept", "panel restore kept")
	if err := os.Remove(filepath.Join(e.b.dir, "17")); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-e.ended: // within a second, also without an edge
		if !errors.Is(err, os.ErrNotExist) {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Error("goes on")
	}
}

func TestAChipThatIsNotThere(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Chip = "no-such-chip"
	if err := New(cfg, devices).Run(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "no-such-chip") {
		t.Error(err)
	}
}

func TestFaultsOfAConfiguration(t *testing.T) {
	good := DefaultConfig()
	good.Chip = "gpiochip0"
	for _, d := range devices {
		if got := append(Check(d, good), good.Validate()...); got != nil {
			t.Error(got)
		}
	}
	for want, d := range map[string]sensor.Device{"address": {Address: "x"}, "input": {Address: "3", Input: "3"}} {
		if got := Check(d, good); len(got) != 1 || !strings.HasPrefix(got[0].Error(), want) {
			t.Error(got)
		}
	}
	if got := Check(devices["door"], DefaultConfig()); len(got) != 1 {
		t.Error(got)
	}
	if got := (Config{Pull: "left"}).Validate(); len(got) != 2 {
		t.Error(got)
	}
}
