package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A Sealer encrypts what is kept beside other people's data: AES-256-GCM. What is
// sealed for one label opens for no other.
type Sealer struct{ aead cipher.AEAD }

// sealKey is the length of a key, in bytes.
const sealKey = 32

// NewSealer returns the sealer of a key of 32 bytes in base64.
func NewSealer(key Value) (*Sealer, error) {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(key.Reveal()))
	if err != nil || len(raw) != sealKey {
		return nil, fmt.Errorf("a key is %d random bytes in base64", sealKey)
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	return &Sealer{aead}, err
}

// Seal encrypts; label must come back to open it.
func (s *Sealer) Seal(plain []byte, label string) string {
	nonce := make([]byte, s.aead.NonceSize())
	rand.Read(nonce) //nolint:errcheck // never fails (crypto/rand)
	return base64.RawStdEncoding.EncodeToString(s.aead.Seal(nonce, nonce, plain, []byte(label)))
}

// ErrSealed says that something was sealed by another key or for another label.
var ErrSealed = errors.New("what is sealed does not open with this key")

// Open decrypts what Seal made for the same label.
func (s *Sealer) Open(sealed, label string) ([]byte, error) {
	raw, err := base64.RawStdEncoding.DecodeString(sealed)
	n := s.aead.NonceSize()
	if err != nil || len(raw) < n {
		return nil, ErrSealed
	}
	plain, err := s.aead.Open(nil, raw[:n], raw[n:], []byte(label))
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}

// KeyFile reads a key from a file that only its owner may read, and makes both when
// the file is missing.
func KeyFile(path string) (Value, error) {
	fresh := make([]byte, sealKey)
	rand.Read(fresh) //nolint:errcheck // never fails (crypto/rand)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return Value{}, fmt.Errorf("key file: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case err == nil:
		_, err = f.WriteString(base64.StdEncoding.EncodeToString(fresh) + "\n")
		if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
			return Value{}, fmt.Errorf("key file %s: %w", path, err)
		}
	case !errors.Is(err, fs.ErrExist):
		return Value{}, fmt.Errorf("key file: %w", err)
	}
	if err := Guard(path, Own); err != nil {
		return Value{}, fmt.Errorf("key file: %w", err)
	}
	word, err := os.ReadFile(path)
	return New(strings.TrimSpace(string(word))), err
}
