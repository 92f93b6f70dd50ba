package live

import (
	"fmt"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4/seekablebuffer"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4"

	"eastgate/edge/flow"
	"eastgate/edge/fragment"
	"eastgate/shared/wire"
)

// A reel puts packets into live messages, the coded pictures as they are.
type reel struct {
	stream  *flow.Stream
	seq     uint32
	decoded int64 // decoding time of the last picture, in ticks
	shown   int64 // and when it is shown
	step    int64 // between two pictures, about
	begin   time.Duration
	leading bool // pictures shown before begin may come, which need what nobody has
}

// mostStep is the longest time between two pictures that says something of the others.
const mostStep = 2 * fragment.Timescale

// next returns the messages that a packet makes: none, its picture, or a new head and
// its picture. skip says that pictures before it were left out.
func (f *reel) next(p *flow.Packet, skip bool) ([][]byte, error) {
	var out [][]byte
	if p.Stream != f.stream {
		head, err := f.head(p)
		if err != nil {
			return nil, err
		}
		f.stream, f.step = p.Stream, fragment.Timescale/25
		out, skip = append(out, head), true
	}
	if skip {
		f.begin, f.leading = p.PTS, true
		f.shown, f.decoded = fragment.Ticks(p.PTS)-f.step, fragment.Ticks(p.PTS)-f.step
	}
	if f.leading && p.PTS < f.begin { // as H.265 RASL pictures (ITU-T H.265 §8.1.3)
		return out, nil
	}
	if p.PTS > f.begin {
		f.leading = false
	}
	body, err := f.picture(p)
	if err != nil {
		return nil, err
	}
	h := wire.LiveHeader{Kind: wire.LivePicture, Seq: f.seq, Captured: p.Received, PTS: uint64(max(fragment.Ticks(p.PTS), 0))} //nolint:gosec // not below 0
	if p.Key {
		h.Flags |= wire.LiveKey
	}
	if skip {
		h.Flags |= wire.LiveSkip
	}
	return append(out, append(h.Append(make([]byte, 0, wire.LiveHeaderBytes+len(body))), body...)), nil
}

// head returns the message with the MP4's head.
func (f *reel) head(p *flow.Packet) ([]byte, error) {
	codec, err := fragment.Describe(p.Stream)
	if err != nil {
		return nil, err
	}
	name, err := codecName(codec)
	if err != nil {
		return nil, err
	}
	var buf seekablebuffer.Buffer
	init := fmp4.Init{Tracks: []*fmp4.InitTrack{{ID: 1, TimeScale: fragment.Timescale, Codec: codec}}}
	if err := init.Marshal(&buf); err != nil {
		return nil, fmt.Errorf("head of live pictures: %w", err)
	}
	out := wire.LiveHeader{Kind: wire.LiveInit, Seq: f.seq, Captured: p.Received}.Append(nil)
	out = append(out, byte(len(name)))
	return append(append(out, name...), buf.Bytes()...), nil
}

// picture returns one picture as a fragment.
//
// Cameras give the times of showing only. A browser gives a film up until the next key
// picture when its decoding times step by more than twice what a picture is said to last
// (Media Source Extensions §3.5.8), which a camera that leaves one out, or sends pictures
// out of their order, would have them do. So decoding times follow the times of showing
// in steps that are small enough; the difference is signed (trun version 1).
func (f *reel) picture(p *flow.Packet) ([]byte, error) {
	shown := fragment.Ticks(p.PTS)
	decoded := min(max(shown, f.decoded+1), f.decoded+2*f.step-1)
	if step := shown - f.shown; step > 0 && step < mostStep {
		f.step = max(f.step+(step-f.step)/4, 2)
	}
	f.decoded, f.shown = decoded, shown
	f.seq++
	var buf seekablebuffer.Buffer
	part := fmp4.Part{SequenceNumber: f.seq, Tracks: []*fmp4.PartTrack{{
		ID: 1, BaseTime: uint64(max(decoded, 0)), //nolint:gosec // not below 0
		Samples: []*fmp4.Sample{{
			Duration: uint32(f.step), PTSOffset: int32(shown - decoded), //nolint:gosec // some seconds
			IsNonSyncSample: !p.Key, Payload: fragment.LengthPrefixed(p.Data),
		}},
	}}}
	if err := part.Marshal(&buf); err != nil {
		return nil, fmt.Errorf("live picture: %w", err)
	}
	return buf.Bytes(), nil
}

// codecName is how browsers call a codec (RFC 6381; ISO/IEC 14496-15 annex E).
func codecName(c mp4.Codec) (string, error) {
	switch c := c.(type) {
	case *mp4.CodecH264:
		return fmt.Sprintf("avc1.%02x%02x%02x", c.SPS[1], c.SPS[2], c.SPS[3]), nil
	case *mp4.CodecH265:
		var sps h265.SPS
		if err := sps.Unmarshal(c.SPS); err != nil {
			return "", fmt.Errorf("parameters of the camera's H.265: %w", err)
		}
		p := sps.ProfileTierLevel
		var compatible uint32
		for i, on := range p.GeneralProfileCompatibilityFlag {
			if on {
				compatible |= 1 << i // said in the reverse order
			}
		}
		tier := "L"
		if p.GeneralTierFlag == 1 {
			tier = "H"
		}
		return fmt.Sprintf("hvc1.%d.%X.%s%d.B0", p.GeneralProfileIdc, compatible, tier, p.GeneralLevelIdc), nil
	}
	return "", fmt.Errorf("browsers have no name for %T", c)
}
