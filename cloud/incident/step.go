package incident

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"eastgate/cloud/governance"
	"eastgate/shared/event"
)

// A Step is one row of an incident's history, which is only ever added to, and of
// the feed of changes.
type Step struct {
	Position int64  `json:"position"` // in the feed of all incidents, given by the store
	Incident string `json:"incident"`
	Seq      int64  `json:"seq"` // from 1, and the incident's version after it
	Action   Action `json:"action"`
	From     State  `json:"from,omitempty"`
	To       State  `json:"to"`
	Actor    string `json:"actor,omitempty"` // empty for who reports: see Reporting
	Role     Role   `json:"role"`
	Unit     string `json:"unit,omitempty"`
	// At is when it happened, by the clock of who tells it; ReceivedAt is the
	// centre's clock. Both have milliseconds.
	At         time.Time       `json:"at"`
	ReceivedAt time.Time       `json:"received_at"`
	Reason     string          `json:"reason,omitempty"`
	Detail     json.RawMessage `json:"detail,omitempty"` // a Detail, as it was hashed
	PrevHash   string          `json:"prev_hash"`
	Hash       string          `json:"hash"`
}

// A Detail is what a step adds to an incident. All that a later catalogue could say
// differently is written down here, so that history means the same for ever.
type Detail struct {
	Command
	Opening   *Opening                      `json:"opening,omitempty"`
	Record    *Record                       `json:"record,omitempty"`
	Deadlines map[governance.Step]time.Time `json:"deadlines,omitempty"`
	Domain    string                        `json:"domain,omitempty"` // of a new class
	Taken     []Discovery                   `json:"taken,omitempty"`  // over from a duplicate
	Alone     bool                          `json:"alone,omitempty"`  // an alarm: not yet seen by who assesses level 1
}

// MarshalJSON leaves out what the step says itself.
func (d Detail) MarshalJSON() ([]byte, error) {
	type plain Detail
	p := struct {
		plain
		Action *struct{} `json:"action,omitempty"`
		Reason *struct{} `json:"reason,omitempty"`
	}{plain: plain(d)}
	return json.Marshal(p)
}

// An Opening is what an incident is when it begins.
type Opening struct {
	Class     string      `json:"class"`
	Domain    string      `json:"domain,omitempty"`
	Profile   string      `json:"profile,omitempty"`
	Level     event.Level `json:"level"`
	Signal    bool        `json:"signal,omitempty"`
	Test      bool        `json:"test,omitempty"`
	Exercise  bool        `json:"exercise,omitempty"`
	Health    bool        `json:"health,omitempty"`
	Place     string      `json:"place"`
	PlaceName string      `json:"place_name,omitempty"`
	Unit      string      `json:"unit,omitempty"`
}

// hash is SHA-256 over the hash before and the row, written as a JSON array: anyone
// can compute it again.
func (s Step) hash() string {
	row, err := json.Marshal([]any{
		s.PrevHash, s.Incident, s.Seq, s.Action, s.From, s.To, s.Actor, s.Role, s.Unit,
		s.At.UnixMilli(), s.ReceivedAt.UnixMilli(), s.Reason, string(s.Detail),
	})
	if err != nil {
		panic(err) // strings and numbers
	}
	sum := sha256.Sum256(row)
	return hex.EncodeToString(sum[:])
}

// VerifyHistory reports the first step of a history that was changed, taken out, added or
// moved. head is the incident's Head, which tells when steps are missing at the end.
func VerifyHistory(steps []Step, head string) error {
	prev := ""
	for n, s := range steps {
		switch {
		case s.Seq != int64(n+1):
			return fmt.Errorf("history of %s: step %d is where %d should be", s.Incident, s.Seq, n+1)
		case s.Incident != steps[0].Incident:
			return fmt.Errorf("history of %s: step %d is of %s", steps[0].Incident, s.Seq, s.Incident)
		case s.PrevHash != prev:
			return fmt.Errorf("history of %s: step %d does not follow the one before", s.Incident, s.Seq)
		case s.Hash != s.hash():
			return fmt.Errorf("history of %s: step %d was changed", s.Incident, s.Seq)
		}
		prev = s.Hash
	}
	if prev != head {
		return fmt.Errorf("history has %d steps and does not end where the incident does", len(steps))
	}
	return nil
}

// Replay returns the incident that a history makes: what the store keeps besides
// is only for finding it. The number is the store's.
func Replay(steps []Step) (Incident, error) {
	var i Incident
	for _, s := range steps {
		var d Detail
		if len(s.Detail) > 0 {
			if err := json.Unmarshal(s.Detail, &d); err != nil {
				return Incident{}, fmt.Errorf("history of %s: detail of step %d: %w", s.Incident, s.Seq, err)
			}
		}
		i = i.after(s, d)
	}
	return i, nil
}

// A draft is an incident with steps that are not yet written.
type draft struct {
	i        Incident
	before   int64 // the version in the store
	steps    []Step
	episodes []string // that belong to it from now on
	key      string   // where others join it
	report   *Reporting
}

// edit begins a draft of an incident that is in the store.
func edit(i Incident) *draft { return &draft{i: i, before: i.Version} }

// add writes a step down and takes it.
func (d *draft) add(s Step, det Detail) error {
	s.Incident, s.Seq, s.From, s.PrevHash = d.i.ID, d.i.Version+1, d.i.State, d.i.Head
	if s.To == "" {
		s.To = s.From
	}
	s.At, s.ReceivedAt = s.At.UTC().Truncate(time.Millisecond), s.ReceivedAt.UTC().Truncate(time.Millisecond)
	text, err := json.Marshal(det)
	if err != nil {
		return err
	}
	if string(text) != "{}" {
		s.Detail = text
	}
	s.Hash = s.hash()
	d.i = d.i.after(s, det)
	d.steps = append(d.steps, s)
	return nil
}
