package access

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"eastgate/shared/event"
	"eastgate/shared/secret"
)

// Kinds of second factors.
const (
	TOTP = "totp" // a code that an app shows
	Key  = "key"  // a security key or passkey (WebAuthn)
)

// A Factor is what a person has, besides the password that he knows.
type Factor struct {
	ID     string     `json:"id"`
	Kind   string     `json:"kind"`
	Name   string     `json:"name"`
	Made   time.Time  `json:"made"`
	Proved *time.Time `json:"-"`
	Used   *time.Time `json:"used"`
	Sealed string     `json:"-"`
	Step   int64      `json:"-"`
}

// FactorStore keeps second factors, sealed.
type FactorStore interface {
	// Factors returns a person's factors, also those that were not proved yet.
	Factors(ctx context.Context, account string) ([]Factor, error)
	// AddFactor keeps one more; those of the same kind that were never proved go.
	AddFactor(ctx context.Context, account string, f Factor) error
	// UseFactor notes that a factor was shown, with its step; false: that step or a later
	// one was taken already.
	UseFactor(ctx context.Context, id, sealed string, step int64, at time.Time) (bool, error)
	// DropFactors takes one factor, or all with the recovery codes when id is empty.
	DropFactors(ctx context.Context, account, id string) error
	RecoveryStore
}

// RecoveryStore keeps codes for who has lost the factor.
type RecoveryStore interface {
	// PutRecovery replaces a person's recovery codes, of which hashes are kept.
	PutRecovery(ctx context.Context, account string, hashes []string) error
	// UseRecovery takes a code; false: there is no such code, or no more.
	UseRecovery(ctx context.Context, account, hash string, at time.Time) (bool, error)
	// Recovery counts the codes that are left.
	Recovery(ctx context.Context, account string) (int, error)
}

// Errors of second factors.
var (
	// ErrSecond says that a second factor must be shown first.
	ErrSecond = errors.New("a second factor is needed")
	// ErrCode says that a code is not, or no more, the one.
	ErrCode = errors.New("the code is wrong, or was used")
	// ErrNoKey says that there is no key to seal second factors with.
	ErrNoKey = errors.New("second factors need a key to be sealed with")
)

// SecondLife is how long a second factor counts for what must be freshly proved.
const SecondLife = 10 * time.Minute

const (
	mostFactors   = 8
	recoveryCodes = 10
)

// SealWith has second factors sealed.
func (p *People) SealWith(s *secret.Sealer) *People {
	p.seal = s
	return p
}

// Administers reports whether somebody is one of the three administrators, who do
// nothing without a second factor.
func (u User) Administers(now time.Time) bool {
	for _, g := range u.Grants {
		if g.Role.Administers() && g.Holds(now) {
			return true
		}
	}
	return false
}

// Half reports whether a session is only half open: a second factor is there, or must
// be, and has not been shown.
func (s Session) Half(now time.Time) bool {
	return s.Second.IsZero() && (s.User.Factors > 0 || s.User.Administers(now))
}

// Fresh reports whether a second factor was shown a short while ago.
func (s Session) Fresh(now time.Time) bool {
	return !s.Second.IsZero() && now.Sub(s.Second) < SecondLife
}

// mayAdd reports why a session may not add a factor: who has one shows it first, or a
// stolen password would be enough to make another.
func (s Session) mayAdd(now time.Time) error {
	if s.User.Factors > 0 && !s.Fresh(now) {
		return ErrSecond
	}
	if s.User.Factors >= mostFactors {
		return fmt.Errorf("%w: %d factors are enough", ErrInvalid, mostFactors)
	}
	return nil
}

// An Offer is a new factor that the app must be told of; it counts once a code of it
// was shown.
type Offer struct {
	ID   string `json:"id"`
	Seed string `json:"seed"` // base32, to be typed in
	URI  string `json:"uri"`  // for a QR code
}

// OfferTOTP makes a seed for the person of a session.
func (p *People) OfferTOTP(ctx context.Context, s Session, name string) (Offer, error) {
	if err := s.mayAdd(p.now()); err != nil {
		return Offer{}, err
	}
	return p.makeTOTP(ctx, s.User.Name, name, nil)
}

func (p *People) makeTOTP(ctx context.Context, account, name string, proved *time.Time) (Offer, error) {
	if p.seal == nil {
		return Offer{}, ErrNoKey
	}
	name, err := factorName(name, "TOTP")
	if err != nil {
		return Offer{}, err
	}
	seed := newTOTP()
	f := Factor{ID: event.NewID(), Kind: TOTP, Name: name, Made: p.now().UTC(), Proved: proved}
	f.Sealed = p.seal.Seal(seed, f.label(account))
	o := Offer{ID: f.ID, Seed: totpWords.EncodeToString(seed)}
	o.URI = KeyURI(account, o.Seed)
	return o, p.store.AddFactor(ctx, account, f)
}

// factorName is what a person calls a factor.
func factorName(name, otherwise string) (string, error) {
	if name = strings.TrimSpace(name); name == "" {
		name = otherwise
	}
	if len(name) > 100 {
		return "", fmt.Errorf("%w: a factor's name has at most 100 bytes", ErrInvalid)
	}
	return name, nil
}

// label binds a sealed secret to its person: in another's row it does not open.
func (f Factor) label(account string) string { return "factor/" + account + "/" + f.ID }

// GiveTOTP replaces all of a person's factors by one with a new seed, by the command
// line's right: for the first factor of who cannot be there, for one that was lost with
// nobody left to reset it, and for programs that log in by themselves.
func (p *People) GiveTOTP(ctx context.Context, by User, account string) (Offer, error) {
	var o Offer
	_, _, err := p.store.Person(ctx, account)
	if !by.typed() {
		err = ErrForbidden
	}
	if err == nil {
		err = p.store.DropFactors(ctx, account, "")
	}
	if err == nil {
		now := p.now().UTC()
		o, err = p.makeTOTP(ctx, account, "by the command line", &now)
	}
	return o, p.record(ctx, by, "account/"+account, "give a second factor", err)
}

// ResetFactors takes away the factors of another person who has lost them. At the next
// login he is asked for a new one.
func (p *People) ResetFactors(ctx context.Context, by User, account string) error {
	var err error
	switch {
	case !May(by, ManageGrants, Anywhere):
		err = ErrForbidden
	case by.Name == account:
		err = ErrSelf
	default:
		if _, _, err = p.store.Person(ctx, account); err == nil {
			err = errors.Join(p.store.DropFactors(ctx, account, ""), p.store.EndSessions(ctx, account))
		}
	}
	return p.record(ctx, by, "account/"+account, "reset second factors", err)
}

// DropFactor takes away one of the session's own factors, but not the last of one who
// needs one.
func (p *People) DropFactor(ctx context.Context, s Session, id string) error {
	var err error
	switch {
	case !s.Fresh(p.now()):
		return ErrSecond
	case s.User.Factors < 2 && s.User.Administers(p.now()):
		err = fmt.Errorf("%w: an administrator keeps one; add another first", ErrInvalid)
	default:
		err = p.store.DropFactors(ctx, s.User.Name, id)
	}
	return p.record(ctx, s.User, "account/"+s.User.Name, "drop second factor "+id, err)
}

// Factors returns the session's own factors that work, and how many recovery codes are
// left.
func (p *People) Factors(ctx context.Context, s Session) ([]Factor, int, error) {
	all, err := p.store.Factors(ctx, s.User.Name)
	out := []Factor{}
	for _, f := range all {
		if f.Proved != nil {
			out = append(out, f)
		}
	}
	if err != nil {
		return out, 0, err
	}
	left, err := p.store.Recovery(ctx, s.User.Name)
	return out, left, err
}

// A Passed is what a person gets for showing a factor: the session goes on under
// another token. Recovery codes are told with the first factor, only now.
type Passed struct {
	Session
	Recovery []string
}

// A Shown is what a person shows: a code, or what a security key answered.
type Shown struct {
	Code          string // of an app, or a recovery code
	State, Answer string // of a Ceremony, and the browser's PublicKeyCredential as JSON
}

// Pass shows one of the person's factors, or a recovery code. A code or an answer of an
// offered factor makes it one.
func (p *People) Pass(ctx context.Context, s Session, token string, shown Shown, from string) (Passed, error) {
	lock := "second of " + s.User.Name
	if p.tries.locked(lock, from) {
		return Passed{}, ErrLocked
	}
	how, err := p.passes(ctx, s, shown)
	if err != nil {
		if errors.Is(err, ErrCode) && p.tries.failed(lock, from) {
			err = errors.Join(err, p.login(ctx, s.User, from, "second factor locked", ErrLocked))
		}
		return Passed{}, errors.Join(err, p.login(ctx, s.User, from, strings.TrimSpace("second factor "+how), err))
	}
	p.tries.passed(lock, from)
	return p.passed(ctx, s, token, from, how)
}

// passed opens the session wholly, under a new token.
func (p *People) passed(ctx context.Context, s Session, token, from, how string) (Passed, error) {
	var out Passed
	if s.User.Factors == 0 { // this was the first
		var err error
		if out.Recovery, err = p.recovery(ctx, s.User.Name); err != nil {
			return out, err
		}
		how += ", the first"
	}
	if err := p.login(ctx, s.User, from, "second factor: "+how, nil); err != nil {
		return out, err
	}
	s.Second, s.Token = p.now().UTC(), newToken()
	s.ID = sessionID(fingerprint(s.Token))
	out.Session = s
	return out, p.store.RotateSession(ctx, fingerprint(token), fingerprint(s.Token), s, p.now().Add(rotationGrace))
}

// passes reports which factor is shown.
func (p *People) passes(ctx context.Context, s Session, shown Shown) (how string, err error) {
	if shown.State != "" {
		return p.answered(ctx, s, shown)
	}
	return p.fits(ctx, s, strings.ToLower(strings.NewReplacer(" ", "", "-", "").Replace(shown.Code)))
}

// fits reports which factor a code is of.
func (p *People) fits(ctx context.Context, s Session, code string) (how string, err error) {
	if p.seal == nil {
		return "", ErrNoKey
	}
	all, err := p.store.Factors(ctx, s.User.Name)
	if err != nil {
		return "", err
	}
	for _, f := range all {
		if f.Kind != TOTP || f.Proved == nil && s.mayAdd(p.now()) != nil {
			continue
		}
		secret, err := p.seal.Open(f.Sealed, f.label(s.User.Name))
		if err != nil {
			continue // sealed by a key of before: recovery codes and a reset lead on
		}
		step, ok := totpFits(secret, code, p.now(), f.Step)
		if !ok {
			continue
		}
		if ok, err = p.store.UseFactor(ctx, f.ID, f.Sealed, step, p.now().UTC()); err != nil || !ok {
			return "", errors.Join(err, ErrCode)
		}
		return f.Kind + " " + f.Name, nil
	}
	if ok, err := p.store.UseRecovery(ctx, s.User.Name, fingerprint(code), p.now().UTC()); err != nil || ok {
		return "a recovery code", err
	}
	return "", ErrCode
}

// recovery makes codes for who loses the factor, and keeps their hashes.
func (p *People) recovery(ctx context.Context, account string) (codes []string, err error) {
	hashes := make([]string, 0, recoveryCodes)
	for range recoveryCodes {
		word := strings.ToLower(rand.Text()[:12])
		codes = append(codes, word[:4]+"-"+word[4:8]+"-"+word[8:])
		hashes = append(hashes, fingerprint(word))
	}
	return codes, p.store.PutRecovery(ctx, account, hashes)
}

// NewRecovery gives the session's person other recovery codes; earlier ones are void.
func (p *People) NewRecovery(ctx context.Context, s Session) ([]string, error) {
	if !s.Fresh(p.now()) {
		return nil, ErrSecond
	}
	codes, err := p.recovery(ctx, s.User.Name)
	return codes, p.record(ctx, s.User, "account/"+s.User.Name, "new recovery codes", err)
}
