// Package access knows who may come in and what they may do: people with a name, a
// unit, a password and grants, and boxes with a secret.
//
// It promises that passwords are kept only as Argon2id hashes, that guessing is
// slow and locked out, and that nothing here ever prints a secret. What a role may
// do stands in one table and is asked of one function, May. A grant ends by itself,
// nobody gives one to himself, and the three administrators exclude each other.
package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"time"
)

// Errors that callers tell apart.
var (
	ErrCredentials = errors.New("name or password is wrong")
	ErrLocked      = errors.New("too many wrong passwords: wait a few minutes")
	ErrNotFound    = errors.New("not found")
	// ErrForbidden says that somebody has not the right that a call needs.
	ErrForbidden = errors.New("not allowed")
	// ErrNoConsole says that a party's people do not log in.
	ErrNoConsole = errors.New("this unit is connected by a bridge and does not log in")
	// ErrSelf says that something must be done by another person.
	ErrSelf = errors.New("another person must do this")
	// ErrExcluded says that a grant does not go with the person's unit or with what
	// the person already holds.
	ErrExcluded = errors.New("excluded")
	// ErrShared says that an account names no single person.
	ErrShared = errors.New("an account belongs to one named person of one unit")
	// ErrInvalid says that what was told cannot be.
	ErrInvalid = errors.New("not acceptable")
	// ErrExists says that it is there already.
	ErrExists = errors.New("exists already")
)

// A User is a person who may come in.
type User struct {
	Name   string     `json:"name"`             // of the account
	Person string     `json:"person"`           // the person's own name
	Unit   string     `json:"unit"`             // the organisation
	Party  Party      `json:"party"`            // what that is to the community
	Places []string   `json:"places,omitempty"` // the organisation's own
	Grants []Grant    `json:"grants,omitempty"` // what the person holds
	Closed *time.Time `json:"closed,omitempty"` // may come in no more
	Fresh  bool       `json:"fresh,omitempty"`  // somebody else made the password
}

// A Session is a person who has come in.
type Session struct {
	Token   string // the cookie; only Login gives it
	User    User
	CSRF    string // must come back with every change
	Expires time.Time
}

// PeopleStore keeps people and their sessions. Users come with the grants that are
// in force.
type PeopleStore interface {
	// AddPerson makes a person known, or gives one who is known another password,
	// and then ends his sessions. It gives ErrNotFound for an unknown unit and
	// ErrExists when the unit's person has another account.
	AddPerson(ctx context.Context, u User, passwordHash string) error
	// Person gives ErrNotFound for an unknown or closed name.
	Person(ctx context.Context, name string) (u User, passwordHash string, err error)
	AddSession(ctx context.Context, tokenHash string, s Session) error
	Session(ctx context.Context, tokenHash string) (Session, error)
	DropSession(ctx context.Context, tokenHash string) error
	AccountStore
}

// People lets people in.
type People struct {
	store    PeopleStore
	tries    *tries
	recorder Recorder // nil writes nothing down
}

// NewPeople returns the people of a store.
func NewPeople(s PeopleStore) *People { return &People{store: s, tries: newTries()} }

// sessionLife is a shift and a half.
const sessionLife = 12 * time.Hour

// NewPassword makes one that people can copy by hand.
func NewPassword() string {
	b := make([]byte, 10)
	rand.Read(b) //nolint:errcheck // never fails (crypto/rand)
	const letters = "abcdefghjkmnpqrstuvwxyz23456789"
	out := make([]byte, 0, 17)
	for i, x := range b {
		if i > 0 && i%5 == 0 {
			out = append(out, '-')
		}
		out = append(out, letters[int(x)%len(letters)])
	}
	return string(out)
}

// Login lets a person in. It takes as long for an unknown name as for a wrong
// password, and after a few wrong ones from an address or for a name gives
// ErrLocked for a while.
func (p *People) Login(ctx context.Context, name, password, from string) (Session, error) {
	if p.tries.locked(name, from) {
		return Session{}, ErrLocked
	}
	u, hash, err := p.store.Person(ctx, name)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Session{}, err
	}
	if !checkPassword(hash, password) || err != nil {
		p.tries.failed(name, from)
		return Session{}, ErrCredentials
	}
	p.tries.passed(name)
	if !standings[u.Party].Console {
		return Session{}, ErrNoConsole
	}
	s := Session{Token: token(), User: u, CSRF: token(), Expires: time.Now().Add(sessionLife).UTC()}
	return s, p.store.AddSession(ctx, fingerprint(s.Token), s)
}

// Session returns who a token belongs to; ErrCredentials when to nobody any more.
func (p *People) Session(ctx context.Context, token string) (Session, error) {
	s, err := p.store.Session(ctx, fingerprint(token))
	if errors.Is(err, ErrNotFound) || (err == nil && time.Now().After(s.Expires)) {
		return Session{}, ErrCredentials
	}
	return s, err
}

// Logout ends a session.
func (p *People) Logout(ctx context.Context, token string) error {
	return p.store.DropSession(ctx, fingerprint(token))
}

// token makes 256 bits of chance.
func token() string {
	b := make([]byte, 32)
	rand.Read(b) //nolint:errcheck // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(b)
}

// fingerprint is what is stored of a token: reading the database lets nobody in.
func fingerprint(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
