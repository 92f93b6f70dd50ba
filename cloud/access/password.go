package access

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Argon2id with the second recommendation of RFC 9106 §4, less memory and one
// lane, for a small server: 19 MiB, two passes.
const (
	passes    = 2
	memoryKiB = 19 << 10
	lanes     = 1
	keyBytes  = 32
)

func hashPassword(password string) string {
	salt := make([]byte, 16)
	rand.Read(salt) //nolint:errcheck // never fails (crypto/rand)
	key := argon2.IDKey([]byte(password), salt, passes, memoryKiB, lanes, keyBytes)
	return fmt.Sprintf("argon2id$%s$%s", b64(salt), b64(key))
}

// checkPassword does the same work whatever hash is, also for none.
func checkPassword(hash, password string) bool {
	parts := strings.Split(hash, "$")
	salt, want := make([]byte, 16), []byte{}
	if len(parts) == 3 {
		salt, want = unb64(parts[1]), unb64(parts[2])
	}
	got := argon2.IDKey([]byte(password), salt, passes, memoryKiB, lanes, keyBytes)
	return subtle.ConstantTimeCompare(got, want) == 1
}

func b64(b []byte) string { return base64.RawStdEncoding.EncodeToString(b) }

func unb64(s string) []byte {
	b, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil {
		return nil
	}
	return b
}
