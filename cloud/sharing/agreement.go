// Package sharing says which fields of which incidents an organisation outside the
// centre is told, by agreements that two people have signed.
//
// It promises that what no agreement names is not told, that reporters and staff are
// never named outside, that only confirmed incidents go out, and that each telling
// and each refusal is a row in the register before it happens: the sharing log.
package sharing

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"eastgate/cloud/access"
	"eastgate/cloud/incident"
	"eastgate/shared/event"
)

// Errors that callers tell apart.
var (
	ErrNotFound = errors.New("no such agreement")
	ErrConflict = errors.New("the agreement has changed")
	// ErrNotShared says that an agreement does not cover what was asked for.
	ErrNotShared = errors.New("not shared")
	// ErrState says that an agreement is not in the state that a step needs.
	ErrState = errors.New("the agreement is not in that state")
	// ErrTerms says that what a draft says cannot be agreed.
	ErrTerms = errors.New("the terms cannot be agreed")
	// ErrReason says that a step needs a reason.
	ErrReason = errors.New("a reason is needed")
)

// A State is how an agreement stands at a time.
type State string

// The states.
const (
	Draft     State = "draft" // fewer than two signatures
	Coming    State = "coming"
	InForce   State = "in_force"
	Suspended State = "suspended"
	Expired   State = "expired"
	Ended     State = "ended"
)

// A Mark is who did something to an agreement, when and why.
type Mark struct {
	By     string    `json:"by"`
	Person string    `json:"person,omitempty"`
	Unit   string    `json:"unit,omitempty"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason,omitempty"`
}

// An Agreement says what an organisation is told. Once drafted only its state
// changes: other terms are another agreement.
type Agreement struct {
	ID           string    `json:"id"`
	Version      int64     `json:"version"`
	Organisation string    `json:"organisation"`
	Purpose      string    `json:"purpose"`
	Basis        string    `json:"basis"`   // the law or document it rests on
	Classes      []string  `json:"classes"` // keys, or all of a domain as fire.*
	Places       []string  `json:"places,omitempty"`
	Fields       []string  `json:"fields"` // of Shareable
	From         time.Time `json:"from"`
	To           time.Time `json:"to"` // not any more at this time

	Drafted    Mark   `json:"drafted"`
	Signatures []Mark `json:"signatures,omitempty"`
	Suspension *Mark  `json:"suspension,omitempty"`
	End        *Mark  `json:"end,omitempty"`
}

// signers is how many people must sign.
const signers = 2

// State returns how the agreement stands.
func (a Agreement) State(now time.Time) State {
	switch {
	case a.End != nil:
		return Ended
	case len(a.Signatures) < signers:
		return Draft
	case !now.Before(a.To):
		return Expired
	case a.Suspension != nil:
		return Suspended
	case now.Before(a.From):
		return Coming
	}
	return InForce
}

// longest is how long an agreement can hold before it must be thought over.
const longest = 3 * 366 * 24 * time.Hour

func (a Agreement) validate() error {
	var faults []error
	bad := func(format string, v ...any) { faults = append(faults, fmt.Errorf("agreement: "+format, v...)) }
	if !event.ValidName(a.Organisation) {
		bad("organisation %.48q is no id", a.Organisation)
	}
	for _, text := range []struct{ name, of string }{{"purpose", a.Purpose}, {"basis", a.Basis}} {
		if n := utf8.RuneCountInString(strings.TrimSpace(text.of)); n < 2 || n > 500 {
			bad("%s has 2 to 500 characters", text.name)
		}
	}
	if len(a.Classes) == 0 || len(a.Fields) == 0 {
		bad("classes and fields must be named")
	}
	for _, f := range a.Fields {
		if !openness[f].shareable() {
			bad("field %.40q cannot be shared", f)
		}
	}
	if !a.To.After(a.From) || a.To.Sub(a.From) > longest {
		bad("it holds from a time to a later one, at most three years")
	}
	// What a grant may say of classes and places, an agreement may.
	for _, place := range append([]string{""}, a.Places...) {
		g := access.Grant{Account: "x", Role: access.Reporter, Scope: place, Classes: a.Classes}
		if err := g.Validate(a.From); err != nil {
			bad("%w", err)
		}
		if _, isUnit := g.Unit(); isUnit {
			bad("place %q is no path", place)
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrTerms, errors.Join(faults...))
}

// A Matter is an incident as far as sharing needs it.
type Matter struct {
	ID, Number, Class, Place string
	Confirmed                bool // by a named person
	Restricted               bool // its class's text is for few
	Test                     bool
	Fields                   map[string]any // see Fields
}

// MatterOf returns an incident as a matter; restricted is its class's.
func MatterOf(i incident.Incident, restricted bool) (Matter, error) {
	fields, err := Fields(i)
	return Matter{
		ID: i.ID, Number: i.Number, Class: i.Class, Place: i.Place, Confirmed: i.ConfirmedAt != nil && i.ConfirmedBy != "", Restricted: restricted, Test: i.Test, Fields: fields,
	}, err
}

// always are told with whatever is told: without them nothing can be answered.
var always = []string{"id", "number", "class"}

// Filter returns exactly the fields of a matter that an agreement allows, or
// ErrNotShared with why not.
func Filter(m Matter, a Agreement, now time.Time) (map[string]any, error) {
	within := access.Scope{All: len(a.Places) == 0, Paths: a.Places, Classes: a.Classes}
	switch {
	case a.State(now) != InForce:
		return nil, fmt.Errorf("%w: the agreement is %s", ErrNotShared, a.State(now))
	case !m.Confirmed:
		return nil, fmt.Errorf("%w: no person has confirmed it", ErrNotShared)
	case !within.Shows(access.Object{Place: m.Place, Class: m.Class}):
		return nil, fmt.Errorf("%w: the agreement does not cover %s at %s", ErrNotShared, m.Class, m.Place)
	}
	out := map[string]any{}
	for _, f := range slices.Concat(always, a.Fields) {
		if v, ok := m.Fields[f]; ok && openness[f].shareable() && (openness[f] != Words || !m.Restricted) {
			out[f] = v
		}
	}
	if m.Test {
		out["test"] = true // an exercise never looks real
	}
	return out, nil
}
