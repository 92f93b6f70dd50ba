package access

import (
	"context"
	"crypto/subtle"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"
)

// Founding makes the first accounts of an empty system: the three administrators,
// who are three people, so that nobody ever holds all of it. It takes a code that is
// printed where the cloud runs, for whoever reaches the page first need not be who
// may.
type Founding struct {
	people *People
	code   string
}

// foundingTries counts wrong codes; no account has this name.
const foundingTries = "the founding"

// codeBytes of a secret make the code: 50 bits, and guesses are locked out.
const codeBytes = 10

// NewFounding returns the founding of a system. seed is a secret of its own.
func NewFounding(p *People, seed []byte) *Founding {
	word := strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(seed[:codeBytes]))
	return &Founding{p, word[:4] + "-" + word[4:8] + "-" + word[8:12] + "-" + word[12:16]}
}

// Open reports whether there is no account yet, not even a closed one.
func (f *Founding) Open(ctx context.Context) (bool, error) {
	users, err := f.people.store.Users(ctx)
	return len(users) == 0, err
}

// Code is what must be told; it is worth nothing once there is an account.
func (f *Founding) Code() string { return f.code }

// A Founder is one of the three first people. Without a password one is made.
type Founder struct{ Name, Person, Password string }

// Found makes the three administrators, or none: ErrCredentials for another code,
// ErrLocked after too many, ErrExists when there are accounts. It returns the
// passwords that it made, by name.
func (f *Founding) Found(ctx context.Context, code, from string, three map[Role]Founder) (map[string]string, error) {
	if f.people.tries.locked(foundingTries, from) {
		return nil, ErrLocked
	}
	if open, err := f.Open(ctx); err != nil || !open {
		return nil, errors.Join(err, ErrExists)
	}
	if subtle.ConstantTimeCompare([]byte(strings.ToLower(strings.TrimSpace(code))), []byte(f.code)) != 1 {
		f.people.tries.failed(foundingTries, from)
		return nil, ErrCredentials
	}
	made := map[string]string{}
	names, persons := map[string]bool{}, map[string]bool{}
	roles := []Role{SystemAdmin, SecurityAdmin, AuditAdmin}
	for _, role := range roles {
		x := three[role]
		if x.Password == "" {
			x.Password = NewPassword()
			made[x.Name] = x.Password
		}
		three[role] = x
		if err := (Account{Name: x.Name, Person: x.Person, Unit: CommunityUnit, Password: x.Password}).validate(); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
		}
		names[x.Name], persons[x.Person] = true, true
	}
	if len(names) < len(roles) || len(persons) < len(roles) {
		return nil, fmt.Errorf("%w: the three administrators are three people with three accounts", ErrInvalid)
	}
	for _, role := range roles {
		x := three[role]
		if err := f.people.Welcome(ctx, CommandLine("setup"), Account{Name: x.Name, Person: x.Person, Unit: CommunityUnit, Password: x.Password, Made: made[x.Name] != ""}, []Role{role}, ""); err != nil {
			return nil, err
		}
	}
	return made, nil
}
