// Package organisation knows the "1+6": the community committee, the residents'
// committee and the partners, and whom to reach at each.
//
// It promises that a party says what an organisation's people may be (the table is
// access's), that telephone numbers are sealed in the database, shown masked, and
// unmasked only with a reason and a row in the register, and that who has left is
// forgotten after some days.
package organisation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"eastgate/cloud/access"
	"eastgate/cloud/register"
	"eastgate/shared/event"
)

// Errors that callers tell apart.
var (
	ErrNotFound = errors.New("no such organisation or contact")
	// ErrInvalid says that what was told of an organisation cannot be.
	ErrInvalid = errors.New("not acceptable")
	// ErrParty says that what an organisation is to the community cannot change.
	ErrParty = errors.New("it is known as another party: end it and add it under another id")
	// ErrKey says that no number can be kept or read.
	ErrKey = errors.New("contacts.key names no secret that opens telephone numbers")
)

// An Organisation is the community itself or a partner.
type Organisation struct {
	ID     string       `json:"id"`
	Party  access.Party `json:"party"`
	ZH     string       `json:"zh"`
	EN     string       `json:"en,omitempty"`
	Places []string     `json:"places,omitempty"` // paths that are its own
	Since  time.Time    `json:"since"`
	Ended  *time.Time   `json:"ended,omitempty"`
	// Reviewed is when somebody last looked whether its contacts are still right.
	Reviewed *time.Time `json:"reviewed,omitempty"`
	Reviewer string     `json:"reviewer,omitempty"`
}

// reviewEvery is a quarter.
const reviewEvery = 92 * 24 * time.Hour

// ReviewDue is when its contacts must be looked through again.
func (o Organisation) ReviewDue() time.Time {
	if o.Reviewed != nil {
		return o.Reviewed.Add(reviewEvery)
	}
	return o.Since.Add(reviewEvery)
}

// A Contact is a named person to reach, or the deputy.
type Contact struct {
	ID           string     `json:"id"`
	Organisation string     `json:"organisation"`
	Name         string     `json:"name"`
	Post         string     `json:"post,omitempty"`
	Deputy       bool       `json:"deputy"`
	Phone        string     `json:"phone,omitempty"` // masked, as 138****5678
	Since        time.Time  `json:"since"`
	Gone         *time.Time `json:"gone,omitempty"`
}

// A Sealed is a contact as it is stored.
type Sealed struct {
	Contact        // Phone is empty
	Number  string // what Keys.seal made of it
}

// Store keeps organisations and contacts.
type Store interface {
	// PutOrganisation adds one, or changes the names and places of one that is known;
	// ErrParty when it is known as another party.
	PutOrganisation(ctx context.Context, o Organisation) error
	Organisations(ctx context.Context) ([]Organisation, error)
	// EndOrganisation closes the accounts of its people too.
	EndOrganisation(ctx context.Context, id, by string, at time.Time) error
	ReviewOrganisation(ctx context.Context, id, by string, at time.Time) error
	ContactStore
}

// ContactStore keeps contacts.
type ContactStore interface {
	AddContact(ctx context.Context, c Sealed) error
	// Contacts returns those of an organisation, or all; gone ones come last.
	Contacts(ctx context.Context, organisation string) ([]Sealed, error)
	Contact(ctx context.Context, id string) (Sealed, error)
	ContactGone(ctx context.Context, id string, at time.Time) error
	// DropContacts removes those who were gone before a time.
	DropContacts(ctx context.Context, before time.Time) (int64, error)
}

// uses is the part of the register that is needed.
type uses interface {
	Use(ctx context.Context, who access.User, u register.Use) error
	Write(ctx context.Context, e register.Entry) error
}

// A Book is the list of organisations and contacts.
type Book struct {
	store Store
	keys  Keys
	reg   uses
}

// New returns the book of a store. Without keys no telephone number can be kept.
func New(s Store, keys Keys, reg uses) *Book { return &Book{s, keys, reg} }

// manages lets those through who look after the book; the register has what they
// do, and what others wanted to.
func (b *Book) manages(ctx context.Context, who access.User, object, what string) error {
	return b.reg.Use(ctx, who, register.Use{Right: access.ManageOrganisations, On: access.Anywhere, Act: register.Change, Object: object, Detail: what})
}

// Put adds an organisation, or changes the names and places of one that is known.
func (b *Book) Put(ctx context.Context, who access.User, o Organisation) error {
	if err := o.validate(); err != nil {
		return err
	}
	if err := b.manages(ctx, who, "organisation/"+o.ID, fmt.Sprintf("%s, places %q", o.Party, o.Places)); err != nil {
		return fmt.Errorf("organisation %s: %w", o.ID, err)
	}
	if o.Since.IsZero() {
		o.Since = time.Now().UTC().Truncate(time.Millisecond)
	}
	if err := b.store.PutOrganisation(ctx, o); err != nil {
		return fmt.Errorf("organisation %s: %w", o.ID, err)
	}
	return nil
}

func (o Organisation) validate() error {
	var faults []error
	bad := func(format string, a ...any) {
		faults = append(faults, fmt.Errorf("organisation %.48q: "+format, append([]any{o.ID}, a...)...))
	}
	if !event.ValidName(o.ID) {
		bad("an id has %s", event.NameRule)
	}
	s, known := o.Party.Standing()
	if !known {
		bad("party %q is none of %v", o.Party, access.Parties)
	}
	if n := utf8.RuneCountInString(strings.TrimSpace(o.ZH)); n < 1 || n > 80 || utf8.RuneCountInString(o.EN) > 80 {
		bad("a name has 1 to 80 characters")
	}
	for _, p := range o.Places {
		if slices.ContainsFunc(strings.Split(p, "/"), func(s string) bool { return !event.ValidName(s) }) {
			bad("place %q is no path as dongguan/c3", p)
		}
	}
	if known && s.Reach == access.OwnPlaces && len(o.Places) == 0 {
		bad("a %s has places of its own: name at least one", s.EN)
	}
	if len(faults) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrInvalid, errors.Join(faults...))
}

// List returns all organisations by party, ended ones too.
func (b *Book) List(ctx context.Context) ([]Organisation, error) {
	all, err := b.store.Organisations(ctx)
	slices.SortStableFunc(all, func(x, y Organisation) int {
		return slices.Index(access.Parties, x.Party) - slices.Index(access.Parties, y.Party)
	})
	return all, err
}

// End says that an organisation takes part no more: its people come in no more.
func (b *Book) End(ctx context.Context, who access.User, id string) error {
	err := b.manages(ctx, who, "organisation/"+id, "end")
	if who.Unit == id {
		err = access.ErrSelf
	}
	if err == nil {
		err = b.store.EndOrganisation(ctx, id, who.Name, time.Now().UTC())
	}
	if err != nil {
		return fmt.Errorf("end organisation %s: %w", id, err)
	}
	return nil
}

// Review notes that somebody has looked whether the contacts are right.
func (b *Book) Review(ctx context.Context, who access.User, id string) error {
	err := b.manages(ctx, who, "organisation/"+id, "review")
	if err == nil {
		err = b.store.ReviewOrganisation(ctx, id, who.Name, time.Now().UTC())
	}
	if err != nil {
		return fmt.Errorf("review organisation %s: %w", id, err)
	}
	return nil
}

// Lacks says in words what an organisation's contacts want: a named person, a
// deputy, the quarter's review.
func Lacks(o Organisation, contacts []Contact, now time.Time) []string {
	if o.Ended != nil {
		return nil
	}
	var out []string
	has := func(deputy bool) bool {
		return slices.ContainsFunc(contacts, func(c Contact) bool { return c.Organisation == o.ID && c.Gone == nil && c.Deputy == deputy })
	}
	if !has(false) {
		out = append(out, "no named contact")
	}
	if !has(true) {
		out = append(out, "no deputy")
	}
	switch {
	case !now.After(o.ReviewDue()):
	case o.Reviewed == nil:
		out = append(out, "contacts never reviewed")
	default:
		out = append(out, "contacts not reviewed since "+o.Reviewed.Format(time.DateOnly))
	}
	return out
}
