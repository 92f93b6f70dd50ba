package access

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"time"

	"eastgate/shared/event"
)

// A Box is an edge box that may speak.
type Box struct {
	Site, Box string
	Enrolled  time.Time
	Revoked   *time.Time
}

// BoxStore keeps boxes.
type BoxStore interface {
	// AddBox makes a box known, or gives one that is known a new secret.
	AddBox(ctx context.Context, site, box, secretHash string) error
	// BoxSecret gives ErrNotFound for an unknown or revoked box.
	BoxSecret(ctx context.Context, site, box string) (secretHash string, err error)
	Boxes(ctx context.Context) ([]Box, error)
	RevokeBox(ctx context.Context, site, box string) error
}

// Boxes lets boxes speak as themselves.
type Boxes struct{ store BoxStore }

// NewBoxes returns the boxes of a store.
func NewBoxes(s BoxStore) *Boxes { return &Boxes{s} }

// Enrol gives a box a secret, which is told only now. An earlier secret of the
// box is void.
func (b *Boxes) Enrol(ctx context.Context, site, box string) (secret string, err error) {
	if !event.ValidName(site) || !event.ValidName(box) {
		return "", fmt.Errorf("%w: box %s/%s: names have %s", ErrInvalid, site, box, event.NameRule)
	}
	secret = newToken()
	return secret, b.store.AddBox(ctx, site, box, fingerprint(secret))
}

// Check gives nil when the secret is the box's, else ErrCredentials.
func (b *Boxes) Check(ctx context.Context, site, box, secret string) error {
	want, err := b.store.BoxSecret(ctx, site, box)
	switch {
	case errors.Is(err, ErrNotFound):
		return ErrCredentials
	case err != nil:
		return err
	case subtle.ConstantTimeCompare([]byte(want), []byte(fingerprint(secret))) != 1:
		return ErrCredentials
	}
	return nil
}

// List returns all boxes.
func (b *Boxes) List(ctx context.Context) ([]Box, error) { return b.store.Boxes(ctx) }

// Revoke takes a box's right to speak.
func (b *Boxes) Revoke(ctx context.Context, site, box string) error {
	return b.store.RevokeBox(ctx, site, box)
}
