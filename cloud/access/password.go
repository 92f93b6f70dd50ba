package access

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/trustelem/zxcvbn"
	"golang.org/x/crypto/argon2"
)

// Argon2id with what OWASP's Password Storage Cheat Sheet asks for at least, for a small
// server: 19 MiB, two passes, one lane. The parameters stand in each hash, so that they
// can grow: who logs in then gets a new one.
const (
	passes    = 2
	memoryKiB = 19 << 10
	lanes     = 1
	keyBytes  = 32
)

// parameters are how a hash of ours begins (the PHC string format).
var parameters = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", argon2.Version, memoryKiB, passes, lanes)

func hashPassword(password string) string {
	salt := make([]byte, 16)
	rand.Read(salt) //nolint:errcheck // never fails (crypto/rand)
	key := argon2.IDKey([]byte(password), salt, passes, memoryKiB, lanes, keyBytes)
	return parameters + b64(salt) + "$" + b64(key)
}

// checkPassword does the same work whatever hash is, also for none.
func checkPassword(hash, password string) bool {
	rest, ok := strings.CutPrefix(hash, parameters)
	if !ok {
		rest = strings.TrimPrefix(hash, "argon2id$") // of before, with the same parameters
	}
	salt, want := make([]byte, 16), []byte{}
	if s, k, ok := strings.Cut(rest, "$"); ok {
		salt, want = unb64(s), unb64(k)
	}
	got := argon2.IDKey([]byte(password), salt, passes, memoryKiB, lanes, keyBytes)
	return subtle.ConstantTimeCompare(got, want) == 1
}

// stale reports whether a hash is not as one would be made now.
func stale(hash string) bool { return !strings.HasPrefix(hash, parameters) }

func b64(b []byte) string { return base64.RawStdEncoding.EncodeToString(b) }

func unb64(s string) []byte {
	b, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil {
		return nil
	}
	return b
}

// leastPassword is in characters, mostPassword in bytes (OWASP ASVS 2.1.1, 2.1.2).
const (
	leastPassword = 12
	mostPassword  = 1000
	weighed       = 72 // characters of it are weighed: a longer one is long enough
	leastScore    = 3  // of 4; "safely unguessable" offline begins here
)

// fitPassword reports why a password is none. What has been breached or is on every
// list, and what is made of it or of the person's own names, does not do; which kinds
// of characters it has does not matter (NIST SP 800-63B §5.1.1.2).
func fitPassword(password string, names ...string) error {
	switch n := utf8.RuneCountInString(password); {
	case n < leastPassword:
		return fmt.Errorf("a password has at least %d characters", leastPassword)
	case len(password) > mostPassword:
		return fmt.Errorf("a password has at most %d bytes", mostPassword)
	}
	lower := strings.ToLower(password)
	for _, name := range names {
		if name = strings.ToLower(name); utf8.RuneCountInString(name) > 2 && strings.Contains(lower, name) {
			return fmt.Errorf("a password does not hold the person's own name")
		}
	}
	if zxcvbn.PasswordStrength(first(password, weighed), append(names, "eastgate", "dongguan", "东关", "社区")).Score < leastScore {
		return fmt.Errorf("the password is easy to guess: it is, or is made of, one that many have; take several words that do not belong together")
	}
	return nil
}

func first(s string, runes int) string {
	for i := range s {
		if runes == 0 {
			return s[:i]
		}
		runes--
	}
	return s
}

// NewPassword makes one that people can copy by hand: 74 bits of chance.
func NewPassword() string {
	const letters = "abcdefghjkmnpqrstuvwxyz23456789"
	out := make([]byte, 0, 17)
	for len(out) < cap(out) {
		if n := len(out); n == 5 || n == 11 {
			out = append(out, '-')
		}
		var b [1]byte
		rand.Read(b[:]) //nolint:errcheck // never fails (crypto/rand)
		if x := int(b[0]); x < 256/len(letters)*len(letters) {
			out = append(out, letters[x%len(letters)])
		}
	}
	return string(out)
}
