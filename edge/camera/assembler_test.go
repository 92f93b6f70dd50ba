package camera

import (
	"bytes"
	"testing"

	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/pion/rtp"
)

func units(us ...[]byte) [][]byte { return us }

func TestPictureJoinsUnits(t *testing.T) {
	sps := []byte{0x67, 0x42, 0xc0, 0x1e, 0xd9, 0x03, 0xc5, 0x68, 0x40, 0x00, 0x00, 0x03, 0x00, 0x40, 0x00, 0x00, 0x0c, 0x83, 0xc5, 0x8b, 0x92}
	a := assemble(avc, nil, nil, nil)
	before := a.stream
	p := a.picture(units(sps, []byte{0x68, 1, 2}, []byte{}, []byte{9}, []byte{0x65, 3, 4}))
	if !p.Key || p.Stream == before || !bytes.HasSuffix(p.Data, []byte{0, 0, 0, 1, 0x65, 3, 4}) {
		t.Errorf("got key %v, new stream %v, data %x", p.Key, p.Stream != before, p.Data)
	}
	if again := a.picture(units(sps, []byte{0x65, 5, 6})); again.Stream != p.Stream {
		t.Error("the same parameter sets made a new stream")
	}
	if other := a.picture(units([]byte{0x41, 7, 8})); other.Key || other.Stream != p.Stream {
		t.Errorf("a picture that needs others: %+v", other)
	}
	if a.picture(units([]byte{}, []byte{1})) != nil {
		t.Error("nothing but empty units made a picture")
	}
}

func FuzzPicture(f *testing.F) {
	f.Add([]byte{0x67, 0x42, 0xc0, 0x1e}, []byte{0x65, 1}, false)
	f.Add([]byte{0x42, 0x01, 0x01}, []byte{0x26, 1, 2}, true)
	f.Fuzz(func(t *testing.T, first, second []byte, h265 bool) {
		s, n := avc, 2
		if h265 {
			s, n = hevc, 3
		}
		a := assemble(s, nil, make([][]byte, n)...)
		for range 2 {
			if p := a.picture([][]byte{bytes.Clone(first), bytes.Clone(second)}); p != nil && !bytes.HasPrefix(p.Data, startCode[:]) {
				t.Errorf("data begins with %x", p.Data[:min(8, len(p.Data))])
			}
		}
	})
}

func FuzzRTP(f *testing.F) {
	f.Add([]byte{0x65, 1, 2, 3}, true, false)
	f.Add([]byte{0x7c, 0x85, 1, 2}, false, false)
	f.Add([]byte{0x62, 1, 0x93, 1}, true, true)
	f.Fuzz(func(t *testing.T, payload []byte, marker, h265 bool) {
		a, err := newAssembler(testFormat(h265))
		if err != nil {
			t.Fatal(err)
		}
		for i := range uint16(3) {
			a.add(&rtp.Packet{Header: rtp.Header{Version: 2, Marker: marker, SequenceNumber: i, PayloadType: 96}, Payload: bytes.Clone(payload)})
		}
	})
}

func testFormat(h265 bool) format.Format {
	if h265 {
		return &format.H265{PayloadTyp: 96}
	}
	return &format.H264{PayloadTyp: 96, PacketizationMode: 1}
}

// BenchmarkPicture is the cost of our own part of receiving: joining one picture
// of a 2 Mbit/s stream.
func BenchmarkPicture(b *testing.B) {
	a := assemble(avc, nil, nil, nil)
	picture := units(make([]byte, 10_000))
	picture[0][0] = 0x41
	b.SetBytes(10_000)
	b.ReportAllocs()
	for b.Loop() {
		a.picture(picture)
	}
}
