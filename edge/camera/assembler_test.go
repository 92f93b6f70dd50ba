package camera

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/pion/rtp"

	"eastgate/edge/flow"
)

// Units of a stream of 352×288, and of one of 640×480.
var (
	sps      = []byte{0x67, 0x42, 0xc0, 0x0d, 0xda, 0x05, 0x82, 0x5b, 0x01, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10, 0x00, 0x00, 0x03, 0x03, 0x20, 0xf1, 0x42, 0xaa}
	otherSPS = []byte{0x67, 0x42, 0xc0, 0x1e, 0xda, 0x02, 0x80, 0xf6, 0xc0, 0x44, 0x00, 0x00, 0x03, 0x00, 0x04, 0x00, 0x00, 0x03, 0x00, 0xc8, 0x3c, 0x58, 0xba, 0x80}
	pps      = []byte{0x68, 0xce, 0x0f, 0xc8} // id 0
	pps1     = []byte{0x68, 0x53, 0x8f, 0x20} // id 1
	aud      = []byte{0x09, 0xf0}
	idr      = []byte{0x65, 0x88, 0x84}
	inter    = []byte{0x41, 0x9a, 0x21}
)

// A packed packet is what a test says of an RTP packet.
type packed struct {
	seq    uint16
	ts     uint32
	last   bool
	units  [][]byte
	broken bool // its payload cannot be read
}

// A heard is what came of some packets.
type heard struct {
	pictures []*flow.Packet
	lost     uint64
	bad      int
}

func hear(t *testing.T, pkts []packed, sets ...[]byte) (*assembler, *heard) {
	t.Helper()
	h := &heard{}
	a, err := newAssembler(&format.H264{PayloadTyp: 96, PacketizationMode: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sets {
		a.learn(s)
	}
	a.describe()
	a.take = func(p *flow.Packet) { h.pictures = append(h.pictures, p) }
	a.gap = func(n uint64) {
		h.lost += n
		if n == 0 {
			h.bad++
		}
	}
	for _, p := range pkts {
		a.add(&rtp.Packet{Header: rtp.Header{SequenceNumber: p.seq, Timestamp: p.ts, Marker: p.last}, Payload: p.payload()})
	}
	return a, h
}

// payload is a single unit, or an aggregation of several (RFC 6184 §5.7.1).
func (p packed) payload() []byte {
	if p.broken {
		return []byte{0x18, 0xff, 0xff, 1}
	}
	if len(p.units) == 1 {
		return p.units[0]
	}
	out := []byte{0x18}
	for _, u := range p.units {
		out = append(out, byte(len(u)>>8), byte(len(u)))
		out = append(out, u...)
	}
	return out
}

func join(units ...[]byte) []byte { return annexB(nil, units) }

func TestPicturesArePartedWhateverTheCameraMarks(t *testing.T) {
	whole := []([]byte){join(sps, pps, idr), join(inter), join(inter)}
	for _, c := range []struct {
		name string
		pkts []packed
		want [][]byte
	}{
		{"as the RFC says", []packed{
			{seq: 1, ts: 10, units: [][]byte{sps, pps}},
			{seq: 2, ts: 10, last: true, units: [][]byte{idr}},
			{seq: 3, ts: 20, last: true, units: [][]byte{inter}},
			{seq: 4, ts: 30, last: true, units: [][]byte{inter}},
		}, whole},
		{"no marks", []packed{
			{seq: 65534, ts: 10, units: [][]byte{sps, pps}},
			{seq: 65535, ts: 10, units: [][]byte{idr}},
			{seq: 0, ts: 20, units: [][]byte{inter}},
			{seq: 1, ts: 30, units: [][]byte{inter}},
			{seq: 2, ts: 40, units: [][]byte{inter}},
		}, whole},
		{"a mark after the parameter sets", []packed{
			{seq: 1, ts: 10, last: true, units: [][]byte{sps, pps}},
			{seq: 2, ts: 10, last: true, units: [][]byte{idr}},
			{seq: 3, ts: 20, last: true, units: [][]byte{inter}},
			{seq: 4, ts: 30, last: true, units: [][]byte{inter}},
		}, whole},
		{"said twice", []packed{
			{seq: 1, ts: 10, units: [][]byte{sps, pps}},
			{seq: 1, ts: 10, units: [][]byte{sps, pps}},
			{seq: 2, ts: 10, last: true, units: [][]byte{idr}},
			{seq: 3, ts: 20, last: true, units: [][]byte{inter}},
			{seq: 3, ts: 20, last: true, units: [][]byte{inter}},
			{seq: 4, ts: 30, last: true, units: [][]byte{inter}},
		}, whole},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, h := hear(t, c.pkts)
			if len(h.pictures) != len(c.want) || h.lost != 0 || h.bad != 0 {
				t.Fatalf("%d pictures, %d lost, %d bad", len(h.pictures), h.lost, h.bad)
			}
			for i, p := range h.pictures {
				if !bytes.Equal(p.Data, c.want[i]) || p.Key != (i == 0) {
					t.Errorf("picture %d: key %v, % x, want % x", i, p.Key, p.Data, c.want[i])
				}
				if want := time.Duration(i) * 10 * time.Second / 90000; p.PTS != want {
					t.Errorf("picture %d: at %v, want %v", i, p.PTS, want)
				}
			}
		})
	}
}

func TestKeyPicturesBringTheirParameterSets(t *testing.T) {
	for _, c := range []struct {
		name  string
		units [][]byte
		want  []byte
	}{
		{"in band", [][]byte{sps, pps, idr}, join(sps, pps, idr)},
		{"out of band", [][]byte{idr, idr}, join(sps, pps, idr, idr)},
		{"behind the delimiter", [][]byte{aud, idr}, join(aud, sps, pps, idr)},
		{"half", [][]byte{sps, idr}, join(sps, pps, sps, idr)},
		{"not needed", [][]byte{aud, inter}, join(aud, inter)},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, h := hear(t, []packed{{seq: 1, ts: 1, last: true, units: c.units}}, sps, pps)
			if len(h.pictures) != 1 || !bytes.Equal(h.pictures[0].Data, c.want) {
				t.Fatalf("got % x, want % x", h.pictures[0].Data, c.want)
			}
			s := h.pictures[0].Stream
			if s.Codec != "h264" || s.Width != 352 || s.Height != 288 || !bytes.Equal(s.Extradata, join(sps, pps)) {
				t.Errorf("stream %+v", s)
			}
		})
	}
}

func TestStreamsAreNewWhereParametersAre(t *testing.T) {
	key := func(i uint16, units ...[]byte) packed {
		return packed{seq: i, ts: uint32(i), last: true, units: units}
	}
	_, h := hear(t, []packed{
		key(1, sps, pps, pps1, idr),
		key(2, sps, pps, pps1, idr), // two sets of one kind are no change
		key(3, idr),
		key(4, otherSPS, pps, idr),
		key(5, otherSPS, pps, idr),
	})
	var streams []*flow.Stream
	var widths []int
	for _, p := range h.pictures {
		if !slices.Contains(streams, p.Stream) {
			streams = append(streams, p.Stream)
			widths = append(widths, p.Stream.Width)
		}
	}
	if !slices.Equal(widths, []int{352, 640}) {
		t.Errorf("streams of width %v in %d pictures", widths, len(h.pictures))
	}
}

func TestTornPicturesAreNoKeyPictures(t *testing.T) {
	for _, c := range []struct {
		name string
		pkts []packed
		keys []bool
		lost uint64
		bad  int
	}{
		{"within", []packed{
			{seq: 1, ts: 10, units: [][]byte{sps, pps}},
			{seq: 2, ts: 10, units: [][]byte{idr}},
			{seq: 4, ts: 10, last: true, units: [][]byte{idr}},
			{seq: 5, ts: 20, last: true, units: [][]byte{sps, pps, idr}},
		}, []bool{false, true}, 1, 0},
		{"its end and the next one's beginning", []packed{
			{seq: 1, ts: 10, units: [][]byte{sps, pps, idr}},
			{seq: 5, ts: 20, last: true, units: [][]byte{idr}},
		}, []bool{false, false}, 3, 0},
		{"only before it", []packed{
			{seq: 1, ts: 10, last: true, units: [][]byte{sps, pps, idr}},
			{seq: 4, ts: 20, last: true, units: [][]byte{aud, sps, pps, idr}},
		}, []bool{true, true}, 2, 0},
		{"unreadable", []packed{
			{seq: 1, ts: 10, units: [][]byte{sps, pps, idr}},
			{seq: 2, ts: 10, last: true, broken: true},
			{seq: 3, ts: 20, last: true, units: [][]byte{sps, pps, idr}},
		}, []bool{false, true}, 0, 1},
		{"the camera counts anew", []packed{
			{seq: 9, ts: 10, last: true, units: [][]byte{sps, pps, idr}},
			{seq: 1, ts: 20, last: true, units: [][]byte{sps, pps, idr}},
		}, []bool{true, true}, 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, h := hear(t, c.pkts)
			var keys []bool
			for _, p := range h.pictures {
				keys = append(keys, p.Key)
			}
			if !slices.Equal(keys, c.keys) || h.lost != c.lost || h.bad != c.bad {
				t.Errorf("keys %v, want %v; %d lost, want %d; %d bad, want %d", keys, c.keys, h.lost, c.lost, h.bad, c.bad)
			}
		})
	}
}

func TestAPictureHasBounds(t *testing.T) {
	large := append([]byte{0x65}, bytes.Repeat([]byte{7}, 60_000)...)
	var pkts []packed
	for i := range uint16(200) { // 12 MB
		pkts = append(pkts, packed{seq: i, ts: 10, units: [][]byte{large}})
	}
	pkts = append(pkts, packed{seq: 200, ts: 20, last: true, units: [][]byte{sps, pps, idr}})
	a, h := hear(t, pkts)
	if len(h.pictures) != 2 || len(h.pictures[0].Data) > maxPicture || h.pictures[0].Key || !h.pictures[1].Key || h.bad != 1 {
		t.Fatalf("%d pictures, the first of %d bytes; %d bad", len(h.pictures), len(h.pictures[0].Data), h.bad)
	}
	for id := range uint32(300) { // each its own picture parameter set
		a.learn([]byte{0x68, byte(id >> 8), byte(id), 0xff, 1})
	}
	if len(a.sets) > maxSets || a.learn(append([]byte{0x68}, make([]byte, maxSet)...)) {
		t.Errorf("%d parameter sets are kept", len(a.sets))
	}
}

func FuzzRTP(f *testing.F) {
	f.Add([]byte{0x65, 1, 2, 3}, true, false)
	f.Add([]byte{0x7c, 0x85, 1, 2}, false, false)
	f.Add([]byte{0x18, 0, 4, 0x68, 1, 2, 3, 0, 2, 0x65, 1}, true, false)
	f.Add([]byte{0x62, 1, 0x93, 1}, true, true)
	f.Add([]byte{0x60, 1, 0, 3, 0x42, 1, 1, 0, 3, 0x26, 1, 1}, true, true)
	f.Fuzz(func(t *testing.T, payload []byte, marker, h265 bool) {
		var forma format.Format = &format.H264{PayloadTyp: 96, PacketizationMode: 1}
		if h265 {
			forma = &format.H265{PayloadTyp: 96}
		}
		a, err := newAssembler(forma)
		if err != nil {
			t.Fatal(err)
		}
		a.take = check(t)
		for i, seq := range []uint16{0, 1, 2, 2, 7, 8} {
			a.add(&rtp.Packet{
				Header:  rtp.Header{Marker: marker, SequenceNumber: seq, Timestamp: uint32(i/2) << 30},
				Payload: bytes.Clone(payload),
			})
		}
	})
}

func FuzzUnits(f *testing.F) {
	f.Add(sps, pps, idr, false)
	f.Add(otherSPS, pps1, inter, false)
	f.Add([]byte{0x40, 1, 0x0c}, []byte{0x42, 1, 1, 1, 0x60}, []byte{0x26, 1, 1}, true)
	f.Fuzz(func(t *testing.T, one, two, three []byte, h265 bool) {
		s := avc
		if h265 {
			s = hevc
		}
		units := [][]byte{bytes.Clone(one), bytes.Clone(two), bytes.Clone(three)}
		a := assemble(s, nil, 90000, units...)
		a.take = check(t)
		for range 2 {
			a.collect(units)
			a.finish()
		}
	})
}

// check holds a picture to what others take for granted.
func check(t *testing.T) func(*flow.Packet) {
	return func(p *flow.Packet) {
		if !bytes.HasPrefix(p.Data, startCode[:]) || p.Stream == nil || len(p.Data) > maxPicture+len(p.Stream.Extradata) {
			t.Errorf("picture of %d bytes: % x…", len(p.Data), p.Data[:min(8, len(p.Data))])
		}
		if w, h := p.Stream.Width, p.Stream.Height; w < 0 || h < 0 || w > maxSide || h > maxSide {
			t.Errorf("size %d×%d", w, h)
		}
		declared(p.Stream)
	}
}
