package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"eastgate/shared/event"
	"eastgate/shared/wire"
)

func open(t *testing.T, c Config) *Runner {
	t.Helper()
	if c.Dir == "" {
		c.Dir = t.TempDir()
	}
	r, err := Open(c, NewMetrics(prometheus.NewRegistry()), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// run runs r until the test ends, or until stop is called.
func run(t *testing.T, r *Runner) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.Run(ctx) //nolint:errcheck // it returns none
	}()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return stop
}

func command(name string) wire.BoxCommand {
	now := time.Now()
	return wire.BoxCommand{ID: event.NewID(), Name: name, Sent: now, Expires: now.Add(time.Minute)}
}

func result(t *testing.T, r *Runner) wire.BoxResult {
	t.Helper()
	select {
	case res := <-r.Results():
		return res
	case <-time.After(30 * time.Second):
		t.Fatal("no result came")
		return wire.BoxResult{}
	}
}

func TestRepeatsAreAnsweredAndNotDoneAgain(t *testing.T) {
	dir := t.TempDir()
	r := open(t, Config{Dir: dir})
	var times atomic.Int32
	count := func(context.Context, json.RawMessage) (any, error) { return times.Add(1), nil }
	r.Handle("count", count)
	stop := run(t, r)
	c := command("count")
	for range 3 {
		r.Order(c)
		if res := result(t, r); res.ID != c.ID || res.State != wire.Done || string(res.Data) != "1" {
			t.Fatalf("came %+v: want the first result", res)
		}
	}
	stop()
	again := open(t, Config{Dir: dir}) // as after a restart
	again.Handle("count", count)
	run(t, again)
	again.Order(c)
	if res := result(t, again); string(res.Data) != "1" || times.Load() != 1 {
		t.Errorf("after a restart %+v, done %d times: want the first result and once", res, times.Load())
	}
}

func TestHowCommandsEnd(t *testing.T) {
	r := open(t, Config{Timeout: 50 * time.Millisecond})
	r.Handle("refuse", func(context.Context, json.RawMessage) (any, error) { return nil, Refuse("camera %s is not here", "x") })
	r.Handle("fail", func(context.Context, json.RawMessage) (any, error) { return nil, errors.New("the lens is wet") })
	r.Handle("panic", func(context.Context, json.RawMessage) (any, error) { panic("at the disco") })
	r.Handle("dawdle", func(ctx context.Context, _ json.RawMessage) (any, error) { <-ctx.Done(); return nil, ctx.Err() })
	r.Handle("babble", func(context.Context, json.RawMessage) (any, error) { return strings.Repeat("x", wire.MaxData), nil })
	run(t, r)
	for name, want := range map[string]struct{ state, problem string }{
		"refuse": {wire.Refused, "camera x is not here"},
		"fail":   {wire.Failed, "the lens is wet"},
		"panic":  {wire.Failed, "a fault in this box's program: at the disco"},
		"dawdle": {wire.Failed, "not done within 50ms"},
		"babble": {wire.Failed, "cannot be told"},
		"fly":    {wire.Refused, "does not know the command fly"},
	} {
		c := command(name)
		r.Order(c)
		if res := result(t, r); res.State != want.state || !strings.Contains(res.Problem, want.problem) || len(res.Data) > 0 {
			t.Errorf("%s ended with %+v: want %v", name, res, want)
		}
	}
}

func TestLateCommandsAreNotBegun(t *testing.T) {
	yes, no := true, false
	now := time.Now()
	for name, c := range map[string]struct {
		synced        *bool
		sent, expires time.Time
		late          bool
	}{
		"right clock, in time":               {&yes, now, now.Add(time.Minute), false},
		"right clock, late":                  {&yes, now.Add(-time.Minute), now.Add(-time.Second), true},
		"wrong clock, an hour ahead":         {&no, now.Add(-time.Hour), now.Add(-time.Hour + time.Minute), false},
		"wrong clock, an hour behind":        {&no, now.Add(time.Hour), now.Add(time.Hour + time.Minute), false},
		"wrong clock, sent after its end":    {&no, now.Add(time.Hour), now.Add(time.Hour - time.Second), true},
		"clock of which nobody knows":        {nil, now.Add(-time.Hour), now.Add(-time.Hour + time.Minute), false},
		"wrong clock, a cloud that says not": {&no, time.Time{}, now.Add(-time.Second), true},
	} {
		t.Run(name, func(t *testing.T) {
			r := open(t, Config{Synced: func() *bool { return c.synced }})
			r.Handle("go", func(context.Context, json.RawMessage) (any, error) { return nil, nil })
			run(t, r)
			r.Order(wire.BoxCommand{ID: event.NewID(), Name: "go", Sent: c.sent, Expires: c.expires})
			want := wire.Done
			if c.late {
				want = wire.Expired
			}
			if res := result(t, r); res.State != want {
				t.Errorf("ended with %+v: want %s", res, want)
			}
		})
	}
}

// TestKilledInTheMiddle kills a process that has begun a command, and wants it never
// done again.
func TestKilledInTheMiddle(t *testing.T) {
	const id = "01J0000000000000000000C0DE"
	if dir := os.Getenv("COMMAND_DIR"); dir != "" {
		r := open(t, Config{Dir: dir})
		r.Handle("open-gate", func(ctx context.Context, _ json.RawMessage) (any, error) {
			if err := os.WriteFile(filepath.Join(dir, "opened"), nil, 0o600); err != nil {
				return nil, err
			}
			<-ctx.Done()
			return nil, ctx.Err()
		})
		c := command("open-gate")
		c.ID = id
		r.Order(c)
		r.Run(t.Context()) //nolint:errcheck // it is killed
		return
	}
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run", "^TestKilledInTheMiddle$")
	cmd.Env = append(os.Environ(), "COMMAND_DIR="+dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(dir, "opened")); err == nil {
			break
		}
		if time.Now().After(end) {
			t.Fatal("it was not begun")
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait() //nolint:errcheck // it was killed
	r := open(t, Config{Dir: dir})
	r.Handle("open-gate", func(context.Context, json.RawMessage) (any, error) {
		t.Error("the gate is opened again")
		return nil, nil
	})
	run(t, r)
	c := command("open-gate")
	c.ID = id
	r.Order(c)
	if res := result(t, r); res.ID != id || res.State != wire.Failed || !strings.Contains(res.Problem, "nobody knows") {
		t.Errorf("the repeat was answered with %+v: want that it failed", res)
	}
}

func TestBusyBoxesLeaveCommands(t *testing.T) {
	r := open(t, Config{})
	release := make(chan struct{})
	r.Handle("wait", func(context.Context, json.RawMessage) (any, error) { <-release; return nil, nil })
	run(t, r)
	all := make([]wire.BoxCommand, together+1)
	for i := range all {
		all[i] = command("wait")
		r.Order(all[i])
	}
	for end := time.Now().Add(30 * time.Second); testutil.ToFloat64(r.m.left) < 1; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("none was left")
		}
	}
	close(release)
	for range together {
		result(t, r)
	}
	last := all[together]
	if _, known := r.memory.of(last.ID); known {
		t.Fatal("one too many was begun")
	}
	r.Order(last) // as the cloud says it again
	if res := result(t, r); res.ID != last.ID || res.State != wire.Done {
		t.Errorf("it ended with %+v: want it done when there is room", res)
	}
}

func TestTheMemoryIsBounded(t *testing.T) {
	m, err := openMemory(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	past := time.Now().Add(-time.Hour)
	begin := func(i int, expires time.Time) error {
		o := order{BoxCommand: wire.BoxCommand{ID: fmt.Sprintf("01J00000000000000000000%03d", i), Name: "x", Expires: expires}}
		err := m.begin(o)
		if err == nil {
			err = m.end(wire.BoxResult{ID: o.ID, State: wire.Done})
		}
		return err
	}
	for i := range remembered {
		expires := time.Now().Add(time.Hour)
		if i == 7 {
			expires = past
		}
		if err := begin(i, expires); err != nil {
			t.Fatal(err)
		}
	}
	if err := begin(remembered, past); err != nil {
		t.Errorf("the one whose time is over gives no room: %v", err)
	}
	if _, known := m.of("01J00000000000000000000007"); known || len(m.list()) != remembered {
		t.Errorf("%d are remembered, the old one %v: want it forgotten", len(m.list()), known)
	}
	if err := begin(remembered+1, past); err != nil {
		t.Errorf("the newest whose time is over gives no room: %v", err)
	}
	if err := begin(remembered+2, time.Now().Add(time.Hour)); err != nil {
		t.Errorf("the newest whose time is over gives no room: %v", err)
	}
	if err := begin(remembered+3, past); !errors.Is(err, errFull) {
		t.Errorf("with nothing to forget: %v: want that it waits", err)
	}
}

func (m *memory) list() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []string
	for id := range m.known {
		out = append(out, id)
	}
	return out
}
