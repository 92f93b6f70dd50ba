package status

import (
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/edge/flow"
	"eastgate/shared/event"
	"eastgate/shared/wire"
)

func TestSinceIsKeptWhileTheStateStays(t *testing.T) {
	b := NewBoard()
	first := time.Unix(100, 0)
	b.Set(wire.CameraHealth{Camera: "yard", State: "unreachable", Since: first})
	b.Set(wire.CameraHealth{Camera: "yard", State: "unreachable", Reason: "no route", Since: first.Add(time.Minute)})
	if since, reason, blind := b.Blind("yard"); !blind || !since.Equal(first) || reason != "no route" {
		t.Errorf("Blind = %v %q %v", since, reason, blind)
	}
	b.Set(wire.CameraHealth{Camera: "yard", State: Online, Since: first.Add(time.Hour)})
	if _, _, blind := b.Blind("yard"); blind {
		t.Error("an online camera is blind")
	}
	if _, _, blind := b.Blind("nobody"); blind {
		t.Error("an unknown camera is blind, want unknown")
	}
}

func TestWatchTellsOfALostCamera(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBoard()
		b.Set(wire.CameraHealth{Camera: "yard", State: "unreachable", Reason: "no route to host", Since: time.Now()})
		in, out := make(chan flow.Observation), make(chan flow.Observation)
		go NewWatch("yard", b, func(flow.Observation) {}).Run(t.Context(), in, out)
		o := <-out
		if len(o.Findings) != 1 || o.Findings[0].Kind != event.VideoLoss || o.Findings[0].Age != time.Second {
			t.Errorf("while lost: %+v", o.Findings)
		}
		b.Set(wire.CameraHealth{Camera: "yard", State: Online, Since: time.Now()})
		if o = <-out; len(o.Findings) != 0 || o.PTS != 2*time.Second {
			t.Errorf("back again: %+v", o)
		}
		in <- flow.Observation{Camera: "yard", PTS: 7}
		if o = <-out; o.PTS != 7 {
			t.Errorf("an observation did not pass: %+v", o)
		}
		close(in)
		for range out { //nolint:revive // drain until it closes
		}
	})
}

func TestWatchGivesFramesBackWhenStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		freed := false
		in, out := make(chan flow.Observation), make(chan flow.Observation)
		go NewWatch("yard", NewBoard(), func(flow.Observation) {}).Run(ctx, in, out)
		in <- flow.Observation{Frame: flow.NewFrame("yard", time.Now(), 0, nil, func() { freed = true })}
		cancel()
		close(in)
		synctest.Wait()
		if !freed {
			t.Error("the frame was not given back")
		}
	})
}

func TestHealthIsTrue(t *testing.T) {
	b := NewBoard()
	var fault error
	h := b.Handler(prometheus.NewRegistry(), Check{"outbox", func() (any, error) { return 3, fault }})
	ask := func() (int, Health) {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequest("GET", "/healthz", nil))
		var got Health
		if err := json.Unmarshal(rec.Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		return rec.Code, got
	}
	if code, got := ask(); code != 200 || !got.OK {
		t.Errorf("no cameras: %d %+v", code, got)
	}
	b.Set(wire.CameraHealth{Camera: "yard", State: "credentials", Since: time.Now()})
	if code, got := ask(); code != 503 || !strings.Contains(got.Faults[0], "none of them") {
		t.Errorf("only camera lost: %d %+v", code, got)
	}
	b.Set(wire.CameraHealth{Camera: "gate", State: Online, Since: time.Now()})
	if code, _ := ask(); code != 200 {
		t.Errorf("one of two cameras lost: %d", code)
	}
	fault = errors.New("disk full: free some space")
	if code, got := ask(); code != 503 || got.Faults[0] != "outbox: disk full: free some space" {
		t.Errorf("outbox broken: %d %+v", code, got)
	}
}

func TestShortCutsBetweenCharacters(t *testing.T) {
	if got := short(strings.Repeat("断", 100)); len(got) > 200 || strings.ContainsRune(got, '\uFFFD') {
		t.Errorf("got %d bytes: %q", len(got), got)
	}
}

func TestClockIsKnownHere(t *testing.T) {
	if c := Clock(); c.Synced == nil {
		t.Skip("LOUD: this kernel does not say whether its clock is synchronised")
	}
}
