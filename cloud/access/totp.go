package access

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Time-based one-time passwords as every authenticator app makes them (RFC 6238):
// HMAC-SHA-1, 30 s, six digits.
const (
	totpStep   = 30 * time.Second
	totpDigits = 6
	totpBytes  = 20
	// totpDrift is how many steps a phone's clock may be off, either way.
	totpDrift = 1
)

var totpWords = base32.StdEncoding.WithPadding(base32.NoPadding)

func newTOTP() []byte {
	b := make([]byte, totpBytes)
	rand.Read(b) //nolint:errcheck // never fails (crypto/rand)
	return b
}

// totpAt is the code of a step (RFC 4226 §5.3).
func totpAt(secret []byte, step int64) string {
	m := hmac.New(sha1.New, secret)
	binary.Write(m, binary.BigEndian, step) //nolint:errcheck // a hash takes everything
	sum := m.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%0*d", totpDigits, binary.BigEndian.Uint32(sum[at:])&0x7fffffff%1_000_000)
}

// totpFits returns the step whose code this is, if that is later than the last one
// that was taken: a code that was read over a shoulder is worth nothing.
func totpFits(secret []byte, code string, now time.Time, last int64) (step int64, ok bool) {
	at := now.Unix() / int64(totpStep/time.Second)
	for s := at - totpDrift; s <= at+totpDrift; s++ {
		if subtle.ConstantTimeCompare([]byte(totpAt(secret, s)), []byte(code)) == 1 && s > last {
			return s, true
		}
	}
	return 0, false
}

// Code is what an authenticator shows for a seed in base32 at a time, for programs
// that log in by themselves with a seed they were given.
func Code(seed string, at time.Time) (string, error) {
	secret, err := totpWords.DecodeString(strings.ToUpper(strings.TrimSpace(seed)))
	if err != nil || len(secret) < totpBytes/2 {
		return "", fmt.Errorf("%w: a seed is base32 text", ErrInvalid)
	}
	return totpAt(secret, at.Unix()/int64(totpStep/time.Second)), nil
}

// KeyURI is what authenticator apps read from a QR code.
func KeyURI(account, seed string) string {
	q := url.Values{"secret": {seed}, "issuer": {"Eastgate"}, "algorithm": {"SHA1"}, "digits": {fmt.Sprint(totpDigits)}, "period": {fmt.Sprint(int(totpStep / time.Second))}}
	return "otpauth://totp/Eastgate:" + url.PathEscape(account) + "?" + q.Encode()
}
