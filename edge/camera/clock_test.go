package camera

import (
	"testing"
	"time"
)

func TestMediaTimeIsOneLine(t *testing.T) {
	born := time.Now()
	var c clock
	for i, s := range []struct {
		what   string
		leave  bool // a new session before it
		own    time.Duration
		at     time.Duration // since born
		want   time.Duration
		jumped bool
	}{
		{"the first picture is at 0", false, 77 * time.Hour, 0, 0, false},
		{"it goes on by the camera's time", false, 77*time.Hour + 40*time.Millisecond, 43 * time.Millisecond, 40 * time.Millisecond, false},
		{"a B-picture steps back", false, 77*time.Hour + 20*time.Millisecond, 60 * time.Millisecond, 20 * time.Millisecond, false},
		{"a pause of the network …", false, 77*time.Hour + 80*time.Millisecond, 8 * time.Second, 80 * time.Millisecond, false},
		{"… and all at once, with some left out", false, 77*time.Hour + 7*time.Second, 8 * time.Second, 7 * time.Second, false},
		{"the camera is set forward", false, 99 * time.Hour, 9 * time.Second, 9 * time.Second, true},
		{"and goes on", false, 99*time.Hour + time.Second, 10 * time.Second, 10 * time.Second, false},
		{"the camera is set back", false, 3 * time.Hour, 11 * time.Second, 11 * time.Second, true},
		{"a new session, a minute later", true, 0, 71 * time.Second, 71 * time.Second, false},
		{"never backwards over sessions, though its clock is fast", false, 3 * time.Second, 73 * time.Second, 74 * time.Second, false},
		{"", true, 50, 73*time.Second + 1, 74*time.Second + time.Millisecond, false},
	} {
		if s.leave {
			c.leave()
		}
		if got, jumped := c.place(s.own, born.Add(s.at)); got != s.want || jumped != s.jumped {
			t.Errorf("%d %s: %v, jumped %v; want %v, %v", i, s.what, got, jumped, s.want, s.jumped)
		}
	}
}

func TestRTPTimeWraps(t *testing.T) {
	a := assemble(avc, nil, 90000)
	var got []time.Duration
	for _, ts := range []uint32{1<<32 - 90000, 0, 90000, 45000} {
		a.ts = ts
		got = append(got, a.mediaTime())
	}
	want := []time.Duration{0, time.Second, 2 * time.Second, 1500 * time.Millisecond}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("times %v, want %v", got, want)
			break
		}
	}
}
