package identity

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"eastgate/shared/durable"
	"eastgate/shared/trust"
	"eastgate/shared/wire"
)

// How long certificates live. Boxes renew theirs after two thirds.
const (
	authorityLife = 20 * 365 * 24 * time.Hour
	BoxLife       = 90 * 24 * time.Hour
	serverLife    = 90 * 24 * time.Hour
)

// skew is how far the clocks of two replicas may be apart.
const skew = 5 * time.Minute

// An Authority signs certificates.
type Authority struct {
	cert  *x509.Certificate
	chain [][]byte // the authority's own certificate, and what leads to it
	key   crypto.Signer
}

// secretFile holds the authority's key and certificate, publicFile the certificate alone.
const (
	secretFile = "authority.pem"
	publicFile = "ca.pem"
)

// OpenAuthority opens the authority of a folder, or makes one there. A key that others
// may read is refused.
func OpenAuthority(dir string) (*Authority, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	file := filepath.Join(dir, secretFile)
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		if err := makeAuthority(file); err != nil {
			return nil, fmt.Errorf("authority: %w", err)
		}
		if err := trust.Inherit(dir); err != nil {
			return nil, fmt.Errorf("authority: %w", err)
		}
	}
	a, err := LoadAuthority(file, file)
	if err != nil {
		return nil, err
	}
	public := filepath.Join(dir, publicFile)
	if was, err := os.ReadFile(public); err == nil && string(was) == a.PEM() {
		return a, nil
	}
	if err := errors.Join(durable.Replace(public, []byte(a.PEM())), os.Chmod(public, 0o644)); err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	return a, nil
}

// makeAuthority makes a key and a certificate in one file. Of two programs that do so at
// once, one wins and both go on with the winner's.
func makeAuthority(file string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	now, host := time.Now(), hostname()
	cert := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{Organization: []string{"Eastgate"}, CommonName: "Eastgate authority of " + host},
		NotBefore: now.Add(-24 * time.Hour), NotAfter: now.Add(authorityLife), IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, key.Public(), key)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	fresh := file + "." + serial().Text(36)
	if err := durable.Replace(fresh, append(encode("PRIVATE KEY", secret), encode("CERTIFICATE", der)...)); err != nil {
		return err
	}
	err = os.Link(fresh, file)
	if errors.Is(err, fs.ErrExist) {
		err = nil
	}
	return errors.Join(err, os.Remove(fresh))
}

// LoadAuthority reads an authority from PEM files: its certificate, with what leads to it
// if it is not the first one, and its key.
func LoadAuthority(cert, key string) (*Authority, error) {
	pair, err := trust.Open(cert, key)
	if err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	own, err := pair.Current()
	if err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	signer, ok := own.PrivateKey.(crypto.Signer)
	switch now := time.Now(); {
	case !ok || !own.Leaf.IsCA || own.Leaf.KeyUsage&x509.KeyUsageCertSign == 0:
		return nil, fmt.Errorf("authority: %s may not sign certificates (no CA, or no keyCertSign)", cert)
	case now.After(own.Leaf.NotAfter):
		return nil, fmt.Errorf("authority: %s has ended on %s: or is this machine's clock wrong?", cert, own.Leaf.NotAfter.Format(time.DateOnly))
	}
	return &Authority{cert: own.Leaf, chain: own.Certificate, key: signer}, nil
}

// Certificate is the authority's own.
func (a *Authority) Certificate() *x509.Certificate { return a.cert }

// PEM is the authority's own certificate.
func (a *Authority) PEM() string { return string(encode("CERTIFICATE", a.cert.Raw)) }

// Pool believes the authority and nobody else.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// client signs a box's key.
func (a *Authority) client(site, box string, key any, from time.Time, life time.Duration) (*x509.Certificate, error) {
	return a.sign(&x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{Organization: []string{"Eastgate box"}, CommonName: site + "/" + box},
		NotBefore: from.Add(-skew), NotAfter: from.Add(life),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, KeyUsage: x509.KeyUsageDigitalSignature,
	}, site, box, key)
}

func (a *Authority) sign(cert *x509.Certificate, site, box string, key any) (*x509.Certificate, error) {
	if site != "" {
		cert.URIs = append(cert.URIs, wire.BoxURI(site, box))
	}
	if cert.NotAfter.After(a.cert.NotAfter) {
		cert.NotAfter = a.cert.NotAfter
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, a.cert, key, a.key)
	if err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	return x509.ParseCertificate(der)
}

// with is a certificate and what leads to the authority, as a chain.
func (a *Authority) with(cert *x509.Certificate) [][]byte {
	return append([][]byte{cert.Raw}, a.chain...)
}

// Dial is how a part of the cloud dials the cloud's own server, whatever the address.
func (a *Authority) Dial() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: a.Pool(), ServerName: inside}
}

func serial() *big.Int {
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		panic(err) // never fails (crypto/rand)
	}
	return n
}

func encode(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func hostname() string {
	host, err := os.Hostname()
	if err != nil || host == "" {
		return "this machine"
	}
	return host
}
