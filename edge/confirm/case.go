package confirm

import (
	"cmp"
	"slices"
	"time"

	"eastgate/edge/flow"
	"eastgate/edge/zone"
	"eastgate/shared/event"
)

// A Case is one thing that was seen and has not ended, with how far it is from being
// an event. Lengths are seconds.
type Case struct {
	Kind     event.Kind `json:"kind"`
	Zone     string     `json:"zone,omitempty"`
	Subject  string     `json:"subject,omitempty"`
	Box      event.Box  `json:"box"`
	Score    float64    `json:"score"`
	Note     string     `json:"note,omitempty"`
	Pictures int        `json:"pictures"` // on which it was seen
	// Raised says that it is an event; otherwise Lacks says what for.
	Raised bool  `json:"raised"`
	Lacks  Lacks `json:"lacks,omitempty"`
	// Held is what Need is compared with: the thing's age for a stay, evidence for others.
	Held float64 `json:"held_s"`
	Need float64 `json:"need_s"`
}

// Lacks is a word for what a case lacks.
type Lacks string

// The words.
const (
	LacksScore    Lacks = "score"    // it is less than the zone asks for
	LacksSchedule Lacks = "schedule" // the zone's rule does not hold at this time of day
	LacksSort     Lacks = "sort"     // the zone counts vehicles only, and this is something else
	LacksTime     Lacks = "time"     // not seen long enough, or on enough pictures
)

// Cases returns the cases that are not over, and those that the newest pictures
// showed and no rule counts, the raised ones first. c must not be running.
func (c *Confirmer) Cases() []Case {
	var out []Case
	for _, ep := range c.cases {
		rule := c.rules[ep.kind]
		k := Case{
			Kind: ep.kind, Zone: ep.zone, Subject: ep.subject, Box: ep.box, Score: ep.score, Note: ep.note, Pictures: ep.pictures,
			Raised: ep.open(), Held: max(0, ep.evidence), Need: rule.Need.Seconds(),
		}
		if rule.Dwell > 0 {
			k.Held, k.Need = ep.age.Seconds(), rule.dwell(c.zones[ep.zone], ep.seenAt.In(c.place.Local)).Seconds()
		}
		if !k.Raised {
			k.Lacks = LacksTime
		}
		out = append(out, k)
	}
	for k, passed := range c.passed {
		if c.cases[k] == nil {
			out = append(out, passed)
		}
	}
	slices.SortFunc(out, func(a, b Case) int {
		return cmp.Or(rank(a)-rank(b), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Zone, b.Zone), cmp.Compare(b.Score, a.Score), cmp.Compare(a.Subject, b.Subject))
	})
	return out
}

// lacks says why a finding does not count at all in its zone; empty when it does.
func lacks(z zone.Zone, f flow.Finding, at time.Time) Lacks {
	switch {
	case f.Score < z.MinScore:
		return LacksScore
	case !z.Schedule.Holds(at):
		return LacksSchedule
	case z.Only != "" && f.Note != "" && f.Note != z.Only: // no note: nobody could tell it apart
		return LacksSort
	}
	return ""
}

func (c *Confirmer) passOver(k key, f flow.Finding, why Lacks) {
	if before, known := c.passed[k]; c.Explain && (known || len(c.passed) < maxCases) {
		c.passed[k] = Case{
			Kind: f.Kind, Zone: f.Zone, Subject: f.Subject, Box: f.Box, Score: f.Score, Note: f.Note,
			Pictures: before.Pictures + 1, Lacks: why, Held: f.Age.Seconds(),
		}
	}
}

func rank(c Case) int {
	if c.Raised {
		return 0
	}
	return 1
}
