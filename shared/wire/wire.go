// Package wire says how edge and cloud speak: topics, the envelope of an event
// batch, and the acknowledgement. DESIGN.md tells the whole protocol.
//
// Everything that comes in is bounded and checked here; what passes Decode can
// be stored.
package wire

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"eastgate/shared/event"
)

// Bounds of one message on the event topic.
const (
	MaxBatch = 50       // events
	MaxBytes = 64 << 10 // bytes of one MQTT payload
	MaxEvent = 16 << 10 // bytes of one encoded event, before its position
)

// TypeEvent is the CloudEvents type of an event.
const TypeEvent = "eastgate.event.v1"

// A Position is an event's place in what a box has to say. It is never used
// twice: a new outbox file starts a new Epoch, and Sequence counts from 1
// without gaps within (Epoch, Priority).
type Position struct {
	Epoch    string
	Priority event.Level
	Sequence uint64
}

// MaxSequence bounds sequences: a box that stores a million events a second reaches
// it after a hundred thousand years.
const MaxSequence = 1 << 62

// Valid reports whether p can be acknowledged.
func (p Position) Valid() bool {
	return ValidEpoch(p.Epoch) && p.Priority >= event.Urgent && p.Priority <= event.Minor && p.Sequence > 0 && p.Sequence <= MaxSequence
}

// An Item is an event with its place in the stream.
type Item struct {
	Position
	// Backfill says that the event waited at the edge and is no news.
	Backfill bool
	Event    event.Event
}

// envelope is the CloudEvents 1.0 JSON form (CloudEvents JSON format §3).
// sequence, epoch, priority and backfill are extension attributes: they are
// known only when the event is sent, and sending must not encode it again.
type envelope struct {
	Epoch    string      `json:"epoch,omitempty"`
	Priority event.Level `json:"priority,omitempty"`
	Sequence string      `json:"sequence,omitempty"`
	Backfill bool        `json:"backfill,omitempty"`

	SpecVersion string       `json:"specversion"`
	ID          string       `json:"id"`
	Source      event.Source `json:"source"`
	Type        string       `json:"type"`
	Time        time.Time    `json:"time"`
	ContentType string       `json:"datacontenttype,omitempty"`
	Data        *event.Event `json:"data"`
}

// EncodeEvent returns e as one CloudEvent without its position: the form in
// which it waits in the outbox.
func EncodeEvent(e *event.Event) ([]byte, error) {
	if err := e.Validate(); err != nil {
		return nil, fmt.Errorf("encode event %s: %w", e.ID, err)
	}
	b, err := json.Marshal(envelope{
		SpecVersion: "1.0", ID: e.ID, Source: e.Source, Type: TypeEvent, Time: e.Time,
		ContentType: "application/json", Data: e,
	})
	if err != nil {
		return nil, fmt.Errorf("encode event %s: %w", e.ID, err)
	}
	if len(b) > MaxEvent {
		return nil, fmt.Errorf("encode event %s: %d bytes, at most %d are allowed", e.ID, len(b), MaxEvent)
	}
	return b, nil
}

// A Queued event is an encoded event and its place.
type Queued struct {
	Position
	Backfill bool
	Body     []byte // from EncodeEvent
}

// AppendBatch appends the CloudEvents JSON batch of items to dst. The bodies are
// not decoded again: each one's position is written in front of its attributes.
func AppendBatch(dst []byte, items []Queued) []byte {
	dst = append(dst, '[')
	for i, q := range items {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"epoch":"`...)
		dst = append(dst, q.Epoch...)
		dst = append(dst, `","priority":`...)
		dst = strconv.AppendInt(dst, int64(q.Priority), 10)
		dst = append(dst, `,"sequence":"`...)
		dst = fmt.Appendf(dst, "%020d", q.Sequence)
		dst = append(dst, '"')
		if q.Backfill {
			dst = append(dst, `,"backfill":true`...)
		}
		dst = append(dst, ',')
		dst = append(dst, q.Body[1:]...) // Body begins with '{'
	}
	return append(dst, ']')
}

// positionRoom is more than AppendBatch adds to a body.
const positionRoom = 160

// BatchBytes returns an upper bound of what q adds to a batch.
func BatchBytes(q Queued) int { return len(q.Body) + positionRoom }

// A Refusal is an item that cannot be stored as an event, with its place so
// that it can be acknowledged and does not come again for ever.
type Refusal struct {
	Position
	Raw []byte
	Err error
}

// DecodeBatch reads what came on the event topic of site and box. Items that
// break the contract come back as refusals; the others stand. An error means
// that nothing of the payload could be read, not even whom to answer.
func DecodeBatch(payload []byte, site, box string) ([]Item, []Refusal, error) {
	if len(payload) > MaxBytes {
		return nil, nil, fmt.Errorf("event batch of %d bytes, at most %d are allowed", len(payload), MaxBytes)
	}
	if items := decodeSound(payload, site, box); items != nil {
		return items, nil, nil
	}
	var raws []json.RawMessage
	if err := json.Unmarshal(payload, &raws); err != nil {
		return nil, nil, fmt.Errorf("event batch: %w", err)
	}
	if len(raws) == 0 || len(raws) > MaxBatch {
		return nil, nil, fmt.Errorf("event batch of %d events, 1 to %d are allowed", len(raws), MaxBatch)
	}
	items := make([]Item, 0, len(raws))
	var refused []Refusal
	for _, raw := range raws {
		it, err := decodeItem(raw, site, box)
		if err != nil {
			refused = append(refused, Refusal{Position: it.Position, Raw: raw, Err: err})
			continue
		}
		items = append(items, it)
	}
	return items, refused, nil
}

// decodeSound reads a batch in which nothing is wrong, as nearly all are, in one pass;
// else nil.
func decodeSound(payload []byte, site, box string) []Item {
	var envs []envelope
	if json.Unmarshal(payload, &envs) != nil || len(envs) == 0 || len(envs) > MaxBatch {
		return nil
	}
	items := make([]Item, len(envs))
	for i, env := range envs {
		var err error
		if items[i], err = env.item(nil, site, box); err != nil {
			return nil
		}
	}
	return items
}

func decodeItem(raw []byte, site, box string) (Item, error) {
	var env envelope
	err := json.Unmarshal(raw, &env)
	return env.item(err, site, box)
}

// item checks an envelope that was read with err.
func (env envelope) item(err error, site, box string) (Item, error) {
	var it Item
	// The position is read even where the rest is wrong, so that the refusal can
	// be acknowledged.
	it.Epoch, it.Priority, it.Backfill = env.Epoch, env.Priority, env.Backfill
	seq, seqErr := strconv.ParseUint(env.Sequence, 10, 64)
	it.Sequence = seq
	switch {
	case err != nil:
		return it, err
	case seqErr != nil || seq == 0 || seq > MaxSequence:
		return it, fmt.Errorf("sequence %.30q is no number from 1 to %d", env.Sequence, uint64(MaxSequence))
	case !ValidEpoch(env.Epoch):
		return it, fmt.Errorf("epoch %.40q is no ULID", env.Epoch)
	case env.Priority < event.Urgent || env.Priority > event.Minor:
		return it, fmt.Errorf("priority %d is not from %d to %d", env.Priority, event.Urgent, event.Minor)
	case env.SpecVersion != "1.0":
		return it, fmt.Errorf("specversion %.10q is not 1.0", env.SpecVersion)
	case env.Type != TypeEvent:
		return it, fmt.Errorf("type %.60q is not %s", env.Type, TypeEvent)
	case env.Data == nil:
		return it, fmt.Errorf("no data")
	case env.Data.ID != env.ID || env.Data.Source != env.Source:
		return it, fmt.Errorf("id or source of the data are not the envelope's")
	}
	if s, b, _, ok := env.Source.Split(); !ok || s != site || b != box {
		return it, fmt.Errorf("source %.80q does not belong to /%s/%s", env.Source, site, box)
	}
	if err := env.Data.Validate(); err != nil {
		return it, err
	}
	it.Event = *env.Data
	return it, nil
}

// ValidEpoch reports whether s can name an epoch: a ULID.
func ValidEpoch(s string) bool {
	if len(s) != 26 {
		return false
	}
	for _, c := range s {
		if !strings.ContainsRune("0123456789ABCDEFGHJKMNPQRSTVWXYZ", c) {
			return false
		}
	}
	return true
}

// NewEpoch names a new outbox file.
func NewEpoch() string { return event.NewID() }
