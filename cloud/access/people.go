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

	"github.com/go-webauthn/webauthn/webauthn"

	"eastgate/shared/secret"
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
	// Factors is how many second factors the person has.
	Factors int `json:"factors,omitempty"`
}

// A Session is a person who has come in.
type Session struct {
	ID      string // what lists call it; it opens nothing
	Token   string // the cookie; only Login gives it
	User    User
	CSRF    string // must come back with every change
	Came    time.Time
	Used    time.Time // to the minute
	Expires time.Time
	Second  time.Time // when a second factor was shown; zero: never
	Address string    // where from, and with what, when it began
	Agent   string
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
	// Rehash replaces a password's hash if it is still the one it was.
	Rehash(ctx context.Context, name, oldHash, newHash string) error
	SessionStore
	AccountStore
	WaysStore
}

// WaysStore keeps how people come in, besides their passwords.
type WaysStore interface {
	FactorStore
	BindingStore
}

// People lets people in.
type People struct {
	store    PeopleStore
	tries    *tries
	recorder Registrar          // nil writes nothing down
	seal     *secret.Sealer     // nil: nobody can have a second factor
	keys     *webauthn.WebAuthn // nil: no browser shows a security key here
	clock    func() time.Time
}

// NewPeople returns the people of a store.
func NewPeople(s PeopleStore) *People {
	return &People{store: s, tries: newTries(), clock: time.Now}
}

func (p *People) now() time.Time { return p.clock() }

// newToken makes 256 bits of chance.
func newToken() string {
	b := make([]byte, 32)
	rand.Read(b) //nolint:errcheck // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(b)
}

// fingerprint is what is stored of a token: reading the database lets nobody in.
func fingerprint(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
