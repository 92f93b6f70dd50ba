package access

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// BindingStore keeps which account a person opens whom another house has seen.
type BindingStore interface {
	// Bind lets a subject of an issuer open an account, instead of any before; an empty one
	// takes the binding away. It gives ErrExists when the subject opens another account.
	Bind(ctx context.Context, account, issuer, subject string) error
	// Bound returns the account that a subject opens; ErrNotFound when none.
	Bound(ctx context.Context, issuer, subject string) (account string, err error)
}

// mostSubject bounds a subject, in bytes (OpenID Connect Core §2: 255 characters).
const mostSubject = 255

// Bind lets a subject of an identity provider open an account, or with an empty subject
// nobody any more, by the command line's right: the provider itself makes no account and
// grants nothing.
func (p *People) Bind(ctx context.Context, by User, account, issuer, subject string) error {
	_, _, err := p.store.Person(ctx, account)
	switch {
	case !by.typed():
		err = ErrForbidden
	case err == nil && (issuer == "" || len(subject) > mostSubject):
		err = fmt.Errorf("%w: a subject has at most %d bytes, and an issuer", ErrInvalid, mostSubject)
	case err == nil:
		err = p.store.Bind(ctx, account, issuer, subject)
	}
	what := "bind to " + subject + " of " + issuer
	if subject == "" {
		what = "bind to nobody of " + issuer
	}
	return p.record(ctx, by, "account/"+account, what, err)
}

// A Seen is somebody whom an identity provider has seen.
type Seen struct {
	Issuer, Subject string
	Second          bool   // with a second factor that counts here
	Address, Agent  string // where from, and with which program
}

// EnterSeen lets in the person whose account is bound to whom the provider has seen. The
// rest is as after a password: ErrCredentials when no account is bound.
func (p *People) EnterSeen(ctx context.Context, v Seen) (Session, error) {
	how := "oidc"
	u, err := p.seen(ctx, v)
	switch {
	case errors.Is(err, ErrNotFound):
		return Session{}, errors.Join(ErrCredentials, p.login(ctx, User{Name: "nobody"}, v.Address, how+" "+v.Subject, ErrCredentials))
	case err != nil:
		return Session{}, err
	case !standings[u.Party].Console:
		return Session{}, errors.Join(ErrNoConsole, p.login(ctx, u, v.Address, how, ErrNoConsole))
	}
	var second time.Time
	if v.Second {
		how, second = how+", with a second factor there", p.now().UTC()
	}
	return p.begin(ctx, u, Attempt{Name: u.Name, Address: v.Address, Agent: v.Agent, second: second}, how)
}

func (p *People) seen(ctx context.Context, v Seen) (User, error) {
	account, err := p.store.Bound(ctx, v.Issuer, v.Subject)
	if err != nil {
		return User{}, err
	}
	u, _, err := p.store.Person(ctx, account)
	return u, err
}
