package incident

import (
	"slices"
	"time"

	"eastgate/cloud/governance"
	"eastgate/shared/event"
)

// A where is what must agree for two records to tell of one incident.
type where struct {
	class  governance.Class
	place  string
	source event.Source // of a machine; empty for a person
	zone   string
	test   bool
}

// outage is the group of classes that say that a device is away.
func (w where) outage() bool { return w.class.Device && w.class.Merge.Group != "" }

// own is the key under which an incident that begins here is found by others. One
// group at one place is one thing, whoever saw it; without a group each camera's
// zone is a place of its own; and who is away is away alone.
func (w where) own() string {
	key := w.class.Key + "|" + w.place
	switch {
	case w.outage():
		key = w.class.Merge.Group + "|" + string(w.source)
	case w.class.Merge.Group != "":
		key = w.class.Merge.Group + "|" + w.place
	case w.source != "":
		key += "|" + string(w.source) + "|" + w.zone
	}
	if w.test {
		key += "|test"
	}
	return key
}

// keys are where to look: its own, what people said of the place, and the outage
// of its box and of its site.
func (w where) keys() []string {
	keys := []string{w.own()}
	if w.source == "" {
		return keys
	}
	other := w
	if w.class.Merge.Group == "" {
		other.source, other.zone = "", ""
		return append(keys, other.own())
	}
	if site, box, device, _ := w.source.Split(); w.outage() {
		for _, above := range []event.Source{event.NewSource(site, box, ""), event.NewSource(site, "", "")} {
			if other.source = above; above != w.source && (device != "" || box != "") {
				keys = append(keys, other.own())
			}
		}
	}
	return keys
}

// joins reports whether a record belongs to an incident at its place.
func (w where) joins(i Incident, r Record) bool {
	m := w.class.Merge
	if i.Test != w.test || m == (governance.Merge{}) || m.AtMost > 0 && r.Time.Sub(i.FirstAt) > m.AtMost {
		return false
	}
	if of := event.NewSource(i.Site, i.Box, i.Device); w.outage() && of != w.source { // that of its box or site, while it lasts
		return i.State.Open() && slices.ContainsFunc(i.Going, func(g Going) bool { return g.Source == of })
	}
	// What was on its way when people closed it is evidence, and begins nothing new.
	if !i.State.Open() && (!r.Backfill || i.ClosedAt == nil || r.Time.After(*i.ClosedAt)) {
		return false
	}
	if r.Time.Before(i.LastAt) {
		return i.FirstAt.Sub(r.Time) <= m.Window
	}
	return i.Active && m.UntilEnd || r.Time.Sub(i.LastAt) <= m.Window
}

// lookBack is how far before a record an incident may have ended and still take it.
func (w where) lookBack(r Record) time.Time { return r.Time.Add(-w.class.Merge.Window) }
