package police

import (
	"errors"
	"fmt"
	"strings"

	"eastgate/shared/event"
)

// Topics are those of one community, cs/v1/{district}/{community}/… (contract §5.2).
type Topics struct{ District, Community string }

// Validate reports what is no part of a topic.
func (t Topics) Validate() error {
	var faults []error
	for name, word := range map[string]string{"district": t.District, "community": t.Community} {
		if !event.ValidName(word) {
			faults = append(faults, fmt.Errorf("%s: %.40q is not a name of %s", name, word, event.NameRule))
		}
	}
	return errors.Join(faults...)
}

func (t Topics) base() string { return "cs/v1/" + t.District + "/" + t.Community + "/" }

// Incident is where a class of a site is told.
func (t Topics) Incident(site, class string) string { return t.base() + site + "/evt/" + class }

// Ack is where their receipts come.
func (t Topics) Ack() string { return t.base() + "ack" }

// Feedback is where they say what they do.
func (t Topics) Feedback() string { return t.base() + "feedback" }

// Status is where we say how we are, retained.
func (t Topics) Status() string { return t.base() + "status" }

// Test is for both, and never for what is real.
func (t Topics) Test() string { return t.base() + "test" }

// Source is who we are in every message.
func (t Topics) Source() string { return "/" + t.District + "/" + t.Community }

// siteOf is the part of a topic for where an incident is: of the box that saw it, or
// of the compound where people reported it.
func siteOf(site, place string) string {
	if event.ValidName(site) {
		return site
	}
	if parts := strings.Split(place, "/"); len(parts) > 1 && event.ValidName(parts[1]) {
		return parts[1]
	}
	return "centre"
}
