package evidence

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4/seekablebuffer"

	"eastgate/edge/flow"
	"eastgate/edge/fragment"
)

// MP4 is the media type of a clip.
const MP4 = "video/mp4"

// sameCodec parts packets where the codec changes: a clip has one.
func sameCodec(packets []*flow.Packet) [][]*flow.Packet {
	var parts [][]*flow.Packet
	for i, p := range packets {
		if i == 0 || p.Stream.Codec != packets[i-1].Stream.Codec {
			parts = append(parts, packets[i:i:len(packets)])
		}
		last := &parts[len(parts)-1]
		*last = append(*last, p)
	}
	return parts
}

// mux returns packets of one codec, which begin with a key picture, as fragmented
// MP4 (ISO/IEC 14496-12), the coded pictures as they are. Each group of pictures is
// a fragment.
func mux(packets []*flow.Packet) ([]byte, error) {
	packets = decodable(packets)
	if len(packets) == 0 {
		return nil, errors.New("no key picture was received")
	}
	codec, err := fragment.Describe(packets[0].Stream)
	if err != nil {
		return nil, err
	}
	var out seekablebuffer.Buffer
	size := 0
	for _, p := range packets {
		size += len(p.Data) + 64
	}
	out.Grow(size + 4096)
	init := fmp4.Init{Tracks: []*fmp4.InitTrack{{ID: 1, TimeScale: fragment.Timescale, Codec: codec}}}
	if err := init.Marshal(&out); err != nil {
		return nil, fmt.Errorf("write clip: %w", err)
	}
	samples, times := samplesOf(packets)
	number := uint32(0)
	for first := 0; first < len(packets); {
		end := first + 1
		for end < len(packets) && !packets[end].Key {
			end++
		}
		part := fmp4.Part{SequenceNumber: number, Tracks: []*fmp4.PartTrack{
			{ID: 1, BaseTime: uint64(times[first]), Samples: samples[first:end]}, //nolint:gosec // times begin at 0
		}}
		if err := part.Marshal(&out); err != nil {
			return nil, fmt.Errorf("write clip: %w", err)
		}
		first, number = end, number+1
	}
	return out.Bytes(), nil
}

// decodable returns packets from the first key picture on, without the pictures
// that are shown before it: those may need what came earlier (H.265 RASL pictures,
// ITU-T H.265 §8.1.3), and nothing needs them.
func decodable(packets []*flow.Packet) []*flow.Packet {
	first := slices.IndexFunc(packets, func(p *flow.Packet) bool { return p.Key })
	if first < 0 {
		return nil
	}
	packets = packets[first:]
	begin := packets[0].PTS
	if !slices.ContainsFunc(packets, func(p *flow.Packet) bool { return p.PTS < begin }) {
		return packets
	}
	return slices.DeleteFunc(slices.Clone(packets), func(p *flow.Packet) bool { return p.PTS < begin })
}

// samplesOf returns a sample and its decoding time for each packet.
//
// Cameras give the times of showing only. Decoding times are the same times in
// rising order, so that nothing is taken from the coded pictures and every codec
// and depth of reordering is right; the difference is signed (trun version 1).
func samplesOf(packets []*flow.Packet) ([]*fmp4.Sample, []int64) {
	begin := packets[0].PTS
	times := make([]int64, len(packets))
	for i, p := range packets {
		times[i] = fragment.Ticks(p.PTS - begin)
	}
	shown := slices.Clone(times)
	slices.Sort(times)
	for i := 1; i < len(times); i++ { // two pictures of one time must not stand still
		times[i] = max(times[i], times[i-1]+1)
	}
	samples := make([]*fmp4.Sample, len(packets))
	step := int64(fragment.Timescale / 25) // of the last picture, if it is the only one
	var sets keySets
	for i, p := range packets {
		if i+1 < len(packets) {
			step = times[i+1] - times[i]
		}
		samples[i] = &fmp4.Sample{
			Duration: uint32(min(step, 1<<31)), PTSOffset: int32(shown[i] - times[i]), //nolint:gosec // a clip is minutes
			IsNonSyncSample: !p.Key, Payload: fragment.LengthPrefixed(sets.before(p), p.Data),
		}
	}
	return samples, times
}

// keySets says which parameter sets must stand before a picture. The clip's head
// holds the first ones; once others have come, every key picture carries its own.
type keySets struct {
	head    []byte
	changed bool
}

func (k *keySets) before(p *flow.Packet) []byte {
	if k.head == nil {
		k.head = p.Stream.Extradata
	}
	k.changed = k.changed || !bytes.Equal(k.head, p.Stream.Extradata)
	if k.changed && p.Key {
		return p.Stream.Extradata
	}
	return nil
}
