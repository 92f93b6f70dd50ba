package deliver

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
)

// A Signer signs manifests with ECDSA on P-256 (FIPS 186-5), which every browser can
// verify.
type Signer struct{ key *ecdsa.PrivateKey }

// NewSigner makes the key of a secret of 32 bytes, always the same one.
func NewSigner(seed []byte) (*Signer, error) {
	h := sha256.Sum256(append([]byte("eastgate bundle "), seed...))
	h[0] &= 0x7f // below the order of the curve
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), h[:])
	if err != nil {
		return nil, fmt.Errorf("key of bundles: %w", err)
	}
	return &Signer{key}, nil
}

// Public is the key that verifies, as an uncompressed point in hex (SEC 1 §2.3.3).
func (s *Signer) Public() string {
	b, err := s.key.PublicKey.Bytes()
	if err != nil {
		return ""
	}
	return hex.EncodeToString(b)
}

// Fingerprint is what two people compare over the telephone.
func Fingerprint(public string) string {
	h := sha256.Sum256([]byte(public))
	return hex.EncodeToString(h[:8])
}

// sign returns r and s, 32 bytes each, in hex, as WebCrypto wants them (IEEE P1363).
func (s *Signer) sign(text []byte) (string, error) {
	h := sha256.Sum256(text)
	r, t, err := ecdsa.Sign(rand.Reader, s.key, h[:])
	if err != nil {
		return "", err
	}
	var out [64]byte
	r.FillBytes(out[:32])
	t.FillBytes(out[32:])
	return hex.EncodeToString(out[:]), nil
}

var errSignature = errors.New("the signature is not of this manifest and key")

func verify(public, signature string, text []byte) error {
	point, err := hex.DecodeString(public)
	if err != nil {
		return errSignature
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return errSignature
	}
	sig, err := hex.DecodeString(signature)
	if err != nil || len(sig) != 64 {
		return errSignature
	}
	h := sha256.Sum256(text)
	if !ecdsa.Verify(key, h[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])) {
		return errSignature
	}
	return nil
}
