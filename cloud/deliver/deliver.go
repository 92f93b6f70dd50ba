// Package deliver gives pictures and clips of an incident to a body outside: one
// person asks, another approves, and what leaves is a bundle that anybody can check
// without us.
//
// It promises that nothing leaves without a second person's yes and a row in the
// register of access before it; that originals leave as they are, beside viewing
// copies that say who took them out; and that a manifest with the SHA-256 of every
// file, signed, shows whatever is changed afterwards (Decree 799 arts. 15, 16 and 20).
package deliver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/incident"
	"eastgate/cloud/register"
	"eastgate/shared/event"
)

// Errors that callers tell apart.
var (
	ErrNotFound = errors.New("there is no such bundle")
	ErrDecided  = errors.New("the bundle has been decided on already")
	ErrNotYet   = errors.New("nobody has approved the bundle")
	ErrOver     = errors.New("the time in which the bundle may be fetched is over: ask for it anew")
	ErrEmpty    = errors.New("the incident has neither pictures nor clips")
	ErrFiles    = errors.New("the incident has no such file")
	ErrInvalid  = errors.New("a bundle needs an incident and whom it is for")
)

// A State is how far a bundle is.
type State string

// The states.
const (
	Asked    State = "asked"
	Approved State = "approved"
	Refused  State = "refused"
)

// A Bundle is evidence of one incident that somebody wants to take out.
type Bundle struct {
	ID        string `json:"id"` // a ULID
	Incident  string `json:"incident"`
	For       string `json:"for"` // who gets it, with the number of the document that asks for it
	Purpose   string `json:"purpose"`
	Reason    string `json:"reason"`
	State     State  `json:"state"`
	AskedBy   string `json:"asked_by"`
	AskedUnit string `json:"asked_unit"`
	// AskedPerson tells one person with two accounts from two persons.
	AskedPerson string     `json:"-"`
	AskedAt     time.Time  `json:"asked_at"`
	DecidedBy   string     `json:"decided_by,omitempty"`
	DecidedAt   *time.Time `json:"decided_at,omitempty"`
	Words       string     `json:"words,omitempty"` // of who decided
	Until       *time.Time `json:"until,omitempty"` // fetched until then
	// Files are the SHA-256 of the pieces asked for; empty for all that the incident has.
	Files     []string   `json:"files,omitempty"`
	FetchedAt *time.Time `json:"fetched_at,omitempty"` // for the first time
}

// life is how long an approved bundle may be fetched.
const life = 72 * time.Hour

// A Store keeps bundles.
type Store interface {
	AddBundle(ctx context.Context, b Bundle) error
	// Bundle gives ErrNotFound for an unknown one.
	Bundle(ctx context.Context, id string) (Bundle, error)
	// Bundles are the newest, at most limit.
	Bundles(ctx context.Context, limit int) ([]Bundle, error)
	// DecideBundle writes a decision on one that is asked for; ErrDecided otherwise.
	DecideBundle(ctx context.Context, b Bundle) error
	// FetchBundle writes when one was fetched for the first time.
	FetchBundle(ctx context.Context, id string, at time.Time) error
}

// Incidents finds the incident of a bundle.
type Incidents interface {
	Get(ctx context.Context, id string) (incident.Incident, error)
	History(ctx context.Context, id string) ([]incident.Step, error)
}

// Evidence opens originals.
type Evidence interface {
	Open(sum string) (io.ReadSeekCloser, error)
}

// A Desk is where bundles are asked for, approved and fetched.
type Desk struct {
	Store     Store
	Incidents Incidents
	Evidence  Evidence
	Register  *register.Register
	Signer    *Signer
	Now       func() time.Time
	// Clock is by how many milliseconds a camera's clock is ahead of its box, where known.
	Clock func(ctx context.Context, source event.Source) *int64
}

// A Wish is what somebody asks for: all of an incident's pieces, or those of some
// SHA-256.
type Wish struct {
	Incident, For, Purpose, Reason string
	Files                          []string
}

// Ask writes down that somebody wants the evidence of an incident.
func (d *Desk) Ask(ctx context.Context, who access.User, w Wish, from string) (Bundle, error) {
	w.For = strings.TrimSpace(w.For)
	if w.Incident == "" || w.For == "" || len(w.For) > 200 {
		return Bundle{}, ErrInvalid
	}
	i, err := d.Incidents.Get(ctx, w.Incident)
	if err != nil {
		return Bundle{}, err
	}
	b := Bundle{
		ID: event.NewID(), Incident: i.ID, For: w.For, Purpose: w.Purpose, Reason: strings.TrimSpace(w.Reason), State: Asked,
		Files: w.Files, AskedBy: who.Name, AskedUnit: who.Unit, AskedPerson: who.Person, AskedAt: d.Now().UTC().Truncate(time.Millisecond),
	}
	if err := d.Register.Use(ctx, who, asked(access.AskExport, i, b, "asked for "+b.For, from)); err != nil {
		return Bundle{}, err
	}
	switch have := pieces(i); {
	case len(have) == 0:
		return Bundle{}, ErrEmpty
	case slices.ContainsFunc(w.Files, func(sum string) bool { return !slices.Contains(have, sum) }):
		return Bundle{}, ErrFiles
	}
	return b, d.Store.AddBundle(ctx, b)
}

// Decide approves or refuses a bundle; by another person than who asked for it.
func (d *Desk) Decide(ctx context.Context, who access.User, id string, yes bool, words, from string) (Bundle, error) {
	b, i, err := d.find(ctx, id)
	if err != nil {
		return Bundle{}, err
	}
	against := error(nil)
	switch {
	case access.SamePerson(who, b.asker()):
		against = access.ErrSelf
	case b.State != Asked:
		against = ErrDecided
	}
	now := d.Now().UTC().Truncate(time.Millisecond)
	b.State, b.DecidedBy, b.DecidedAt, b.Words = Refused, who.Name, &now, strings.TrimSpace(words)
	if yes {
		until := now.Add(life)
		b.State, b.Until = Approved, &until
	}
	u := asked(access.ApproveExport, i, b, string(b.State)+" for "+b.For, from)
	u.Reason, u.Against = b.Words, against // the second person says himself why
	if err := d.Register.Use(ctx, who, u); err != nil {
		return Bundle{}, err
	}
	return b, d.Store.DecideBundle(ctx, b)
}

// Fetch writes an approved bundle as a ZIP file, for who asked for it.
func (d *Desk) Fetch(ctx context.Context, who access.User, id, from string, w io.Writer) error {
	b, i, err := d.find(ctx, id)
	if err != nil {
		return err
	}
	u := asked(access.AskExport, i, b, fmt.Sprintf("fetched %d pieces for %s", len(b.pieces(i)), b.For), from)
	switch {
	case !access.SamePerson(who, b.asker()):
		u.Against = access.ErrForbidden
	case b.State != Approved:
		u.Against = ErrNotYet
	case d.Now().After(*b.Until):
		u.Against = ErrOver
	}
	row, err := d.Register.Used(ctx, who, u)
	if err != nil {
		return err
	}
	now := d.Now().UTC()
	if err := d.pack(ctx, w, b, i, Taken{By: who.Name, Unit: who.Unit, At: now.Truncate(time.Second), Register: row}); err != nil {
		return err
	}
	return d.Store.FetchBundle(ctx, b.ID, now)
}

// most bounds a list.
const most = 100

// List are the newest bundles of incidents for which somebody may ask or approve.
func (d *Desk) List(ctx context.Context, who access.User) ([]Bundle, error) {
	all, err := d.Store.Bundles(ctx, most)
	if err != nil {
		return nil, err
	}
	out := []Bundle{}
	for _, b := range all {
		i, err := d.Incidents.Get(ctx, b.Incident)
		if err != nil {
			return nil, err
		}
		if access.May(who, access.AskExport, object(i)) || access.May(who, access.ApproveExport, object(i)) {
			out = append(out, b)
		}
	}
	return out, nil
}

// asker is who asked for it, as far as persons are told apart.
func (b Bundle) asker() access.User {
	return access.User{Name: b.AskedBy, Person: b.AskedPerson, Unit: b.AskedUnit}
}

func (d *Desk) find(ctx context.Context, id string) (Bundle, incident.Incident, error) {
	b, err := d.Store.Bundle(ctx, id)
	if err != nil {
		return Bundle{}, incident.Incident{}, err
	}
	i, err := d.Incidents.Get(ctx, b.Incident)
	return b, i, err
}

func asked(right access.Right, i incident.Incident, b Bundle, detail, from string) register.Use {
	return register.Use{
		Right: right, On: object(i), Act: register.Export, Object: "bundle/" + b.ID,
		Case: i.Number, Purpose: b.Purpose, Reason: b.Reason, Detail: detail, From: from,
	}
}

// object is what the rights to take an incident's evidence out are asked for.
func object(i incident.Incident) access.Object {
	units := slices.DeleteFunc([]string{i.Unit, i.HandlingUnit}, func(u string) bool { return u == "" })
	return access.Object{Place: i.Place, Class: i.Class, Units: units}
}

// pieces are what the bundle holds of an incident's evidence.
func (b Bundle) pieces(i incident.Incident) []string {
	return slices.DeleteFunc(pieces(i), func(sum string) bool { return len(b.Files) > 0 && !slices.Contains(b.Files, sum) })
}

// pieces are the SHA-256 of an incident's evidence, each once.
func pieces(i incident.Incident) []string {
	var out []string
	for _, sum := range append([]string{i.Snapshot, i.Clip}, i.Photos...) {
		if sum != "" && !slices.Contains(out, sum) {
			out = append(out, sum)
		}
	}
	return out
}
