package sharing

import (
	"encoding/json"
	"slices"
)

// An Openness says whether a field of an incident may ever go outside.
type Openness int

// The degrees. What stands in no row of the table goes nowhere.
const (
	Never  Openness = iota
	Named           // when an agreement names it
	Words           // as Named, but not of restricted classes (disputes)
	People          // names of staff or reporters: never
)

// openness is the table: each field of an incident by its name in JSON. A test holds
// it to the incident, so that a new field is thought about.
var openness = map[string]Openness{
	"id": Named, "number": Named, "class": Named, "domain": Named, "profile": Named, "level": Named, "state": Named, "active": Named, "test": Named, "exercise": Named,
	"place": Named, "place_name": Named, "first_seen_at": Named, "confirmed_at": Named, "dispatched_at": Named, "arrived_at": Named,
	"resolved_at": Named, "checked_at": Named, "closed_at": Named, "reopen_count": Named, "rating": Named,
	"version": Named, "decided": Named, "verdict": Named, "impact": Named, "certainty": Named, "signal": Named, "health": Named,
	"site": Named, "box": Named, "device": Named, "zone": Named, "score": Named, "why": Named, "since": Named, "first_at": Named, "last_at": Named, "heard_at": Named,
	"events": Named, "backfill": Named, "going": Named, "first_source": Named, "retrospective": Named, "unit": Named, "handling_unit": Named,
	"handling_units": Named, "taken_at": Named, "classified_at": Named, "assessed_at": Named, "accepted_at": Named, "reviewed_at": Named,
	"deadlines": Named, "extended": Named, "rework_count": Named, "return_count": Named, "suspend_count": Named, "suspended_until": Named, "shelved": Named,
	"forced": Named, "objected": Named, "parent": Named, "head": Named,
	"snapshot": Named, "clip": Named, "area": Named, "photos": Named,

	"note": Words, "text": Words, "result": Words, "call_back": Words, "cause": Words,

	"handler": People, "handlers": People, "checker": People, "confirmed_by": People, "closed_by": People, "taken_by": People, "asked": People, "discoveries": People,
}

// OpennessOf returns whether a field may ever go outside.
func OpennessOf(field string) Openness { return openness[field] }

// Shareable returns the fields that an agreement may name, in order.
func Shareable() []string {
	var out []string
	for f, o := range openness {
		if o.shareable() {
			out = append(out, f)
		}
	}
	slices.Sort(out)
	return out
}

func (o Openness) shareable() bool { return o == Named || o == Words }

// Fields returns what a value says in JSON, by field.
func Fields(v any) (map[string]any, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var out map[string]any
	return out, json.Unmarshal(b, &out)
}
