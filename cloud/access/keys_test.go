package access_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"

	"eastgate/cloud/access"
)

const keyPass = "kettles boil at noon"

// A keyring is a browser with a security key in it.
type keyring struct {
	rp   virtualwebauthn.RelyingParty
	auth virtualwebauthn.Authenticator
	key  virtualwebauthn.Credential
}

func newKeyring(origin string) *keyring {
	return &keyring{
		virtualwebauthn.RelyingParty{ID: "centre.example", Name: "Eastgate", Origin: origin},
		virtualwebauthn.NewAuthenticator(), virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2),
	}
}

func options(t *testing.T, c access.Ceremony) string {
	t.Helper()
	b, err := json.Marshal(map[string]any{"publicKey": c.Options})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// create answers to an offer, get to what is asked later.
func (k *keyring) create(t *testing.T, c access.Ceremony) access.Shown {
	t.Helper()
	o, err := virtualwebauthn.ParseAttestationOptions(options(t, c))
	if err != nil {
		t.Fatal(err)
	}
	return access.Shown{State: c.State, Answer: virtualwebauthn.CreateAttestationResponse(k.rp, k.auth, k.key, *o)}
}

func (k *keyring) get(t *testing.T, c access.Ceremony) access.Shown {
	t.Helper()
	o, err := virtualwebauthn.ParseAssertionOptions(options(t, c))
	if err != nil {
		t.Fatal(err)
	}
	k.key.Counter++
	return access.Shown{State: c.State, Answer: virtualwebauthn.CreateAssertionResponse(k.rp, k.auth, k.key, *o)}
}

// keyed are people at an address where keys work, and one of them with a key.
func keyed(t *testing.T) (*access.People, *keyring, access.Passed, *seen) {
	t.Helper()
	p, _, rows := sealed(t)
	p.ReachedAt("https://centre.example")
	if err := p.Add(t.Context(), "li", access.SystemAdmin, keyPass); err != nil {
		t.Fatal(err)
	}
	s := in(t, p, "li", keyPass)
	offer, err := p.OfferKey(t.Context(), s, "blue")
	if err != nil {
		t.Fatal(err)
	}
	k := newKeyring("https://centre.example")
	passed, err := p.Pass(t.Context(), s, s.Token, k.create(t, offer), "10.0.0.1")
	if err != nil || len(passed.Recovery) != 10 {
		t.Fatalf("a first key: %d recovery codes, %v", len(passed.Recovery), err)
	}
	return p, k, passed, rows
}

// TestASecurityKeyIsASecondFactor: it is added, shown at the next login, and each answer
// counts once; recovery codes lead on without it.
func TestASecurityKeyIsASecondFactor(t *testing.T) {
	p, k, first, rows := keyed(t)
	s := in(t, p, "li", keyPass)
	if !s.Half(time.Now()) {
		t.Error("the session is open without the key")
	}
	asked, err := p.AskKey(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	shown := k.get(t, asked)
	passed, err := p.Pass(t.Context(), s, s.Token, shown, "10.0.0.1")
	if err != nil || passed.Half(time.Now()) {
		t.Fatalf("the key: %v", err)
	}
	if _, err := p.Pass(t.Context(), s, s.Token, shown, "10.0.0.1"); !errors.Is(err, access.ErrCode) {
		t.Errorf("the same answer again: %v", err)
	}
	other := in(t, p, "li", keyPass)
	if _, err := p.Pass(t.Context(), other, other.Token, k.get(t, asked), "10.0.0.1"); !errors.Is(err, access.ErrCode) {
		t.Errorf("what another session was asked: %v", err)
	}
	if _, err := p.Pass(t.Context(), other, other.Token, access.Shown{Code: first.Recovery[0]}, "10.0.0.1"); err != nil {
		t.Errorf("a recovery code: %v", err)
	}
	list, _, err := p.Factors(t.Context(), again(t, p, passed.Token))
	if err != nil || len(list) != 1 || list[0].Kind != access.Key || list[0].Name != "blue" || list[0].Used == nil {
		t.Errorf("%+v %v", list, err)
	}
	for _, want := range []string{"li second factor: key blue, new, the first", "li second factor: key blue", "li second factor!"} {
		if !strings.Contains(strings.Join(rows.rows, "\n")+"\n", want+"\n") {
			t.Errorf("no row %q in %q", want, rows.rows)
		}
	}
}

// TestACopiedKeyIsRefused: a counter that went back is refused, and is a row.
func TestACopiedKeyIsRefused(t *testing.T) {
	p, k, _, rows := keyed(t)
	show := func() error {
		s := in(t, p, "li", keyPass)
		asked, err := p.AskKey(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.Pass(t.Context(), s, s.Token, k.get(t, asked), "10.0.0.1")
		return err
	}
	k.key.Counter = 7
	if err := show(); err != nil {
		t.Fatal(err)
	}
	k.key.Counter = 3
	if err := show(); !errors.Is(err, access.ErrCode) || !strings.Contains(err.Error(), "counter went back") {
		t.Errorf("a copy: %v", err)
	}
	if last := rows.rows[len(rows.rows)-1]; last != "li second factor key blue!" {
		t.Errorf("the row is %q", last)
	}
	k.key.Counter = 20
	if err := show(); err != nil {
		t.Errorf("the key itself: %v", err)
	}
}

// TestKeysOfOthersAreRefused: from another page, of another person, of another key, and
// where no browser shows one.
func TestKeysOfOthersAreRefused(t *testing.T) {
	p, k, passed, _ := keyed(t)
	s := again(t, p, passed.Token)
	ask := func() access.Ceremony {
		c, err := p.AskKey(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	phish, stranger := *k, newKeyring(k.rp.Origin)
	phish.rp.Origin = "https://centre.example.evil.example"
	for what, shown := range map[string]access.Shown{
		"from another page": phish.get(t, ask()), "of another key": stranger.get(t, ask()),
		"without an answer": {State: ask().State}, "too long": {State: ask().State, Answer: strings.Repeat("x", 20<<10)}, "to nothing": {State: "x", Answer: "{}"},
	} {
		if _, err := p.Pass(t.Context(), s, s.Token, shown, "10.0.0."+what); !errors.Is(err, access.ErrCode) {
			t.Errorf("%s: %v", what, err)
		}
	}
	again, err := p.OfferKey(t.Context(), s, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Pass(t.Context(), s, s.Token, k.create(t, again), "10.0.0.9"); !errors.Is(err, access.ErrExists) {
		t.Errorf("the same key once more: %v", err)
	}
	for _, address := range []string{"http://centre.example", "https://10.0.0.1", "http://127.0.0.1:8080", "::"} {
		q, _, _ := sealed(t)
		if _, err := q.ReachedAt(address).AskKey(t.Context(), s); !errors.Is(err, access.ErrNoKeys) {
			t.Errorf("at %s: %v", address, err)
		}
	}
}
