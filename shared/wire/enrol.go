package wire

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"eastgate/shared/event"
)

// A Code lets one box enrol, once. It says which authority the cloud's certificate is
// of, so that the box knows the cloud at first contact.
type Code struct {
	Word      [codeWord]byte      // of chance; the cloud keeps its hash
	Authority [codeAuthority]byte // the beginning of the SHA-256 of the authority's certificate
}

// 80 bits cannot be guessed at a few tries a minute; 128 bits of a hash cannot be met
// by another certificate.
const (
	codeWord      = 10
	codeAuthority = 16
)

// codeLetters are Crockford's: none looks like another.
var codeLetters = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// NewCode makes a code of a cloud with an authority.
func NewCode(authority *x509.Certificate) Code {
	c := Code{Authority: authorityMark(authority)}
	rand.Read(c.Word[:]) //nolint:errcheck // never fails (crypto/rand)
	return c
}

func authorityMark(c *x509.Certificate) (out [codeAuthority]byte) {
	sum := sha256.Sum256(c.Raw)
	copy(out[:], sum[:])
	return out
}

// Of reports whether a certificate is that of the authority.
func (c Code) Of(authority *x509.Certificate) bool { return c.Authority == authorityMark(authority) }

// Reveal is the code in seven groups of six, to be typed or pasted. It is a secret
// until it is used.
func (c Code) Reveal() string {
	text := codeLetters.EncodeToString(append(c.Word[:], c.Authority[:]...))
	var groups []string
	for ; len(text) > 6; text = text[6:] {
		groups = append(groups, text[:6])
	}
	return strings.Join(append(groups, text), "-")
}

// String shows no more than which authority it is for.
func (c Code) String() string { return "code of authority " + hex.EncodeToString(c.Authority[:4]) }

// Hash is what is kept of a code where it is known.
func (c Code) Hash() string {
	sum := sha256.Sum256(c.Word[:])
	return hex.EncodeToString(sum[:])
}

// ErrCode says that a text is no code.
var ErrCode = errors.New("this is no enrolment code: it has seven groups of six letters and digits")

// ParseCode reads a code as somebody typed it: case, spaces, and letters that look like
// digits do not matter.
func ParseCode(text string) (c Code, err error) {
	text = strings.NewReplacer("-", "", " ", "", "o", "0", "i", "1", "l", "1").Replace(strings.ToLower(strings.TrimSpace(text)))
	raw, err := codeLetters.DecodeString(text)
	if err != nil || len(raw) != codeWord+codeAuthority {
		return Code{}, ErrCode
	}
	copy(c.Word[:], raw)
	copy(c.Authority[:], raw[codeWord:])
	return c, nil
}

// MaxEnrol bounds what a box says, and what it is answered.
const MaxEnrol = 64 << 10

// Paths at which a box asks for certificates.
const (
	EnrolPath    = "/v1/enrol"          // POST, with a code
	IdentityPath = "/v1/identity"       // GET, with a certificate: whose it is
	RenewPath    = "/v1/identity/renew" // POST, with a certificate: another one
)

// An EnrolAsk asks for a certificate: Request is a PKCS #10 request in PEM (RFC 7468),
// which proves that who asks holds the key. Code is empty when a certificate is renewed.
type EnrolAsk struct {
	Code    string `json:"code,omitempty"`
	Request string `json:"request"`
}

// An Enrolled is the answer: the certificate, whose it is, and whom to believe.
type Enrolled struct {
	Site        string    `json:"site"`
	Box         string    `json:"box"`
	Certificate string    `json:"certificate"` // PEM, with what leads to the authority
	Authority   string    `json:"authority"`   // PEM
	Now         time.Time `json:"now"`         // by the cloud's clock
}

// An Identity says whose a certificate is, and until when. With Now a box whose clock is
// wrong knows when to renew.
type Identity struct {
	Site   string    `json:"site"`
	Box    string    `json:"box"`
	Serial string    `json:"serial"`
	From   time.Time `json:"from"`
	Until  time.Time `json:"until"`
	Now    time.Time `json:"now"`
}

// BoxURI is how a certificate names a box: a URI in its subject alternative name (RFC
// 5280 §4.2.1.6).
func BoxURI(site, box string) *url.URL {
	return &url.URL{Scheme: "eastgate", Host: site, Path: "/" + box}
}

// BoxOf returns the box that a certificate names; an error unless it names exactly one.
func BoxOf(c *x509.Certificate) (site, box string, err error) {
	for _, u := range c.URIs {
		if u.Scheme != "eastgate" {
			continue
		}
		if site != "" {
			return "", "", errors.New("the certificate names two boxes")
		}
		site, box = u.Host, strings.TrimPrefix(u.Path, "/")
		if !event.ValidName(site) || !event.ValidName(box) || u.String() != BoxURI(site, box).String() {
			return "", "", fmt.Errorf("the certificate's name %.100q is no box's", u.String())
		}
	}
	if site == "" {
		return "", "", errors.New("the certificate names no box")
	}
	return site, box, nil
}
