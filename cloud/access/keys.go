package access

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"eastgate/shared/event"
)

// ErrNoKeys says that the cloud stands where no browser shows a security key: WebAuthn
// wants a name, not an address of numbers, and https unless that name is localhost.
var ErrNoKeys = errors.New("security keys need the cloud's public_url to be https with a name")

// keyTime is how long a browser may take to ask a security key.
const keyTime = 5 * time.Minute

// mostAnswer bounds what a browser says of a key, in bytes.
const mostAnswer = 16 << 10

// ReachedAt lets people show security keys to pages at an address. At one where browsers
// allow none, there are none.
func (p *People) ReachedAt(public string) *People {
	u, err := url.Parse(public)
	if err != nil {
		return p
	}
	host := u.Hostname()
	near := host == "localhost" || strings.HasSuffix(host, ".localhost")
	if net.ParseIP(host) != nil || u.Scheme != "https" && !near {
		return p
	}
	limit := webauthn.TimeoutConfig{Enforce: true, Timeout: keyTime, TimeoutUVD: keyTime}
	keys, err := webauthn.New(&webauthn.Config{
		RPID: host, RPDisplayName: "Eastgate", RPOrigins: []string{u.Scheme + "://" + u.Host},
		AttestationPreference: protocol.PreferNoAttestation, // which make it is, is nobody's business
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementDiscouraged, UserVerification: protocol.VerificationPreferred,
		},
		Timeouts: webauthn.TimeoutsConfig{Login: limit, Registration: limit},
	})
	if err == nil {
		p.keys = keys
	}
	return p
}

// A Ceremony is what a browser is to ask of a security key. State comes back with the
// answer; it is sealed, for one session and a few minutes.
type Ceremony struct {
	Options any    `json:"options"` // of navigator.credentials.create or get, as JSON
	State   string `json:"state"`
}

// asked is what State seals.
type asked struct {
	New     bool   // a key is to be added
	Name    string // of that key
	Uses    int64  // of all keys before; each answer counts once
	Session webauthn.SessionData
}

func askedLabel(s Session) string { return "asked/" + s.User.Name + "/" + s.ID }

func (p *People) ask(s Session, a asked, options any) (Ceremony, error) {
	plain, err := json.Marshal(a)
	if err != nil {
		return Ceremony{}, err
	}
	return Ceremony{options, p.seal.Seal(plain, askedLabel(s))}, nil
}

// A keyholder is a person as the library sees one.
type keyholder struct {
	user    User
	factors []Factor
	keys    []webauthn.Credential
	uses    int64
}

// WebAuthnID is a handle that tells nothing of the person.
func (k *keyholder) WebAuthnID() []byte {
	sum := sha256.Sum256([]byte("eastgate/" + k.user.Name))
	return sum[:]
}
func (k *keyholder) WebAuthnName() string                       { return k.user.Name }
func (k *keyholder) WebAuthnDisplayName() string                { return k.user.Person }
func (k *keyholder) WebAuthnCredentials() []webauthn.Credential { return k.keys }

// keyholder opens the keys of a session's person. What was sealed by a key of before
// is left out.
func (p *People) keyholder(ctx context.Context, s Session) (*keyholder, error) {
	switch {
	case p.seal == nil:
		return nil, ErrNoKey
	case p.keys == nil:
		return nil, ErrNoKeys
	}
	all, err := p.store.Factors(ctx, s.User.Name)
	k := &keyholder{user: s.User}
	for _, f := range all {
		if f.Kind != Key || f.Proved == nil {
			continue
		}
		var c webauthn.Credential
		if plain, err := p.seal.Open(f.Sealed, f.label(s.User.Name)); err == nil && json.Unmarshal(plain, &c) == nil {
			k.factors, k.keys, k.uses = append(k.factors, f), append(k.keys, c), max(k.uses, f.Step)
		}
	}
	return k, err
}

// OfferKey asks for a new security key of the session's person.
func (p *People) OfferKey(ctx context.Context, s Session, name string) (Ceremony, error) {
	if err := s.mayAdd(p.now()); err != nil {
		return Ceremony{}, err
	}
	name, err := factorName(name, "key")
	if err != nil {
		return Ceremony{}, err
	}
	k, err := p.keyholder(ctx, s)
	if err != nil {
		return Ceremony{}, err
	}
	options, session, err := p.keys.BeginRegistration(k, webauthn.WithExclusions(webauthn.Credentials(k.keys).CredentialDescriptors()))
	if err != nil {
		return Ceremony{}, err
	}
	return p.ask(s, asked{New: true, Name: name, Session: *session}, options.Response)
}

// AskKey asks for one of the person's security keys; ErrNotFound when there is none.
func (p *People) AskKey(ctx context.Context, s Session) (Ceremony, error) {
	k, err := p.keyholder(ctx, s)
	if err != nil {
		return Ceremony{}, err
	}
	if len(k.keys) == 0 {
		return Ceremony{}, fmt.Errorf("%w: no security key", ErrNotFound)
	}
	options, session, err := p.keys.BeginLogin(k)
	if err != nil {
		return Ceremony{}, err
	}
	return p.ask(s, asked{Uses: k.uses, Session: *session}, options.Response)
}

// answered reports which key an answer is of, and keeps a new one.
func (p *People) answered(ctx context.Context, s Session, shown Shown) (how string, err error) {
	k, err := p.keyholder(ctx, s)
	if err != nil {
		return "", err
	}
	var a asked
	plain, err := p.seal.Open(shown.State, askedLabel(s))
	if err != nil || json.Unmarshal(plain, &a) != nil || len(shown.Answer) > mostAnswer {
		return "", fmt.Errorf("%w: it answers to nothing that was asked", ErrCode)
	}
	if a.New {
		return p.keepKey(ctx, s, k, a, []byte(shown.Answer))
	}
	return p.useKey(ctx, k, a, []byte(shown.Answer))
}

func (p *People) keepKey(ctx context.Context, s Session, k *keyholder, a asked, answer []byte) (string, error) {
	if err := s.mayAdd(p.now()); err != nil {
		return "", err
	}
	said, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return "", noKey(err)
	}
	c, err := p.keys.CreateCredential(k, a.Session, said)
	if err != nil {
		return "", noKey(err)
	}
	for _, other := range k.keys {
		if bytes.Equal(other.ID, c.ID) {
			return "", fmt.Errorf("%w: this key is one of yours", ErrExists)
		}
	}
	plain, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	now := p.now().UTC()
	f := Factor{ID: event.NewID(), Kind: Key, Name: a.Name, Made: now, Proved: &now}
	f.Sealed = p.seal.Seal(plain, f.label(s.User.Name))
	return Key + " " + f.Name + ", new", p.store.AddFactor(ctx, s.User.Name, f)
}

func (p *People) useKey(ctx context.Context, k *keyholder, a asked, answer []byte) (string, error) {
	said, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return "", noKey(err)
	}
	c, err := p.keys.ValidateLogin(k, a.Session, said)
	if err != nil {
		return "", noKey(err)
	}
	var f Factor
	for i, one := range k.keys {
		if bytes.Equal(one.ID, c.ID) {
			f = k.factors[i]
		}
	}
	how := Key + " " + f.Name
	if c.Authenticator.CloneWarning {
		return how, fmt.Errorf("%w: its counter went back: it may have been copied", ErrCode)
	}
	plain, err := json.Marshal(c)
	if err != nil {
		return how, err
	}
	ok, err := p.store.UseFactor(ctx, f.ID, p.seal.Seal(plain, f.label(k.user.Name)), a.Uses+1, p.now().UTC())
	if err == nil && !ok {
		err = ErrCode // this answer was taken already
	}
	return how, err
}

// noKey says why an answer is refused; the library's own words hold no secret.
func noKey(err error) error {
	var why *protocol.Error
	if errors.As(err, &why) {
		return fmt.Errorf("%w: %s", ErrCode, strings.TrimSpace(why.Details))
	}
	return fmt.Errorf("%w: %w", ErrCode, err)
}
