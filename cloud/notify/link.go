package notify

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/incident"
	"eastgate/cloud/register"
	"eastgate/shared/event"
)

// A Link lets one person acknowledge one incident, once, for a while. What it is
// reached by is told in the message only: the database has a hash.
type Link struct {
	Hash     string
	Incident string
	Message  string
	Account  string // whom it is bound to; empty: whoever logs in
	Made     time.Time
	Expires  time.Time
	UsedAt   *time.Time
	UsedBy   string
}

// LinkStore keeps links.
type LinkStore interface {
	AddTapLink(ctx context.Context, l Link) error
	// TapLink returns ErrNoLink when there is none.
	TapLink(ctx context.Context, hash string) (Link, error)
	// UseTapLink marks a link; ErrUsed when it was marked before.
	UseTapLink(ctx context.Context, hash, who string, at time.Time) error
	// FreeTapLink takes the mark back: what it was used for has not happened.
	FreeTapLink(ctx context.Context, hash string) error
}

// Errors of those who tap.
var (
	ErrNoLink = errors.New("the link is unknown or over")
	ErrUsed   = errors.New("the link was used before")
	// ErrLogin says that the link names nobody: who taps must log in.
	ErrLogin = errors.New("log in first")
	// ErrOther says that the link is somebody else's than who is logged in.
	ErrOther = errors.New("the link is another person's")
	// ErrHandled says that somebody else looks after it, or that it is over.
	ErrHandled = errors.New("somebody else has it")
)

// How long links live: a page is answered at once or not at all; other news within a
// shift.
const (
	urgentLife = 30 * time.Minute
	otherLife  = 12 * time.Hour
)

// tokenBytes are of chance; the link must be short enough for an SMS.
const tokenBytes = 18

func hashed(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// link makes what a tap on a message leads to: the acknowledge link of whatever
// somebody has to do, the incident's page of the rest.
func (r *Runner) link(ctx context.Context, m Message) (string, error) {
	switch m.Kind {
	case Confirmed, Taken, Over:
		return r.publicURL + "/incident/" + m.Incident, nil
	}
	raw := make([]byte, tokenBytes)
	rand.Read(raw) //nolint:errcheck // never fails (crypto/rand)
	token := base64.RawURLEncoding.EncodeToString(raw)
	life, now := otherLife, r.now().UTC().Truncate(time.Millisecond)
	if m.Level == event.Urgent {
		life = urgentLife
	}
	l := Link{Hash: hashed(token), Incident: m.Incident, Message: m.ID, Account: m.Account, Made: now, Expires: now.Add(life)}
	return r.publicURL + "/a/" + token, r.store.AddTapLink(ctx, l)
}

// Engine is the part of the incident engine that taps need.
type Engine interface {
	Get(ctx context.Context, id string) (incident.Incident, error)
	Do(ctx context.Context, who incident.Actor, id string, version int64, c incident.Command) (incident.Incident, error)
}

// Taps turn taps on links into steps of incidents.
type Taps struct {
	Links     LinkStore
	Incidents Engine
	// Person returns an open account with what it is granted.
	Person   func(ctx context.Context, name string) (access.User, error)
	Register register.Writer
	Now      func() time.Time
}

// Look returns what a link is for, and does nothing.
func (t Taps) Look(ctx context.Context, token string) (Link, incident.Incident, error) {
	l, err := t.Links.TapLink(ctx, hashed(token))
	if err != nil {
		return l, incident.Incident{}, err
	}
	if t.Now().After(l.Expires) {
		return l, incident.Incident{}, ErrNoLink
	}
	i, err := t.Incidents.Get(ctx, l.Incident)
	return l, i, err
}

// Tap acknowledges for who has tapped: the person that the link is bound to, or else
// who is logged in. A unit's handler accepts what was sent to the unit; otherwise the
// person takes it. The register has a row before. A second tap of the same person
// changes nothing and is no error.
func (t Taps) Tap(ctx context.Context, token string, in *access.User, from string) (incident.Incident, error) {
	l, i, err := t.Look(ctx, token)
	if err != nil {
		return i, err
	}
	who, err := t.tapper(ctx, l, in)
	if err != nil {
		return i, err
	}
	actor := actorFor(who, i)
	action, err := fitting(i, actor, t.Now())
	switch {
	case errors.Is(err, ErrHandled) && i.TakenBy == who.Name:
		return i, nil
	case err != nil:
		return i, err
	}
	if err := t.Links.UseTapLink(ctx, l.Hash, who.Name, t.Now()); err != nil {
		return i, err
	}
	err = t.Register.Write(ctx, register.Entry{
		Who: who.Name, Person: who.Person, Unit: who.Unit, Act: register.Acknowledge, Object: "incident/" + i.ID, Case: i.Number,
		Basis: "link of message " + l.Message, Detail: string(action), From: from,
	})
	after := i
	if err == nil {
		after, err = t.Incidents.Do(ctx, actor, i.ID, i.Version, incident.Command{Action: action})
	}
	if err != nil {
		return i, errors.Join(err, t.Links.FreeTapLink(context.WithoutCancel(ctx), l.Hash))
	}
	return after, nil
}

// tapper is who a tap counts for.
func (t Taps) tapper(ctx context.Context, l Link, in *access.User) (access.User, error) {
	switch {
	case l.Account == "" && in == nil:
		return access.User{}, ErrLogin
	case l.Account == "":
		return *in, nil
	case in != nil && in.Name != l.Account:
		return access.User{}, ErrOther
	}
	who, err := t.Person(ctx, l.Account)
	if errors.Is(err, access.ErrNotFound) {
		return who, fmt.Errorf("%w: the account is closed", incident.ErrForbidden)
	}
	return who, err
}

func actorFor(u access.User, i incident.Incident) incident.Actor {
	held := access.ActorFor(u, access.Object{Place: i.Place, Class: i.Class, Units: append([]string{i.Unit, i.HandlingUnit}, i.HandlingUnits...)})
	a := incident.Actor{Name: held.Name, Unit: held.Unit}
	for _, r := range held.Roles {
		a.Roles = append(a.Roles, incident.Role(r))
	}
	return a
}

// fitting is the step that a tap takes.
func fitting(i incident.Incident, who incident.Actor, now time.Time) (incident.Action, error) {
	allowed := incident.Allowed(i, who, now)
	for _, a := range []incident.Action{incident.Accept, incident.Take} {
		for _, may := range allowed {
			if may == a {
				return a, nil
			}
		}
	}
	if i.TakenBy != "" || !i.State.Open() {
		return "", ErrHandled
	}
	return "", fmt.Errorf("%w: %s has no role for this incident", incident.ErrForbidden, who.Name)
}
