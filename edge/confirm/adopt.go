package confirm

import (
	"slices"

	"eastgate/edge/flow"
	"eastgate/shared/event"
)

// Adopt takes over the open episodes of the confirmer that the same camera had
// before its settings were changed, so that a fire under way stays one episode. It
// returns the ends of those that nobody can see the end of any more: their kind is
// not among kinds, which are looked for now, their zone is gone, or they are stays,
// whose names mean nothing to a detector that began anew.
//
// Neither confirmer may be running.
func (c *Confirmer) Adopt(old *Confirmer, kinds []event.Kind) []flow.Confirmed {
	var ends []flow.Confirmed
	for k, ep := range old.cases {
		if !ep.open() {
			continue
		}
		_, marked := c.zones[k.zone]
		if k.subject == "" && slices.Contains(kinds, k.kind) && (k.zone == "" || marked) {
			ep.quiet, ep.seenPTS, ep.told = 0, -1, 0 // media time begins anew
			c.cases[k] = ep
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
