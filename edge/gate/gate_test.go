package gate

import (
	"context"
	"image"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/edge/flow"
	"eastgate/shared/event"
)

// A film is packets of one camera at 25 pictures a second, a key picture each so many.
type film struct {
	stream *flow.Stream
	next   int
	every  int // pictures from one key picture to the next
	size   int // bytes of a picture
}

func newFilm(every int) *film { return &film{stream: &flow.Stream{Codec: "h264"}, every: every} }

func (f *film) packet() *flow.Packet {
	p := &flow.Packet{Stream: f.stream, PTS: time.Duration(f.next+1) * 40 * time.Millisecond, Key: f.next%f.every == 0, Data: make([]byte, f.size)}
	f.next++
	return p
}

// newGate returns the gate of a camera whose place is known: it has run for a while.
func newGate(b *Budget) *Gate {
	g := New("yard", DefaultConfig(), b, NewMetrics(prometheus.NewRegistry()))
	g.known = true
	return g
}

// play has a gate decide on seconds of a film; at each whole second it is told what is
// wanted then. It returns the orders of each second.
func play(g *Gate, f *film, seconds int, want map[int]flow.Urgency) [][]flow.Order {
	out := make([][]flow.Order, seconds)
	for s := range seconds {
		if u := want[s]; u > flow.Calm {
			g.Heed(time.Duration(f.next)*40*time.Millisecond, u)
		}
		for range 25 {
			out[s] = append(out[s], g.decide(f.packet())...)
		}
	}
	return out
}

func count(orders [][]flow.Order) (n int) {
	for _, o := range orders {
		n += len(o)
	}
	return n
}

// TestAQuietCameraIsLookedAtByItsKeyPictures counts what a minute costs.
func TestAQuietCameraIsLookedAtByItsKeyPictures(t *testing.T) {
	for every, want := range map[int]int{50: 30, 25: 30, 10: 37, 1: 40} { // at most one in a second and a half
		orders := play(newGate(nil), newFilm(every), 60, nil)
		if n := count(orders); n < want-1 || n > want+1 {
			t.Errorf("a key picture each %d: %d were decoded of %d", every, n, 60*25)
		}
		for _, second := range orders {
			for _, o := range second {
				if !o.Alone || !o.Key {
					t.Fatalf("not a key picture by itself: %+v", o)
				}
			}
		}
	}
}

// TestSuspicionGoesBackToTheLastKeyPicture asks for a closer look in the middle of a
// group of pictures: all of it is decoded, in order, and the key picture makes no
// second frame. Three seconds later it is over.
func TestSuspicionGoesBackToTheLastKeyPicture(t *testing.T) {
	f := newFilm(50)
	orders := play(newGate(nil), f, 12, map[int]flow.Urgency{5: flow.Burning})
	got := orders[5]
	if len(got) < 50 || !got[0].Key || !got[0].Shown || got[0].Alone {
		t.Fatalf("%d orders, first %+v", len(got), got[0])
	}
	for i := 1; i < len(got); i++ {
		if got[i].PTS <= got[i-1].PTS || got[i].Shown || got[i].Alone {
			t.Fatalf("order %d: %+v after %v", i, got[i], got[i-1].PTS)
		}
	}
	if n := count(orders[6:8]); n < 48 {
		t.Errorf("%d pictures of two seconds were looked at closely", n)
	}
	if n := count(orders[9:12]); n > 2 {
		t.Errorf("%d pictures were decoded after it was over", n)
	}
}

// TestWhatLedToAKeyPictureIsSeenBeforeIt: when the gate itself suspects something in a key
// picture, nobody else has seen that yet, and the closer look begins one group before.
func TestWhatLedToAKeyPictureIsSeenBeforeIt(t *testing.T) {
	g, f := newGate(nil), newFilm(50)
	frame := func(at int, draw func([]byte, int, int)) (kept bool) { // the picture at a second
		var last *flow.Packet
		for f.next <= at*25 {
			last = f.packet()
			g.decide(last)
		}
		return g.see(picture(last.PTS, draw))
	}
	for at := 0; at < 20; at += 2 {
		if frame(at, nil) {
			t.Fatalf("a quiet picture at %d s was kept back", at)
		}
	}
	if !frame(20, paint(300, 200, 40, 60, 60)) {
		t.Fatal("a thing that came was not kept back")
	}
	orders := g.decide(f.packet())
	if len(orders) != 52 || !orders[0].Key || !orders[0].Back || !orders[0].Shown || orders[1].Shown || !orders[50].Key || orders[50].Shown {
		t.Fatalf("%d orders: %+v", len(orders), orders[0])
	}
	if late := g.Late(orders[1].PTS); g.Step || late != 0 {
		t.Errorf("late by %v without being asked to know", late)
	}
	if frame(22, paint(300, 200, 40, 60, 60)) {
		t.Error("a picture of a closer look was kept back")
	}
}

// TestALookThatBeginsAgainShowsNothingTwice has two looks in one group.
func TestALookThatBeginsAgainShowsNothingTwice(t *testing.T) {
	g, f := newGate(nil), newFilm(500)
	g.keyAt, g.wide = 0, 0
	play(g, f, 1, map[int]flow.Urgency{0: flow.Burning})
	play(g, f, 2, nil)
	g.Heed(time.Duration(f.next)*40*time.Millisecond, flow.Burning)
	g.close()
	seen := g.looked
	for _, o := range g.decide(f.packet()) {
		if o.Shown != (o.PTS <= seen) {
			t.Fatalf("%v was seen up to %v: %+v", o.PTS, seen, o)
		}
	}
}

// TestKnownMovementIsNotWatchedForEver has something move for two minutes.
func TestKnownMovementIsNotWatchedForEver(t *testing.T) {
	want := map[int]flow.Urgency{}
	for s := 10; s < 130; s++ {
		want[s] = flow.Moving
	}
	moving := func() *Gate {
		g := newGate(nil)
		g.last = 11 * time.Second
		g.Know(event.Event{Kind: event.Motion, State: event.Start})
		return g
	}
	orders := play(moving(), newFilm(50), 140, want)
	if n := count(orders[10:17]); n < 6*25 {
		t.Errorf("its beginning was seen in %d pictures only", n)
	}
	if n := count(orders[10:130]); n > 120*25/3 {
		t.Errorf("%d of %d pictures were decoded", n, 120*25)
	}
	want[60] = flow.Burning // a fire beside it is something else
	if n := count(play(moving(), newFilm(50), 64, want)[60:63]); n < 70 {
		t.Errorf("the fire was seen in %d pictures", n)
	}
}

// TestMovementThatComesToNothingIsBelievedLess has a tree sway for five minutes.
func TestMovementThatComesToNothingIsBelievedLess(t *testing.T) {
	want := map[int]flow.Urgency{}
	for s := range 300 {
		want[s] = flow.Moving
	}
	orders := play(newGate(nil), newFilm(50), 300, want)
	if n := count(orders[:10]); n < 9*25 {
		t.Errorf("at first %d pictures of 250 were decoded", n)
	}
	if n := count(orders[150:]); n > 150*25/4 {
		t.Errorf("later %d pictures of %d were decoded", n, 150*25)
	}
}

// TestWhatCannotBeTakenApartIsDecodedWhole: other codecs, and gates that are off.
func TestWhatCannotBeTakenApartIsDecodedWhole(t *testing.T) {
	f := newFilm(50)
	f.stream = &flow.Stream{Codec: "mpeg4"}
	if n := count(play(newGate(nil), f, 10, nil)); n != 250 {
		t.Errorf("mpeg4: %d of 250", n)
	}
	g := New("yard", Config{}, nil, NewMetrics(prometheus.NewRegistry()))
	if n := count(play(g, newFilm(50), 10, nil)); n != 250 {
		t.Errorf("off: %d of 250", n)
	}
}

// TestAGroupTooLargeIsForgotten bounds what is remembered for going back.
func TestAGroupTooLargeIsForgotten(t *testing.T) {
	g, f := newGate(nil), newFilm(10000)
	for range mostPackets + 10 {
		g.decide(f.packet())
	}
	if len(g.group) > mostPackets || g.bytes > mostBytes {
		t.Errorf("%d packets, %d bytes", len(g.group), g.bytes)
	}
}

// TestACameraWithoutKeyPicturesIsNotGivenUp: one that renews its picture piece by piece
// and sends no key picture, or only the first, whose seat has gone to somebody else.
func TestACameraWithoutKeyPicturesIsNotGivenUp(t *testing.T) {
	never := newFilm(1 << 30)
	never.next = 1
	orders := play(newGate(nil), never, 60, nil)
	if n := count(orders[:30]); n != 0 {
		t.Errorf("%d pictures were decoded while a key picture might still have come", n)
	}
	if n := count(orders[32:]); n < 28*25-10 { // a batch may still be gathered
		t.Errorf("no key picture at all: %d pictures of %d were decoded then", n, 28*25)
	}
	once, g := newFilm(1<<30), newGate(nil)
	play(g, once, 40, nil)
	g.close() // as when the budget gives its seat away
	orders = play(g, once, 2, nil)
	if n := count(orders); n < 50-10 || !orders[0][0].Anew {
		t.Errorf("after a seat was lost: %d pictures of 50 were decoded", n)
	}
	for i, o := range orders[1] {
		if o.Anew {
			t.Fatalf("picture %d begins anew, though the one before it was decoded", i)
		}
	}
}

// TestEverythingPassesInOrder runs the stage itself.
func TestEverythingPassesInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, out := make(chan *flow.Packet), make(chan flow.Order)
		go New("yard", Config{}, nil, NewMetrics(prometheus.NewRegistry())).Run(t.Context(), in, out)
		f := newFilm(50)
		sent := []*flow.Packet{f.packet(), f.packet(), f.packet()}
		go func() {
			defer close(in)
			for _, p := range sent {
				in <- p
			}
		}()
		i := 0
		for p := range out {
			if p.Packet != sent[i] {
				t.Errorf("packet %d is another one", i)
			}
			i++
		}
		if i != len(sent) {
			t.Errorf("%d packets came through, want %d", i, len(sent))
		}
	})
}

func TestAStuckDecoderDoesNotHoldTheGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		in, out := make(chan *flow.Packet, 1), make(chan flow.Order)
		in <- newFilm(1).packet()
		done := make(chan error)
		go func() { done <- newGate(nil).Run(ctx, in, out) }()
		synctest.Wait()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("told to stop, got %v", err)
		}
		if _, open := <-out; open {
			t.Error("out is still open")
		}
	})
}

// picture is a grey frame on which draw paints.
func picture(at time.Duration, draw func(y []byte, w, h int)) *flow.Frame {
	img := image.NewYCbCr(image.Rect(0, 0, 640, 360), image.YCbCrSubsampleRatio420)
	for i := range img.Y {
		img.Y[i] = byte(90 + (i%640)/16)
	}
	if draw != nil {
		draw(img.Y, 640, 360)
	}
	return flow.NewFrame("yard", time.Time{}, at, img, nil)
}

// large is a noisy frame of 1920 by 1080.
func large(seed int) *flow.Frame {
	img := image.NewYCbCr(image.Rect(0, 0, 1920, 1080), image.YCbCrSubsampleRatio420)
	for i := range img.Y {
		img.Y[i] = byte(90 + (i*7+seed*13)%11)
	}
	return flow.NewFrame("yard", time.Time{}, 0, img, nil)
}
