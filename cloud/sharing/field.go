package sharing

import (
	"encoding/json"
	"slices"

	"eastgate/cloud/access"
)

// An Openness says who may ever be shown a field of an incident.
type Openness int

// The degrees. What stands in no row of the table is shown to nobody.
const (
	Hidden   Openness = iota
	Public            // who may see that it happened
	Inside            // who works on it; outside when an agreement names it
	Words             // as Inside, but not of restricted classes (disputes) without the right
	Pictures          // who may see pictures; outside when an agreement names it
	Names             // of staff: who works on it; never outside
	Reporter          // who reported it: who may see that; never outside
)

// openness is the table: each field of an incident by its name in JSON.
var openness = map[string]Openness{
	"id": Public, "number": Public, "class": Public, "domain": Public, "profile": Public, "level": Public, "state": Public, "active": Public, "test": Public,
	"place": Public, "place_name": Public, "first_seen_at": Public, "confirmed_at": Public, "dispatched_at": Public, "arrived_at": Public,
	"resolved_at": Public, "checked_at": Public, "closed_at": Public, "reopen_count": Public, "rating": Public,

	"version": Inside, "decided": Inside, "verdict": Inside, "impact": Inside, "certainty": Inside, "signal": Inside, "health": Inside,
	"site": Inside, "box": Inside, "device": Inside, "zone": Inside, "score": Inside, "since": Inside, "first_at": Inside, "last_at": Inside, "heard_at": Inside,
	"events": Inside, "backfill": Inside, "going": Inside, "first_source": Inside, "retrospective": Inside, "unit": Inside, "handling_unit": Inside,
	"handling_units": Inside, "taken_at": Inside, "classified_at": Inside, "assessed_at": Inside, "accepted_at": Inside, "reviewed_at": Inside,
	"deadlines": Inside, "extended": Inside, "rework_count": Inside, "return_count": Inside, "suspend_count": Inside, "suspended_until": Inside,
	"forced": Inside, "objected": Inside, "parent": Inside, "head": Inside, "cause": Inside,

	"note": Words, "text": Words, "result": Words, "call_back": Words,
	"snapshot": Pictures, "clip": Pictures, "area": Pictures, "photos": Pictures,
	"handler": Names, "handlers": Names, "checker": Names, "confirmed_by": Names, "closed_by": Names, "taken_by": Names, "asked": Names, "discoveries": Names,
	"reporter": Reporter,
}

// OpennessOf returns who may ever be shown a field.
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

func (o Openness) shareable() bool { return o >= Public && o <= Pictures }

// Fields returns what a value says in JSON, by field.
func Fields(v any) (map[string]any, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var out map[string]any
	return out, json.Unmarshal(b, &out)
}

// Show returns the fields of a matter that a person may see; none when the person
// may not see it at all.
func Show(u access.User, m Matter) map[string]any {
	may := func(r access.Right) bool { return access.May(u, r, m.on()) }
	shown := map[Openness]bool{Public: may(access.SeePublic)}
	if may(access.SeeIncidents) {
		shown[Inside], shown[Names] = true, true
		shown[Words] = !m.Restricted || may(access.SeeRestricted)
		shown[Pictures] = may(access.SeePictures)
		shown[Reporter] = may(access.SeeReporter)
	}
	out := map[string]any{}
	for f, v := range m.Fields {
		if shown[openness[f]] {
			out[f] = v
		}
	}
	return out
}
