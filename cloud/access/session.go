package access

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"
)

// How long sessions last (OWASP ASVS 3.3.2): a shift, and never long after the person
// has gone. A desk on the wall tells twice a minute that it is there, which is use.
const (
	sessionLife = 12 * time.Hour
	sessionIdle = 30 * time.Minute
	// usedEvery is how exactly use is noted.
	usedEvery = time.Minute
	// rotationGrace is how long requests that are on their way still come in under a token
	// that was just replaced.
	rotationGrace = 10 * time.Second
	mostAgent     = 200 // bytes
)

// SessionStore keeps sessions by the hash of their token.
type SessionStore interface {
	AddSession(ctx context.Context, tokenHash string, s Session) error
	Session(ctx context.Context, tokenHash string) (Session, error)
	DropSession(ctx context.Context, tokenHash string) error
	// TouchSession notes when a session was used.
	TouchSession(ctx context.Context, tokenHash string, at time.Time) error
	// RotateSession puts a session under another token; the old one ends soon.
	RotateSession(ctx context.Context, oldHash, newHash string, s Session, oldEnds time.Time) error
	SessionList
}

// SessionList is what people see of their sessions.
type SessionList interface {
	// SessionsOf returns a person's sessions that have not run out.
	SessionsOf(ctx context.Context, account string) ([]Session, error)
	// EndSession ends the session that lists call id; ErrNotFound when it is not the
	// person's.
	EndSession(ctx context.Context, account, id string) error
}

// An Attempt is somebody's wish to come in.
type Attempt struct {
	Name, Password string
	Address, Agent string    // where from, and with which program
	second         time.Time // when a second factor was seen already
}

// Login lets a person in; see Enter.
func (p *People) Login(ctx context.Context, name, password, from string) (Session, error) {
	return p.Enter(ctx, Attempt{Name: name, Password: password, Address: from})
}

// Enter lets a person in who knows the password; a session that wants a second factor
// is half open until Pass. It takes as long for an unknown name as for a wrong password,
// and after a few wrong ones gives ErrLocked for a while. What comes of it is a row.
func (p *People) Enter(ctx context.Context, a Attempt) (Session, error) {
	if p.tries.locked(a.Name, a.Address) {
		return Session{}, ErrLocked
	}
	u, hash, err := p.store.Person(ctx, a.Name)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Session{}, err
	}
	known := err == nil
	if len(a.Password) > mostPassword || !checkPassword(hash, a.Password) || !known {
		if !known { // people type passwords in the wrong field
			u = User{Name: "nobody"}
		}
		return Session{}, p.wrong(ctx, a, u)
	}
	if !standings[u.Party].Console {
		return Session{}, errors.Join(ErrNoConsole, p.login(ctx, u, a.Address, "password", ErrNoConsole))
	}
	p.tries.passed(a.Name, a.Address)
	if stale(hash) {
		if err := p.store.Rehash(ctx, a.Name, hash, hashPassword(a.Password)); err != nil {
			return Session{}, err
		}
	}
	return p.begin(ctx, u, a, "password")
}

// begin makes a session. The row is there before it opens anything.
func (p *People) begin(ctx context.Context, u User, a Attempt, how string) (Session, error) {
	now := p.now().UTC()
	s := Session{Token: newToken(), User: u, CSRF: newToken(), Came: now, Used: now, Expires: now.Add(sessionLife), Second: a.second, Address: a.Address, Agent: cutAgent(a.Agent)}
	s.ID = sessionID(fingerprint(s.Token))
	if err := p.login(ctx, u, a.Address, how, nil); err != nil {
		return Session{}, err
	}
	return s, p.store.AddSession(ctx, fingerprint(s.Token), s)
}

// wrong counts a wrong password and writes it down, and the lock that follows.
func (p *People) wrong(ctx context.Context, a Attempt, u User) error {
	locks := p.tries.failed(a.Name, a.Address)
	err := errors.Join(ErrCredentials, p.login(ctx, u, a.Address, "password", ErrCredentials))
	if locks {
		err = errors.Join(err, p.login(ctx, u, a.Address, "locked for "+lockout.String(), ErrLocked))
	}
	return err
}

// login has a row written of a login; what cannot be written down is an error.
func (p *People) login(ctx context.Context, u User, from, what string, outcome error) error {
	if p.recorder == nil {
		return nil
	}
	if err := p.recorder.Login(ctx, u, from, what, outcome); err != nil {
		return fmt.Errorf("register: %w", err)
	}
	return nil
}

func cutAgent(s string) string {
	if len(s) <= mostAgent {
		return s
	}
	end := mostAgent
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}

// sessionID is what a list calls the session with a token's fingerprint.
func sessionID(tokenHash string) string { return tokenHash[:16] }

// Session returns who a token belongs to; ErrCredentials when to nobody any more.
func (p *People) Session(ctx context.Context, token string) (Session, error) {
	hash := fingerprint(token)
	s, err := p.store.Session(ctx, hash)
	now := p.now()
	switch {
	case errors.Is(err, ErrNotFound):
		return Session{}, ErrCredentials
	case err != nil:
		return Session{}, err
	case now.After(s.Expires), now.Sub(s.Used) > sessionIdle, !standings[s.User.Party].Console:
		return Session{}, ErrCredentials
	}
	s.ID = sessionID(hash)
	if now.Sub(s.Used) > usedEvery {
		err = p.store.TouchSession(ctx, hash, now)
	}
	return s, err
}

// Logout ends a session.
func (p *People) Logout(ctx context.Context, token string) error {
	return p.store.DropSession(ctx, fingerprint(token))
}

// Mine returns the sessions of the session's person, the one asked by among them.
func (p *People) Mine(ctx context.Context, s Session) ([]Session, error) {
	all, err := p.store.SessionsOf(ctx, s.User.Name)
	out := []Session{}
	for _, one := range all {
		if p.now().Sub(one.Used) <= sessionIdle {
			out = append(out, one)
		}
	}
	return out, err
}

// EndMine ends one of the person's sessions, or with an empty id all but the one asked by.
func (p *People) EndMine(ctx context.Context, s Session, id string) error {
	what, ids := "end session "+id, []string{id}
	var err error
	if id == "" {
		what, ids = "end all other sessions", nil
		var all []Session
		all, err = p.store.SessionsOf(ctx, s.User.Name)
		for _, one := range all {
			if one.ID != s.ID {
				ids = append(ids, one.ID)
			}
		}
	}
	for _, one := range ids {
		if e := p.store.EndSession(ctx, s.User.Name, one); e != nil && (id != "" || !errors.Is(e, ErrNotFound)) {
			err = errors.Join(err, e)
		}
	}
	return p.record(ctx, s.User, "account/"+s.User.Name, what, err)
}
