package wire

import (
	"cmp"
	"fmt"
	"slices"

	"eastgate/shared/event"
)

// An Ack says what the cloud has committed: for each priority of one epoch the
// ranges of sequences, both ends included.
type Ack struct {
	Epoch  string  `json:"epoch"`
	Ranges []Range `json:"ranges"`
	// Hello marks the answer to a hello: of what waits, all that the cloud has.
	Hello bool `json:"hello,omitempty"`
}

// A Range is a run of sequences of one priority, both ends included.
type Range struct {
	Priority event.Level `json:"priority"`
	First    uint64      `json:"first"`
	Last     uint64      `json:"last"`
}

// MaxRanges bounds what one message may name.
const MaxRanges = 1024

// AcksFor returns one Ack per epoch for the positions given, in runs.
func AcksFor(ps []Position) []Ack {
	byEpoch := map[string]*Ack{}
	var order []string
	for _, p := range sortedPositions(ps) {
		a := byEpoch[p.Epoch]
		if a == nil {
			a = &Ack{Epoch: p.Epoch}
			byEpoch[p.Epoch] = a
			order = append(order, p.Epoch)
		}
		if n := len(a.Ranges); n > 0 && a.Ranges[n-1].Priority == p.Priority && p.Sequence <= a.Ranges[n-1].Last+1 {
			a.Ranges[n-1].Last = max(a.Ranges[n-1].Last, p.Sequence)
			continue
		}
		a.Ranges = append(a.Ranges, Range{p.Priority, p.Sequence, p.Sequence})
	}
	acks := make([]Ack, 0, len(order))
	for _, e := range order {
		acks = append(acks, *byEpoch[e])
	}
	return acks
}

// Encode returns a as JSON.
func (a Ack) Encode() []byte { return encode(a) }

// DecodeAck reads what came on an ack topic.
func DecodeAck(payload []byte) (Ack, error) {
	var a Ack
	if err := decodeSmall(payload, &a); err != nil {
		return Ack{}, fmt.Errorf("ack: %w", err)
	}
	if err := checkRanges(a.Epoch, a.Ranges); err != nil {
		return Ack{}, fmt.Errorf("ack: %w", err)
	}
	return a, nil
}

func checkRanges(epoch string, ranges []Range) error {
	if !ValidEpoch(epoch) || len(ranges) > MaxRanges {
		return fmt.Errorf("epoch %.40q with %d ranges is not acceptable", epoch, len(ranges))
	}
	for _, r := range ranges {
		if r.First == 0 || r.Last < r.First || r.Priority < event.Urgent || r.Priority > event.Minor {
			return fmt.Errorf("range %+v is not acceptable", r)
		}
	}
	return nil
}

func sortedPositions(ps []Position) []Position {
	ps = slices.Clone(ps)
	slices.SortFunc(ps, func(a, b Position) int {
		return cmp.Or(cmp.Compare(a.Epoch, b.Epoch), cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Sequence, b.Sequence))
	})
	return ps
}
