package wire

import (
	"encoding/json"
	"fmt"

	"eastgate/shared/event"
)

// A BoxHello is what a box says when it is linked, and now and then: where each of its
// streams stands. The cloud answers with an Ack of what it has of what waits.
type BoxHello struct {
	Epoch   string   `json:"epoch"`
	Streams []Stream `json:"streams"`
}

// A Stream is how one priority of an epoch stands at the box.
type Stream struct {
	Priority event.Level `json:"priority"`
	// First is the lowest sequence that waits, Next the one that the next event
	// will get; they are equal when nothing waits. What lies before First and is
	// not at the cloud will not come by itself.
	First uint64 `json:"first"`
	Next  uint64 `json:"next"`
	// Kept is the lowest sequence that the box can still send again when it is
	// asked to; First when it keeps nothing that was acknowledged.
	Kept uint64 `json:"kept"`
	// Shed is what gave way in this epoch, if anything did.
	Shed *Shed `json:"shed,omitempty"`
}

// A Shed says how many events gave way to more urgent ones. Between First and Last
// others may have been delivered: Count is exact, the ends are bounds.
type Shed struct {
	Count uint64 `json:"count"`
	First uint64 `json:"first"`
	Last  uint64 `json:"last"`
}

// Encode returns h as JSON.
func (h BoxHello) Encode() []byte { return encode(h) }

// DecodeHello reads what came on a hello topic.
func DecodeHello(payload []byte) (BoxHello, error) {
	var h BoxHello
	if err := decodeSmall(payload, &h); err != nil {
		return BoxHello{}, fmt.Errorf("hello: %w", err)
	}
	if !ValidEpoch(h.Epoch) || len(h.Streams) > len(event.Levels) {
		return BoxHello{}, fmt.Errorf("hello: epoch %.40q with %d streams is not acceptable", h.Epoch, len(h.Streams))
	}
	seen := map[event.Level]bool{}
	for _, s := range h.Streams {
		if seen[s.Priority] || s.Priority < event.Urgent || s.Priority > event.Minor ||
			s.Kept == 0 || s.First < s.Kept || s.Next < s.First || s.Next > MaxSequence {
			return BoxHello{}, fmt.Errorf("hello: stream %+v is not acceptable", s)
		}
		if d := s.Shed; d != nil && (d.First == 0 || d.Last < d.First || d.Last >= s.Next || d.Count > d.Last-d.First+1) {
			return BoxHello{}, fmt.Errorf("hello: shed %+v of priority %d is not acceptable", *d, s.Priority)
		}
		seen[s.Priority] = true
	}
	return h, nil
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings and integers always encode
	}
	return b
}
