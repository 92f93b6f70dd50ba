package organisation

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// Keys seal telephone numbers. The first seals, each opens what it sealed, so that
// a new key can be put before the old one. None seals nothing.
type Keys []key

// A key is AES-256-GCM, and a name that shows which one sealed a number.
type key struct {
	name string
	aead cipher.AEAD
}

// ParseKeys reads keys of 32 random bytes in base64, as `openssl rand -base64 32`
// prints them.
func ParseKeys(words ...string) (Keys, error) {
	var keys Keys
	for i, w := range words {
		raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(w))
		if err != nil || len(raw) != 32 {
			return nil, fmt.Errorf("key %d for telephone numbers: want 32 bytes in base64, as openssl rand -base64 32 prints them", i+1)
		}
		block, err := aes.NewCipher(raw)
		if err != nil {
			return nil, err
		}
		aead, err := cipher.NewGCM(block)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(raw)
		keys = append(keys, key{hex.EncodeToString(sum[:4]), aead})
	}
	return keys, nil
}

// seal binds a number to the contact: put beside another it does not open.
func (k Keys) seal(phone, contact string) (string, error) {
	if len(k) == 0 {
		return "", ErrKey
	}
	nonce := make([]byte, k[0].aead.NonceSize())
	rand.Read(nonce) //nolint:errcheck // never fails (crypto/rand)
	out := k[0].aead.Seal(nonce, nonce, []byte(phone), []byte(contact))
	return k[0].name + ":" + base64.RawStdEncoding.EncodeToString(out), nil
}

var errSealed = errors.New("a sealed telephone number is not what was written")

func (k Keys) open(sealed, contact string) (string, error) {
	name, text, _ := strings.Cut(sealed, ":")
	for _, key := range k {
		if key.name != name {
			continue
		}
		raw, err := base64.RawStdEncoding.DecodeString(text)
		if err != nil || len(raw) < key.aead.NonceSize() {
			return "", errSealed
		}
		n := key.aead.NonceSize()
		phone, err := key.aead.Open(nil, raw[:n], raw[n:], []byte(contact))
		if err != nil {
			return "", errSealed
		}
		return string(phone), nil
	}
	return "", ErrKey
}
