// Package identity says which box speaks: the cloud's own authority, the certificates
// that it gives to boxes, the codes by which they enrol, and the end of both.
//
// It promises that a box can speak only as itself, with a key that never left it; that
// a code enrols one key, once, within a day; that an answer lost on its way strands no
// box; that a box which is revoked is cut off at once, in the middle of what it does; and
// that all of this stands in the register. A certificate that the authority has signed
// and the database does not know is refused. DESIGN.md tells why, and what happens when
// a key is lost or stolen.
package identity

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"eastgate/cloud/access"
	"eastgate/shared/event"
	"eastgate/shared/wire"
)

// Errors that callers tell apart. Their words go to whoever stands at the box.
var (
	ErrCode    = errors.New("no such code: it was typed wrongly, or a newer one was made for the box")
	ErrUsed    = errors.New("the code has been used by another key: ask for a new one, and look who used it")
	ErrExpired = errors.New("the code has expired: ask for a new one")
	ErrRequest = errors.New("the request for a certificate cannot be used")
	// ErrStranger says that a certificate opens nothing.
	ErrStranger = errors.New("the certificate is of no box that may speak")
)

// CodeLife is how long a code may be used.
const CodeLife = 24 * time.Hour

// A Code is what the cloud keeps of one.
type Code struct {
	Hash      string
	Site, Box string
	Made      time.Time
	Expires   time.Time
	By        string // who made it
}

// A Certificate is one that was given to a box.
type Certificate struct {
	Serial    string // hexadecimal
	Site, Box string
	Key       string // SHA-256 of the public key
	Issued    time.Time
	Expires   time.Time
	PEM       string
	Used      *time.Time // first; nil: not yet
	Ended     *time.Time // revoked or replaced
}

// Store keeps codes and certificates. Each method is one transaction.
type Store interface {
	codes
	ends
	// RenewCertificate gives a key of a box the certificate that issue makes beside the one
	// whose serial is held, and ends others that were never used; or gives again what this
	// key has. It gives ErrStranger when held has ended.
	RenewCertificate(ctx context.Context, held, key string, now time.Time, issue func(site, box string) (Certificate, error)) (Certificate, error)
	// Certificate gives access.ErrNotFound for an unknown one, and for one that has ended
	// or whose box is revoked.
	Certificate(ctx context.Context, serial string) (Certificate, error)
	// FirstUse notes that a certificate is used, and ends the box's others.
	FirstUse(ctx context.Context, c Certificate, now time.Time) error
}

type codes interface {
	// AddCode makes a code, and a box known if it is not; earlier codes of the box are void.
	AddCode(ctx context.Context, c Code) error
	// UseCode gives a key the certificate that issue makes, ends the box's other
	// certificates and its secret, and lets it speak; or gives again what it has given
	// this key by this code. It gives ErrCode, ErrUsed or ErrExpired.
	UseCode(ctx context.Context, hash, key string, now time.Time, issue func(site, box string) (Certificate, error)) (Certificate, error)
}

type ends interface {
	// RevokeBox takes a box's right to speak, its certificates and codes;
	// access.ErrNotFound unless it has one of them.
	RevokeBox(ctx context.Context, site, box string) error
	// Ended returns serials and boxes ("site/box") whose right to speak ended since.
	Ended(ctx context.Context, since time.Time) (serials, boxes []string, err error)
}

// A Peer is a box that has shown who it is.
type Peer struct {
	Site, Box string
	Serial    string    // empty with a secret
	From      time.Time // the certificate's
	Until     time.Time // zero with a secret
}

// Name is site/box.
func (p Peer) Name() string { return p.Site + "/" + p.Box }

// A Gate holds connections of boxes. End cuts those that gone says are over, at once.
type Gate interface{ End(gone func(Peer) bool) }

// A Book gives certificates, knows them again, and ends them.
type Book struct {
	store     Store
	authority *Authority
	recorder  access.Recorder
	log       *slog.Logger
	now       func() time.Time
	life      time.Duration // of a box's certificate

	mu    sync.Mutex
	gates []Gate
	wake  chan struct{}
}

// New returns the book of a store. Without an authority it gives no codes.
func New(s Store, a *Authority, r access.Recorder, log *slog.Logger) *Book {
	return &Book{store: s, authority: a, recorder: r, log: log, now: time.Now, life: BoxLife, wake: make(chan struct{}, 1)}
}

// Authority is whose certificates the book gives; nil without one.
func (b *Book) Authority() *Authority { return b.authority }

// Code makes a code for a box, which is told only now; earlier ones of the box are void.
func (b *Book) Code(ctx context.Context, by, site, box string) (wire.Code, time.Time, error) {
	if !event.ValidName(site) || !event.ValidName(box) {
		return wire.Code{}, time.Time{}, fmt.Errorf("%w: box %s/%s: names have %s", access.ErrInvalid, site, box, event.NameRule)
	}
	if b.authority == nil {
		return wire.Code{}, time.Time{}, fmt.Errorf("%w: boxes.listen is not configured: no box can enrol", access.ErrInvalid)
	}
	code, now := wire.NewCode(b.authority.cert), b.now()
	until := now.Add(CodeLife)
	return code, until, b.store.AddCode(ctx, Code{Hash: code.Hash(), Site: site, Box: box, Made: now, Expires: until, By: by})
}

// Enrol gives the key of a request the certificate of the box that a code is for. Asked
// again with the same code and key it answers the same. from is for the register.
func (b *Book) Enrol(ctx context.Context, a wire.EnrolAsk, from string) (wire.Enrolled, error) {
	out, err := b.enrol(ctx, a)
	name, what := "box/"+out.Site+"/"+out.Box, "enrolled from "+from
	if err != nil {
		name = "box/unknown"
		b.log.Warn("a box could not enrol", "from", from, "err", err)
		err = fmt.Errorf("enrolment from %s: %w", from, err)
	}
	return out, errors.Join(err, b.recorder.Record(ctx, access.User{Name: "box:" + from}, name, what, err))
}

func (b *Book) enrol(ctx context.Context, a wire.EnrolAsk) (wire.Enrolled, error) {
	code, err := wire.ParseCode(a.Code)
	if err != nil {
		return wire.Enrolled{}, ErrCode
	}
	key, public, err := readRequest(a.Request)
	if err != nil {
		return wire.Enrolled{}, err
	}
	now := b.now()
	c, err := b.store.UseCode(ctx, code.Hash(), key, now, func(site, box string) (Certificate, error) {
		return b.issue(site, box, key, public, now)
	})
	if err != nil {
		return wire.Enrolled{}, err
	}
	b.Look()
	b.log.Info("a box is enrolled", "site", c.Site, "box", c.Box, "serial", c.Serial)
	return b.answer(c), nil
}

// Renew gives a box another certificate, for the key of a request.
func (b *Book) Renew(ctx context.Context, p Peer, a wire.EnrolAsk) (wire.Enrolled, error) {
	key, public, err := readRequest(a.Request)
	if err != nil {
		return wire.Enrolled{}, err
	}
	now := b.now()
	c, err := b.store.RenewCertificate(ctx, p.Serial, key, now, func(site, box string) (Certificate, error) {
		return b.issue(site, box, key, public, now)
	})
	if err != nil {
		return wire.Enrolled{}, err
	}
	b.log.Info("a box renews its certificate", "site", c.Site, "box", c.Box, "serial", c.Serial)
	return b.answer(c), b.recorder.Record(ctx, access.User{Name: "box:" + p.Name()}, "box/"+p.Name(), "certificate renewed", nil)
}

func (b *Book) answer(c Certificate) wire.Enrolled {
	return wire.Enrolled{Site: c.Site, Box: c.Box, Certificate: c.PEM, Authority: b.authority.PEM(), Now: b.now()}
}

func (b *Book) issue(site, box, key string, public any, now time.Time) (Certificate, error) {
	cert, err := b.authority.client(site, box, public, now, b.life)
	if err != nil {
		return Certificate{}, err
	}
	text := ""
	for _, der := range b.authority.with(cert) {
		text += string(encode("CERTIFICATE", der))
	}
	return Certificate{Serial: cert.SerialNumber.Text(16), Site: site, Box: box, Key: key, Issued: now, Expires: cert.NotAfter, PEM: text}, nil
}

// readRequest checks a request for a certificate and returns its key. What the request
// says of a name is not looked at: the name is the code's, or the certificate's.
func readRequest(text string) (key string, public any, err error) {
	block, rest := pem.Decode([]byte(text))
	if block == nil || block.Type != "CERTIFICATE REQUEST" || len(rest) > 0 {
		return "", nil, fmt.Errorf("%w: want one CERTIFICATE REQUEST in PEM form", ErrRequest)
	}
	r, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return "", nil, fmt.Errorf("%w: %w", ErrRequest, err)
	}
	if err := r.CheckSignature(); err != nil {
		return "", nil, fmt.Errorf("%w: %w", ErrRequest, err)
	}
	if k, ok := r.PublicKey.(*ecdsa.PublicKey); !ok || k.Curve != elliptic.P256() {
		return "", nil, fmt.Errorf("%w: want an ECDSA key on P-256", ErrRequest)
	}
	return hashOf(r.RawSubjectPublicKeyInfo), r.PublicKey, nil
}

func hashOf(key []byte) string {
	sum := sha256.Sum256(key)
	return hex.EncodeToString(sum[:])
}

// Certified says which box a certificate is of. TLS has verified that the authority
// signed it, and that its time has come and is not over; here it must be one that was
// given, to this box, for this key, and has not ended. When a box first uses a new one,
// its others end.
func (b *Book) Certified(ctx context.Context, cert *x509.Certificate) (Peer, error) {
	site, box, err := wire.BoxOf(cert)
	if err != nil {
		return Peer{}, fmt.Errorf("%w: %w", ErrStranger, err)
	}
	c, err := b.store.Certificate(ctx, cert.SerialNumber.Text(16))
	switch {
	case errors.Is(err, access.ErrNotFound):
		return Peer{}, fmt.Errorf("%w: %s/%s is revoked, was enrolled anew, or uses a certificate that was replaced", ErrStranger, site, box)
	case err != nil:
		return Peer{}, err
	case c.Site != site || c.Box != box || c.Key != hashOf(cert.RawSubjectPublicKeyInfo) || b.now().After(c.Expires):
		return Peer{}, fmt.Errorf("%w: the certificate for %s/%s is not the one that was given", ErrStranger, site, box)
	}
	if c.Used == nil {
		if err := b.store.FirstUse(ctx, c, b.now()); err != nil {
			return Peer{}, err
		}
		b.Look()
	}
	return Peer{Site: site, Box: box, Serial: c.Serial, From: cert.NotBefore, Until: c.Expires}, nil
}

// Revoke takes a box's right to speak: what it has open is cut at once.
func (b *Book) Revoke(ctx context.Context, site, box string) error {
	err := b.store.RevokeBox(ctx, site, box)
	b.Look()
	return err
}
