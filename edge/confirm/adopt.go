package confirm

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"eastgate/edge/flow"
	"eastgate/shared/event"
)

// A Kept is an open episode as it outlives its confirmer and the program.
type Kept struct {
	Kind     event.Kind     `json:"kind"`
	Zone     string         `json:"zone,omitempty"`
	Subject  string         `json:"subject,omitempty"`
	ID       string         `json:"id"`
	Since    time.Time      `json:"since"`
	Seen     time.Time      `json:"seen"`
	Age      time.Duration  `json:"age,omitempty"`
	Score    float64        `json:"score"`
	Box      event.Box      `json:"box"`
	Note     string         `json:"note,omitempty"`
	Why      event.Why      `json:"why,omitempty"`
	Detector event.Detector `json:"detector"`
}

// Open returns the episodes that have begun and not ended. c must not be running.
func (c *Confirmer) Open() []Kept {
	out := []Kept{}
	for _, ep := range c.cases {
		if ep.open() {
			out = append(out, Kept{
				Kind: ep.kind, Zone: ep.zone, Subject: ep.subject, ID: ep.id, Since: ep.since, Seen: ep.seenAt, Age: ep.age,
				Score: ep.score, Box: ep.box, Note: ep.note, Why: ep.why, Detector: ep.detector,
			})
		}
	}
	slices.SortFunc(out, func(a, b Kept) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// Adopt takes over the open episodes of the confirmer that the same camera had before
// its settings were changed or the box restarted, so that a fire under way or a stay
// remains one episode; what is over when somebody looks again gets its end then. It
// returns the ends of those that nobody can see the end of any more: their kind is not
// among kinds, which are looked for now, or their zone is gone.
//
// c must not be running.
func (c *Confirmer) Adopt(open []Kept, kinds []event.Kind) []flow.Confirmed {
	var ends []flow.Confirmed
	for _, k := range open {
		ep := &episode{
			key: key{k.Kind, k.Zone, k.Subject}, id: k.ID, since: k.Since, seenAt: k.Seen, age: k.Age,
			score: k.Score, box: k.Box, note: k.Note, why: k.Why, detector: k.Detector,
			seenPTS: -1, // media time begins anew
		}
		_, marked := c.zones[k.Zone]
		if slices.Contains(kinds, k.Kind) && (k.Zone == "" || marked) && len(c.cases) < maxCases {
			c.cases[ep.key] = ep
			continue
		}
		ep.note = SettingsChanged
		ends = append(ends, c.event(ep, event.End, flow.Observation{Detector: ep.detector}))
	}
	return ends
}

// SettingsChanged is the note of an episode that ended because its camera's settings
// were changed.
const SettingsChanged = "settings_changed"

// keptForm is the version of what save writes.
const keptForm = 1

type keptFile struct {
	Form int    `json:"form"`
	Open []Kept `json:"open"`
}

// save tells Keep which episodes are open.
func (c *Confirmer) save() {
	if c.Keep == nil {
		return
	}
	if data, err := json.Marshal(keptFile{keptForm, c.Open()}); err == nil {
		c.Keep(data)
	}
}

// ReadKept reads what Keep was told.
func ReadKept(data []byte) ([]Kept, error) {
	var f keptFile
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("open episodes: %w", err)
	}
	if f.Form != keptForm {
		return nil, fmt.Errorf("open episodes: form %d is not %d", f.Form, keptForm)
	}
	for _, k := range f.Open {
		if k.ID == "" || !k.Kind.Known() {
			return nil, fmt.Errorf("open episodes: one of kind %.40q with id %.40q", k.Kind, k.ID)
		}
	}
	return f.Open, nil
}
