// Package oidc lets people in whom another house has seen (OpenID Connect): the code flow
// with PKCE, state and nonce.
//
// It promises that the house says who somebody is and nothing else: what an account may do
// stands here, and an account that is not bound to the house's subject does not exist. The
// house may be down when the cloud starts; it is asked at the first login.
package oidc

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	oidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"eastgate/shared/secret"
)

// Errors of a login by another house.
var (
	// ErrHouse says that the house cannot be reached, or says nothing that can be used.
	ErrHouse = errors.New("the identity provider does not answer as it should")
	// ErrAnswer says that an answer belongs to no login that was begun here.
	ErrAnswer = errors.New("this login was not begun here, or too long ago: begin again")
)

const (
	cookieName = "eastgate-oidc"
	// Path is where logins begin; the house answers at Path + "/callback".
	Path = "/login/oidc"
	// patience is how long one question to the house may take, and life how long somebody
	// may take to log in there.
	patience = 10 * time.Second
	life     = 10 * time.Minute
)

// A Config says which house it is.
type Config struct {
	Issuer   string     `yaml:"issuer"`
	ClientID string     `yaml:"client_id"`
	Secret   secret.Ref `yaml:"client_secret"`
	// Name is what the button says.
	Name string `yaml:"name"`
	// SecondFactor are values of the token's amr or acr of which one means that the house
	// saw a second factor; without any, ours is asked for as after a password.
	SecondFactor []string `yaml:"second_factor"`
}

// Set reports whether there is a house.
func (c Config) Set() bool { return c.Issuer != "" }

// Validate returns every fault.
func (c Config) Validate() []error {
	var faults []error
	if !c.Set() {
		if c.ClientID != "" || c.Secret.Set() || c.Name != "" || len(c.SecondFactor) > 0 {
			faults = append(faults, errors.New("oidc.issuer: the provider's address is needed"))
		}
		return faults
	}
	near := strings.HasPrefix(c.Issuer, "http://127.0.0.1") || strings.HasPrefix(c.Issuer, "http://localhost")
	if !strings.HasPrefix(c.Issuer, "https://") && !near {
		faults = append(faults, fmt.Errorf("oidc.issuer: %q is no https address", c.Issuer))
	}
	if c.ClientID == "" {
		faults = append(faults, errors.New("oidc.client_id: what the provider calls this cloud is needed"))
	}
	if !c.Secret.Set() {
		faults = append(faults, errors.New("oidc.client_secret: a file or credential is needed"))
	}
	return faults
}

// An Identity is who the house says somebody is.
type Identity struct {
	Issuer, Subject string
	Second          bool // it saw a second factor that counts here
}

// A House knows people.
type House struct {
	conf   Config
	word   secret.Value
	back   string // where it sends people afterwards
	seal   *secret.Sealer
	client *http.Client
	secure bool

	mu       sync.Mutex
	provider *oidc.Provider // nil until it was asked once
}

// New returns a house that sends people back to public. Cookies are sealed with seal.
func New(c Config, public string, seal *secret.Sealer) (*House, error) {
	word, err := c.Secret.Load()
	if err != nil {
		return nil, fmt.Errorf("oidc.client_secret: %w", err)
	}
	return &House{
		conf: c, word: word, back: strings.TrimSuffix(public, "/") + Path + "/callback", seal: seal,
		client: &http.Client{Timeout: patience}, secure: strings.HasPrefix(public, "https:"),
	}, nil
}

// Name is what the button says.
func (h *House) Name() string {
	if h.conf.Name == "" {
		return "OpenID Connect"
	}
	return h.conf.Name
}

// known asks the house what it is, once.
func (h *House) known() (*oidc.Provider, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.provider != nil {
		return h.provider, nil
	}
	// Its keys are fetched with the same client as long as the cloud runs.
	p, err := oidc.NewProvider(oidc.ClientContext(context.Background(), h.client), h.conf.Issuer)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrHouse, err)
	}
	h.provider = p
	return p, nil
}

func (h *House) oauth(p *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{ClientID: h.conf.ClientID, ClientSecret: h.word.Reveal(), Endpoint: p.Endpoint(), RedirectURL: h.back, Scopes: []string{oidc.ScopeOpenID}}
}

// begun is what the browser keeps, sealed, while its person is at the house.
type begun struct {
	State, Nonce, Verifier string
	Until                  time.Time
}

// Begin returns where to send somebody, and has the browser remember that it did.
func (h *House) Begin(w http.ResponseWriter) (string, error) {
	p, err := h.known()
	if err != nil {
		return "", err
	}
	b := begun{rand.Text(), rand.Text(), oauth2.GenerateVerifier(), time.Now().Add(life)}
	plain, err := json.Marshal(b)
	if err != nil {
		return "", err
	}
	http.SetCookie(w, h.cookie(h.seal.Seal(plain, cookieName), int(life/time.Second)))
	return h.oauth(p).AuthCodeURL(b.State, oidc.Nonce(b.Nonce), oauth2.S256ChallengeOption(b.Verifier)), nil
}

// cookie comes back when the house sends the browser here, which is why it is not strict.
func (h *House) cookie(value string, age int) *http.Cookie {
	return &http.Cookie{Name: cookieName, Value: value, Path: Path, MaxAge: age, HttpOnly: true, Secure: h.secure, SameSite: http.SameSiteLaxMode}
}

// Finish takes what the house says of somebody who comes back. ErrAnswer when the browser
// began no such login; each login is finished once.
func (h *House) Finish(w http.ResponseWriter, r *http.Request) (Identity, error) {
	http.SetCookie(w, h.cookie("", -1))
	q := r.URL.Query()
	b, err := h.remembered(r)
	if err != nil || subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(b.State)) != 1 {
		return Identity{}, ErrAnswer
	}
	if q.Get("error") != "" || q.Get("code") == "" {
		return Identity{}, fmt.Errorf("%w: it refused the login", ErrHouse)
	}
	p, err := h.known()
	if err != nil {
		return Identity{}, err
	}
	ctx := oidc.ClientContext(r.Context(), h.client)
	token, err := h.oauth(p).Exchange(ctx, q.Get("code"), oauth2.VerifierOption(b.Verifier))
	if err != nil {
		return Identity{}, fmt.Errorf("%w: the code is not taken", ErrHouse) // the error shows what was sent
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return Identity{}, fmt.Errorf("%w: no ID token", ErrHouse)
	}
	id, err := p.Verifier(&oidc.Config{ClientID: h.conf.ClientID}).Verify(ctx, raw)
	if err != nil {
		return Identity{}, fmt.Errorf("%w: %w", ErrHouse, err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(b.Nonce)) != 1 || id.Subject == "" {
		return Identity{}, ErrAnswer
	}
	return Identity{id.Issuer, id.Subject, h.second(id)}, nil
}

func (h *House) remembered(r *http.Request) (begun, error) {
	var b begun
	c, err := r.Cookie(cookieName)
	if err != nil {
		return b, err
	}
	plain, err := h.seal.Open(c.Value, cookieName)
	if err == nil {
		err = json.Unmarshal(plain, &b)
	}
	if err == nil && (b.State == "" || time.Now().After(b.Until)) {
		err = ErrAnswer
	}
	return b, err
}

// second reports whether the token says by what the configuration takes for one that the
// house saw a second factor (RFC 8176, OpenID Connect Core §2).
func (h *House) second(id *oidc.IDToken) bool {
	var said struct {
		AMR []string `json:"amr"`
		ACR string   `json:"acr"`
	}
	if id.Claims(&said) != nil {
		return false
	}
	return slices.ContainsFunc(h.conf.SecondFactor, func(v string) bool { return v != "" && (v == said.ACR || slices.Contains(said.AMR, v)) })
}
