package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"eastgate/cloud/web"
)

// idempotencyKey names a request, so that it is done once however often it is sent
// (draft-ietf-httpapi-idempotency-key-header).
const idempotencyKey = "Idempotency-Key"

// A Key is who sent which key to which operation. Keys of different people never
// meet.
type Key struct{ Account, Operation, Key string }

// An Answer is what was answered to a key's first request.
type Answer struct {
	Status   int
	Location string
	Version  int64
	Body     []byte
}

// Errors of the KeyStore.
var (
	// ErrUnderway says that the first request with the key is not done.
	ErrUnderway = errors.New("the first request with this key is not done")
	// ErrOther says that the key was used for another request.
	ErrOther = errors.New("the key was used for another request")
)

// A KeyStore remembers keys.
type KeyStore interface {
	// ClaimKey takes a key for a request that says what the fingerprint stands for. The
	// answer is nil when the request is to be done; one that was claimed before lost
	// and never answered is to be done again.
	ClaimKey(ctx context.Context, k Key, fingerprint string, now, lost time.Time) (*Answer, error)
	// KeepAnswer remembers what was answered. ReleaseKey forgets the key: nothing was done.
	KeepAnswer(ctx context.Context, k Key, a Answer) error
	ReleaseKey(ctx context.Context, k Key) error
	// ForgetKeys drops what was claimed before.
	ForgetKeys(ctx context.Context, before time.Time) error
}

// keyLife is how long a key is remembered; a phone that was off for a day comes back
// within it. A request of which nothing was heard for keyLost was cut off, and what
// it began is idempotent by the same key.
const (
	keyLife = 48 * time.Hour
	keyLost = time.Minute
)

// once does what a key asks for, or gives what was answered the first time.
func (t *router) once(c *call, h handler) (reply, error) {
	word := c.said.word(idempotencyKey)
	if word == "" {
		return h(c)
	}
	k := Key{c.who.User.Name, c.op.ID, word}
	now := time.Now()
	before, err := t.keys.ClaimKey(c.Context(), k, c.fingerprint(), now, now.Add(-keyLost))
	switch {
	case errors.Is(err, ErrOther):
		return reply{}, web.KeyReused.With("the same key came with other words; take a new one for a new request")
	case errors.Is(err, ErrUnderway):
		return reply{}, web.Underway.With("try again in a moment")
	case err != nil:
		return reply{}, err
	case before != nil:
		return before.again(), nil
	}
	// What is done is remembered even if who asked has gone.
	ctx := context.WithoutCancel(c.Context())
	answer, err := h(c)
	if err != nil {
		return reply{}, errors.Join(err, t.keys.ReleaseKey(ctx, k))
	}
	body, err := json.Marshal(answer.body)
	if err != nil {
		return reply{}, err
	}
	return answer, t.keys.KeepAnswer(ctx, k, Answer{Status: answer.status, Location: answer.location, Version: answer.version, Body: body})
}

func (a Answer) again() reply {
	return reply{status: a.Status, location: a.Location, version: a.Version, body: json.RawMessage(a.Body)}
}

// fingerprint stands for all that a request says.
func (c *call) fingerprint() string {
	h := sha256.New()
	for _, part := range []string{c.Method, c.URL.Path, c.URL.RawQuery, c.Header.Get(ifMatch), c.Header.Get("Content-Type")} {
		h.Write([]byte(part))
		h.Write([]byte{0})
	}
	h.Write(c.body)
	return hex.EncodeToString(h.Sum(nil))
}

// KeepKeys forgets old keys, at once and each hour, until ctx ends.
func KeepKeys(ctx context.Context, keys KeyStore, failed func(error)) {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		if err := keys.ForgetKeys(ctx, time.Now().Add(-keyLife)); err != nil && ctx.Err() == nil {
			failed(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
