package command_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/cloud/command"
	"eastgate/cloud/store"
	"eastgate/cloud/store/storetest"
	"eastgate/shared/wire"
)

func TestMain(m *testing.M) {
	defer storetest.Stop()
	m.Run()
}

// An air is what commands are said into.
type air struct {
	mu   sync.Mutex
	dead bool
	said []wire.BoxCommand
}

func (a *air) say(topic string, payload []byte) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.dead {
		return errors.New("no link")
	}
	c, err := wire.DecodeCommand(payload)
	if err != nil || topic != "eastgate/v1/garden/gate-1/command" {
		return errors.Join(err, errors.New(topic))
	}
	a.said = append(a.said, c)
	return nil
}

func (a *air) times(id string) (n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, c := range a.said {
		if c.ID == id {
			n++
		}
	}
	return n
}

func (a *air) kill(dead bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.dead = dead
}

func engine(s *store.Store, a *air, mine func(string, string) bool) *command.Engine {
	return command.New(s, command.Options{Say: a.say, Mine: mine, Metrics: command.NewMetrics(prometheus.NewRegistry()), Log: slog.New(slog.DiscardHandler)})
}

func run(t *testing.T, e *command.Engine) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.Run(ctx) //nolint:errcheck // it returns none
	}()
	t.Cleanup(func() { stop(); <-done })
}

func within(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); !so(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

var snapshot = command.Order{Site: "garden", Box: "gate-1", Name: "snapshot", Args: map[string]string{"camera": "yard"}, TTL: time.Minute, By: "zhao"}

func result(t *testing.T, e *command.Engine, r wire.BoxResult) {
	t.Helper()
	if err := e.Result(t.Context(), "garden", "gate-1", r.Encode()); err != nil {
		t.Fatal(err)
	}
}

func TestACommandIsSaidUntilItIsAnswered(t *testing.T) { storetest.Each(t, saidUntilAnswered) }

// saidUntilAnswered: the link is down at first; another replica hears the answer.
func saidUntilAnswered(t *testing.T, s *store.Store) {
	a := &air{dead: true}
	asker, speaker := engine(s, a, func(string, string) bool { return false }), engine(s, a, nil)
	run(t, asker)
	run(t, speaker)
	c, err := asker.Send(t.Context(), snapshot)
	if err != nil {
		t.Fatal(err)
	}
	a.kill(false)
	within(t, "it is said twice", func() bool { return a.times(c.ID) >= 2 })
	a.mu.Lock()
	first, second := a.said[0], a.said[1]
	a.mu.Unlock()
	if !second.Sent.After(first.Sent) || !second.Expires.Equal(c.Expires) || first.Name != "snapshot" || string(first.Args) != `{"camera":"yard"}` {
		t.Errorf("said %+v and %+v", first, second)
	}
	waited := make(chan command.Command)
	go func() {
		got, err := asker.Wait(t.Context(), c.ID)
		if err != nil {
			t.Error(err)
		}
		waited <- got
	}()
	result(t, speaker, wire.BoxResult{ID: c.ID, State: wire.Done, Data: json.RawMessage(`{"sha256":"ab"}`)})
	result(t, speaker, wire.BoxResult{ID: c.ID, State: wire.Failed, Problem: "a repeat that says something else"})
	got := <-waited
	if got.State != wire.Done || string(got.Data) != `{"sha256":"ab"}` || got.Problem != "" || got.Ended == nil || got.By != "zhao" {
		t.Errorf("ended as %+v", got)
	}
}

func TestWhatWaitsSurvivesARestart(t *testing.T) { storetest.Each(t, survives) }

func survives(t *testing.T, s *store.Store) {
	before := &air{dead: true}
	c, err := engine(s, before, nil).Send(t.Context(), snapshot)
	if err != nil {
		t.Fatal(err)
	}
	after := &air{}
	run(t, engine(s, after, nil))
	within(t, "the next one says it", func() bool { return after.times(c.ID) > 0 })
}

func TestOnlyItsOwnBoxEndsACommand(t *testing.T) { storetest.Each(t, ownBox) }

func ownBox(t *testing.T, s *store.Store) {
	e := engine(s, &air{}, nil)
	c, err := e.Send(t.Context(), snapshot)
	if err != nil {
		t.Fatal(err)
	}
	r := wire.BoxResult{ID: c.ID, State: wire.Done}
	if err := e.Result(t.Context(), "garden", "gate-2", r.Encode()); err != nil {
		t.Fatal(err)
	}
	if got, err := e.List(t.Context(), command.Filter{Site: "garden", Box: "gate-1"}); err != nil || len(got) != 1 || got[0].Over() {
		t.Errorf("%+v, %v: want that it still waits", got, err)
	}
}

func TestALateResultIsTheTruth(t *testing.T) { storetest.Each(t, lateResult) }

func lateResult(t *testing.T, s *store.Store) {
	e := engine(s, &air{}, nil)
	c, err := e.Send(t.Context(), snapshot)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range []struct{ says, want string }{{wire.Expired, wire.Expired}, {wire.Done, wire.Done}, {wire.Expired, wire.Done}} {
		result(t, e, wire.BoxResult{ID: c.ID, State: r.says})
		if got, err := e.Wait(t.Context(), c.ID); err != nil || got.State != r.want {
			t.Errorf("%d: after %s it is %s, %v: want %s", i, r.says, got.State, err, r.want)
		}
	}
}

func TestWhatIsTooMuchIsRefused(t *testing.T) { storetest.Each(t, tooMuch) }

func tooMuch(t *testing.T, s *store.Store) {
	e := engine(s, &air{}, nil)
	for _, o := range []command.Order{
		{Site: "garden", Box: "gate-1", Name: "x", TTL: 25 * time.Hour},
		{Site: "garden", Box: "gate/1", Name: "x", TTL: time.Minute},
		{Site: "garden", Box: "gate-1", Name: "x", TTL: time.Minute, Args: make([]byte, wire.MaxArgs)},
	} {
		if _, err := e.Send(t.Context(), o); !errors.Is(err, command.ErrInvalid) {
			t.Errorf("%.60v: %v", o, err)
		}
	}
	for range command.MaxWaiting {
		if _, err := e.Send(t.Context(), snapshot); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := e.Send(t.Context(), snapshot); !errors.Is(err, command.ErrTooMany) {
		t.Errorf("one more: %v", err)
	}
	other := snapshot
	other.Box = "gate-2"
	if _, err := e.Send(t.Context(), other); err != nil {
		t.Errorf("another box: %v", err)
	}
}

func TestUnansweredCommandsExpire(t *testing.T) { storetest.Each(t, expires) }

func expires(t *testing.T, s *store.Store) {
	now := time.Now().UTC().Add(-time.Hour)
	old := command.Command{ID: "01J0000000000000000000C0DE", Site: "garden", Box: "gate-1", Name: "snapshot", Asked: now, Expires: now.Add(time.Minute), State: command.Waiting}
	if err := s.AddCommand(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	e := engine(s, &air{}, nil)
	run(t, e)
	got, err := e.Wait(t.Context(), old.ID)
	if err != nil || got.State != wire.Expired || got.Problem == "" {
		t.Errorf("%+v, %v: want it expired", got, err)
	}
	if err := s.ForgetCommands(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Wait(t.Context(), old.ID); !errors.Is(err, command.ErrNotFound) {
		t.Errorf("what is old is remembered: %v", err)
	}
}
