package evidence

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"eastgate/edge/flow"
)

// feed adds seconds of a camera's pictures to r: 10 a second of size bytes, a key
// picture every gop of them. It returns when the next one is due.
func feed(r *Ring, s *flow.Stream, from time.Time, seconds, gop, size int) time.Time {
	for i := range seconds * 10 {
		r.Add(&flow.Packet{Stream: s, Received: from, Key: i%gop == 0, Data: make([]byte, size)})
		from = from.Add(100 * time.Millisecond)
	}
	return from
}

func ring(pre, post time.Duration, maxBytes int64) (*Ring, *Metrics) {
	m := metrics()
	return NewRing("yard", ClipConfig{Enabled: true, PreRoll: pre, PostRoll: post, MaxBytes: maxBytes}, m), m
}

// check fails t unless r begins with a key picture and counts rightly.
func check(t *testing.T, r *Ring) {
	t.Helper()
	bytes := int64(0)
	for i := range r.packets.n {
		bytes += int64(len(r.packets.at(i).Data))
	}
	if r.packets.n > 0 && !r.packets.at(0).Key {
		t.Error("it does not begin with a key picture")
	}
	if bytes != r.bytes || bytes > r.c.MaxBytes {
		t.Errorf("it holds %d bytes, counts %d and may hold %d", bytes, r.bytes, r.c.MaxBytes)
	}
}

func TestARingForgetsWholeGroups(t *testing.T) {
	r, m := ring(5*time.Second, time.Second, 8<<20)
	now := time.Unix(1e9, 0)
	for range 20 {
		now = feed(r, &stream, now, 4, 20, 100)
		check(t, r)
	}
	held := now.Sub(r.packets.at(0).Received)
	if held < 10*time.Second || held > 12*time.Second+100*time.Millisecond {
		t.Errorf("it holds %v, want pre-roll and hindsight and at most a group more", held)
	}
	if n := testutil.ToFloat64(m.ring); n != float64(r.bytes) {
		t.Errorf("metric says %v bytes, it holds %d", n, r.bytes)
	}
}

var stream = flow.Stream{Codec: "h264"}

func TestARingIsBoundedByBytes(t *testing.T) {
	r, _ := ring(5*time.Second, time.Second, 30_000)
	now := feed(r, &stream, time.Unix(1e9, 0), 60, 10, 1000)
	check(t, r)
	if r.packets.n < 20 {
		t.Errorf("%d packets are held, there is room for 30", r.packets.n)
	}
	r, m := ring(5*time.Second, time.Second, 5_000) // no room for a single group
	feed(r, &stream, now, 10, 10, 1000)
	check(t, r)
	if n := testutil.ToFloat64(m.overflows); n != 10 {
		t.Errorf("%v overflows counted, want 10", n)
	}
}

func TestANewSessionBeginsAtItsKeyPicture(t *testing.T) {
	r, _ := ring(5*time.Second, time.Second, 8<<20)
	now := feed(r, &stream, time.Unix(1e9, 0), 2, 20, 100)
	before := r.packets.n
	other := stream
	for range 5 { // the rest of a group whose beginning nobody saw
		r.Add(&flow.Packet{Stream: &other, Received: now, Data: []byte{1}})
	}
	if r.packets.n != before {
		t.Error("pictures are kept that nothing can decode")
	}
	feed(r, &other, now, 1, 20, 100)
	check(t, r)
	if r.packets.n != before+10 {
		t.Errorf("%d packets are held, want both sessions' %d", r.packets.n, before+10)
	}
}

func TestAClipShowsBeforeAndAfter(t *testing.T) {
	for _, c := range []struct {
		name     string
		maxBytes int64
		live     int // seconds that the camera sends after the event
		first    time.Duration
		last     time.Duration // both from the event
	}{
		{"whole", 8 << 20, 8, -4 * time.Second, 4 * time.Second},
		{"no room for all of it", 50_000, 8, -4 * time.Second, 2200 * time.Millisecond},
		{"the camera is lost", 8 << 20, 2, -4 * time.Second, 1900 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, _ := ring(3*time.Second, 4*time.Second, c.maxBytes)
				for i := range 80 {
					r.Add(&flow.Packet{Stream: &stream, Received: time.Now(), Key: i%20 == 0, Data: make([]byte, 800)})
					time.Sleep(100 * time.Millisecond)
				}
				at := time.Now()
				got := make(chan []*flow.Packet, 1)
				go func() {
					got <- r.Record(t.Context(), at.Add(-3*time.Second), at.Add(4*time.Second), nil)
				}()
				synctest.Wait()
				for i := range c.live * 10 {
					r.Add(&flow.Packet{Stream: &stream, Received: time.Now(), Key: i%20 == 0, Data: make([]byte, 800)})
					time.Sleep(100 * time.Millisecond)
					synctest.Wait()
				}
				packets := <-got
				if len(packets) == 0 || !packets[0].Key {
					t.Fatal("it does not begin with a key picture")
				}
				if first, last := packets[0].Received.Sub(at), packets[len(packets)-1].Received.Sub(at); first != c.first || last != c.last {
					t.Errorf("from %v to %v, want %v to %v", first, last, c.first, c.last)
				}
				check(t, r)
			})
		})
	}
}

func TestTheClipOfALostCameraShowsItsLastSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := ring(3*time.Second, time.Second, 8<<20)
		feed(r, &stream, time.Now().Add(-40*time.Second), 20, 10, 100) // and nothing for 20 s
		now := time.Now()
		got := r.Record(t.Context(), now.Add(-3*time.Second), now.Add(time.Second), nil)
		if len(got) == 0 || !got[0].Key || got[len(got)-1].Received.Sub(got[0].Received) < 3*time.Second {
			t.Errorf("%d packets", len(got))
		}
	})
}

func TestAClipUnderWayEndsWithTheStage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := ring(time.Second, time.Minute, 8<<20)
		at := feed(r, &stream, time.Now(), 5, 10, 100)
		last := make(chan struct{})
		close(last)
		if got := r.Record(t.Context(), at, at.Add(time.Minute), last); len(got) != 20 {
			t.Errorf("%d packets, want the last second and the group it begins in", len(got))
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		r.Record(ctx, at, at.Add(time.Minute), nil)
		if len(r.takes) != 0 {
			t.Errorf("%d clips are still under way", len(r.takes))
		}
	})
}

func BenchmarkRingAdd(b *testing.B) {
	r, _ := ring(5*time.Second, 10*time.Second, 8<<20)
	now := time.Now()
	data := make([]byte, 10_000) // 2 Mbit/s at 25 pictures a second
	packets := make([]flow.Packet, 1000)
	for i := range packets {
		packets[i] = flow.Packet{Stream: &stream, Key: i%50 == 0, Data: data}
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		p := &packets[i%len(packets)]
		p.Received = now.Add(time.Duration(i) * 40 * time.Millisecond)
		r.Add(p)
		i++
	}
	b.ReportMetric(float64(r.bytes), "bytes-held")
}
