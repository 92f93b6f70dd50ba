package report

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"
)

// A Signer makes and checks the words in the addresses that are printed and in
// forms. They hold no secret: they only show that this centre wrote them.
type Signer struct{ key []byte }

// NewSigner returns the signer of a key, which must stay the same as long as what
// was printed hangs on the walls.
func NewSigner(key []byte) Signer { return Signer{key} }

// macBytes is how much of a MAC is kept: nobody tries 2^80 addresses over the net.
const macBytes = 10

func (s Signer) mac(use, what string) string {
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte(use + "\x00" + what))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:macBytes])
}

// Place returns the word for a place's code, as it stands after /r/.
func (s Signer) Place(code string) string { return code + "~" + s.mac("place", code) }

// PlaceOf returns the code that a word stands for.
func (s Signer) PlaceOf(token string) (code string, ok bool) { return s.open("place", token) }

// formLife is how long a form may lie open.
const formLife = 24 * time.Hour

// Form returns a word for one form that is handed out: sent twice, it is one report.
func (s Signer) Form(nonce string, now time.Time) string {
	what := nonce + "." + now.UTC().Format("20060102T150405Z")
	return what + "~" + s.mac("form", what)
}

// FormOf returns the nonce of a form that was handed out lately.
func (s Signer) FormOf(word string, now time.Time) (nonce string, ok bool) {
	what, ok := s.open("form", word)
	if !ok {
		return "", false
	}
	nonce, stamp, _ := strings.Cut(what, ".")
	at, err := time.Parse("20060102T150405Z", stamp)
	return nonce, err == nil && now.Sub(at) < formLife
}

func (s Signer) open(use, word string) (string, bool) {
	at := strings.LastIndexByte(word, '~')
	if at < 0 || !hmac.Equal([]byte(s.mac(use, word[:at])), []byte(word[at+1:])) {
		return "", false
	}
	return word[:at], true
}
