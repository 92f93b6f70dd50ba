package gate

import (
	"math/rand/v2"
	"testing"
	"time"

	"eastgate/edge/flow"
)

// answered plays seconds of a film to a gate, and answers each lone picture; nil tells nothing. It returns the
// pictures that were asked, and those that were decoded.
func answered(g *Gate, f *film, seconds int, answer func(at time.Duration) []byte) (asked, decoded []flow.Order) {
	for range 25 * seconds {
		for _, o := range g.decide(f.packet()) {
			if !o.Lone {
				decoded = append(decoded, o)
				continue
			}
			asked = append(asked, o)
			moved := answer(o.PTS)
			g.Feel(flow.Movement{PTS: o.PTS, Width: blocksWide, Height: blocksHigh, Moved: moved}, moved != nil)
		}
	}
	return asked, decoded
}

const blocksWide, blocksHigh = 80, 45

// stir is a movement of blocks, one here and there as noise makes them, and a thing where there is one.
func stir(seed int64, thing bool) []byte {
	m := make([]byte, blocksWide*blocksHigh)
	r := rand.New(rand.NewPCG(uint64(seed), 2)) //nolint:gosec // a seed
	for range 40 {
		m[r.IntN(len(m))] = byte(r.IntN(20))
	}
	if thing {
		for y := 20; y < 24; y++ {
			for x := 30; x < 32; x++ {
				m[y*blocksWide+x] = 9
			}
		}
	}
	return m
}

func still(at time.Duration) []byte { return stir(int64(at), false) }

// TestRareKeyPicturesAreNotEnough has a camera with one each ten seconds, as smart codecs send them:
// between them pictures are asked for their movement.
func TestRareKeyPicturesAreNotEnough(t *testing.T) {
	f, g := newFilm(250), newGate(nil)
	asked, decoded := answered(g, f, 60, still)
	if len(asked) < 90 || len(asked) > 125 {
		t.Errorf("%d pictures were asked in a minute, two a second are wanted", len(asked))
	}
	if len(decoded) != 6 {
		t.Errorf("%d pictures were decoded, want the key pictures", len(decoded))
	}
	for _, o := range asked {
		if o.Key || o.Alone {
			t.Fatalf("a key picture was asked: %+v", o)
		}
	}
	f.every = 50 // somebody sets it right
	answered(g, f, 20, still)
	if asked, decoded := answered(g, f, 20, still); len(asked) != 0 || len(decoded) > 12 {
		t.Errorf("set right: %d were asked, %d decoded", len(asked), len(decoded))
	}
}

// TestAMovementBetweenRareKeyPicturesIsSeen: two pictures that tell of it one after the other open the gate, one does
// not, and nothing is shown twice.
func TestAMovementBetweenRareKeyPicturesIsSeen(t *testing.T) {
	f, g := newFilm(250), newGate(nil)
	answered(g, f, 13, still)
	once := true
	_, decoded := answered(g, f, 3, func(at time.Duration) []byte {
		thing := once
		once = false
		return stir(int64(at), thing)
	})
	if len(decoded) > 0 {
		t.Fatalf("one picture alone opened the gate: %d were decoded", len(decoded))
	}
	seen := map[time.Duration]int{}
	for range 2 {
		began := time.Duration(f.next) * 40 * time.Millisecond
		_, decoded = answered(g, f, 8, func(at time.Duration) []byte { return stir(int64(at), at > began+time.Second) })
		if len(decoded) < 100 {
			t.Fatalf("only %d were decoded", len(decoded))
		}
		for _, o := range decoded {
			if !o.Shown {
				seen[o.PTS]++
			}
		}
	}
	for at, n := range seen {
		if n > 1 {
			t.Fatalf("the picture at %v was shown %d times", at, n)
		}
	}
}

// TestWhatUsuallyMovesIsNothingNew has a tree sway all the time.
func TestWhatUsuallyMovesIsNothingNew(t *testing.T) {
	f, g := newFilm(250), newGate(nil)
	tree := func(at time.Duration) []byte { return stir(int64(at), true) }
	answered(g, f, 60, tree)
	if _, decoded := answered(g, f, 60, tree); len(decoded) > 250 {
		t.Errorf("later %d pictures of a minute were decoded", len(decoded))
	}
}

// TestACameraThatTellsNothingIsDecodedWhole: H.265, pictures that libavcodec tells nothing of, key pictures too
// rare to go back to, and where probes are turned off.
func TestACameraThatTellsNothingIsDecodedWhole(t *testing.T) {
	for name, set := range map[string]func(*Gate, *film){
		"mute":  func(*Gate, *film) {},
		"hevc":  func(_ *Gate, f *film) { f.stream = &flow.Stream{Codec: "hevc"} },
		"rare":  func(_ *Gate, f *film) { f.every = 580 },
		"large": func(_ *Gate, f *film) { f.every, f.size = 250, 40<<10 },
		"off":   func(g *Gate, _ *film) { g.cfg.Probe = 0 },
	} {
		f, g := newFilm(250), newGate(nil)
		set(g, f)
		answer := still
		if name == "mute" {
			answer = func(time.Duration) []byte { return nil }
		}
		_, before := answered(g, f, 60, answer)
		_, decoded := answered(g, f, 60, answer)
		if len(decoded) < 60*25-10 { // a batch may still be gathered
			t.Errorf("%s: %d pictures of %d were decoded, before it %d", name, len(decoded), 60*25, len(before))
		}
	}
}

func BenchmarkFeel(b *testing.B) {
	var f feel
	m := flow.Movement{Width: 120, Height: 68, Moved: make([]byte, 120*68)}
	for i := range m.Moved {
		m.Moved[i] = byte(i * 7 % 11)
	}
	for b.Loop() {
		m.PTS += time.Second
		f.take(m)
	}
}
