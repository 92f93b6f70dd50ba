// Package identity is who a box is to the cloud: a key that is made here and never
// leaves, the certificate that the cloud gave for it, and the authority to believe.
//
// It promises that a code is said to nobody but the cloud that made it; that key and
// certificate are replaced together, so that a power cut leaves the old or the new ones;
// that an answer which was lost is asked for again with the same key; and that the
// certificate is renewed before it ends, by the cloud's clock. The other end is
// cloud/identity, whose DESIGN.md tells both.
package identity

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"eastgate/shared/durable"
	"eastgate/shared/trust"
	"eastgate/shared/wire"
)

// Files of an identity's folder. The next key lies there while an answer is awaited.
const (
	ownFile  = "box.pem"
	caFile   = "ca.pem"
	nextFile = "next.key"
)

// Folder is where a box with a data folder keeps its identity.
func Folder(data string) string { return filepath.Join(data, "identity") }

// An Own is the identity of an enrolled box.
type Own struct {
	dir  string
	pair *trust.Pair
}

// ErrNone says that the box has not enrolled.
var ErrNone = errors.New("this box has not enrolled: `cloud edge enrol SITE/BOX` makes a code, and `edge enrol -cloud https://… CODE` uses it here")

// Open reads the identity in a folder; ErrNone without one.
func Open(dir string) (*Own, error) {
	file := filepath.Join(dir, ownFile)
	pair, err := trust.Open(file, file)
	if trust.Missing(err) {
		return nil, ErrNone
	}
	if err != nil {
		return nil, fmt.Errorf("identity: %w", err)
	}
	return &Own{dir: dir, pair: pair}, nil
}

// Box is whom the certificate names.
func (o *Own) Box() (site, box string, err error) {
	c, err := o.pair.Current()
	if err != nil {
		return "", "", err
	}
	return wire.BoxOf(c.Leaf)
}

// TLS is how the box dials the cloud: it believes the cloud's authority and those of
// caFiles, and shows its certificate as it is then.
func (o *Own) TLS(caFiles ...string) (*tls.Config, error) {
	c, err := trust.Client(append(caFiles, filepath.Join(o.dir, caFile))...)
	if err != nil {
		return nil, err
	}
	c.GetClientCertificate = o.pair.AsClient
	return c, nil
}

// nextKey is the key of a request that is under way, or a new one.
func nextKey(dir string) (crypto.Signer, error) {
	file := filepath.Join(dir, nextFile)
	if text, err := os.ReadFile(file); err == nil {
		if block, _ := pem.Decode(text); block != nil {
			if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
				if signer, ok := key.(crypto.Signer); ok {
					return signer, trust.Private(file)
				}
			}
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	text, err := encodeKey(key)
	if err != nil {
		return nil, err
	}
	return key, durable.Replace(file, text)
}

func encodeKey(key crypto.Signer) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// request asks for a certificate for a key (RFC 2986).
func request(key crypto.Signer) (string, error) {
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		return "", err
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})), nil
}

// keep checks what the cloud gave and stores it: the authority first, for a new
// certificate is shown to nobody before its file is whole.
func keep(dir string, key crypto.Signer, e wire.Enrolled) error {
	text, err := encodeKey(key)
	if err != nil {
		return err
	}
	own, err := tls.X509KeyPair([]byte(e.Certificate), text)
	if err != nil {
		return fmt.Errorf("what the cloud gave is no certificate for this box's key: %w", err)
	}
	if site, box, err := wire.BoxOf(own.Leaf); err != nil || site != e.Site || box != e.Box {
		return fmt.Errorf("the cloud's certificate is not for %s/%s: %w", e.Site, e.Box, err)
	}
	if !x509.NewCertPool().AppendCertsFromPEM([]byte(e.Authority)) {
		return errors.New("the cloud names no authority")
	}
	for _, f := range []struct {
		name string
		text []byte
	}{{caFile, []byte(e.Authority)}, {ownFile, append(text, e.Certificate...)}} {
		if err := durable.Replace(filepath.Join(dir, f.name), f.text); err != nil {
			return fmt.Errorf("identity: %w", err)
		}
	}
	if err := os.Remove(filepath.Join(dir, nextFile)); err != nil && !trust.Missing(err) {
		return fmt.Errorf("identity: %w", err)
	}
	return nil
}
