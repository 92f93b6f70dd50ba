package live

import (
	"testing"
	"testing/synctest"
	"time"

	"eastgate/edge/flow"
)

var stream = &flow.Stream{Codec: "h264"}

// packet is the nth of a film with a key picture each ten.
func packet(n int) *flow.Packet {
	return &flow.Packet{Stream: stream, PTS: time.Duration(n) * 100 * time.Millisecond, Key: n%10 == 0, Data: make([]byte, 100)}
}

func numbers(t *tap) (out []int, skipped int) {
	for {
		p, left := t.next()
		if p == nil {
			return out, skipped
		}
		skipped += left
		out = append(out, int(p.PTS/(100*time.Millisecond)))
	}
}

func TestWhoComesLaterBeginsAtTheKeyPicture(t *testing.T) {
	s := NewSource()
	for n := 5; n < 14; n++ { // it begins in the middle of a group
		s.Add(packet(n))
	}
	tap := s.tap()
	s.Add(packet(14))
	if got, _ := numbers(tap); len(got) != 5 || got[0] != 10 || got[4] != 14 {
		t.Errorf("shown are %v: want 10 to 14", got)
	}
	tap.close()
	s.Add(packet(15))
	if got, _ := numbers(tap); len(got) != 0 {
		t.Errorf("who has gone is shown %v", got)
	}
}

func TestASlowLineShowsThePresent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewSource()
		tap := s.tap()
		for n := range 35 {
			s.Add(packet(n))
			time.Sleep(100 * time.Millisecond)
		}
		got, skipped := numbers(tap)
		if len(got) == 0 || got[0] != 30 || got[len(got)-1] != 34 || skipped != 30 {
			t.Errorf("shown are %v, %d left out: want 30 to 34", got, skipped)
		}
		for n := 35; n < 38; n++ { // no key picture comes for a while
			s.Add(packet(n))
		}
		time.Sleep(2 * time.Second)
		s.Add(packet(38))
		if got, _ := numbers(tap); len(got) != 0 {
			t.Errorf("shown are %v, which need what was left out", got)
		}
		s.Add(packet(39))
		s.Add(packet(40))
		if got, skipped := numbers(tap); len(got) != 1 || got[0] != 40 || skipped != 5 {
			t.Errorf("shown are %v, %d left out: want 40 alone, after 5", got, skipped)
		}
	})
}

func TestAnotherStreamBeginsAnew(t *testing.T) {
	s := NewSource()
	tap := s.tap()
	s.Add(packet(0))
	other := packet(1)
	other.Stream = &flow.Stream{Codec: "h264"}
	s.Add(other)
	key := packet(10)
	key.Stream = other.Stream
	s.Add(key)
	if got, _ := numbers(tap); len(got) != 2 || got[1] != 10 {
		t.Errorf("shown are %v: want what came before, and the key picture", got)
	}
}

func TestALongGroupIsForgotten(t *testing.T) {
	s := NewSource()
	early := s.tap()
	for n := range groupPackets + 10 {
		p := packet(n)
		p.Key = n == 0
		s.Add(p)
	}
	if len(s.group) != 0 {
		t.Errorf("%d packets are remembered", len(s.group))
	}
	if got, _ := numbers(early); len(got) != groupPackets+10 {
		t.Errorf("who watches already is shown %d", len(got))
	}
	if got, _ := numbers(s.tap()); len(got) != 0 {
		t.Errorf("who comes later is shown %v, which cannot be decoded", got)
	}
}
