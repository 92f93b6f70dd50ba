// Package trust says whom a connection over TLS believes, and who it says that we are.
//
// It promises that nothing older than TLS 1.2 is spoken; that an own authority, where
// one is named, replaces the machine's; that a certificate of ours is read anew when
// its file changes, and that one half written does no harm; and that a key which
// others may read is refused.
package trust

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"eastgate/shared/secret"
)

// Pool reads the certificates of authorities from PEM files. Empty names are passed
// over; with no other it returns nil, which stands for the machine's own authorities.
func Pool(files ...string) (*x509.CertPool, error) {
	files = slices.DeleteFunc(slices.Clone(files), func(f string) bool { return f == "" })
	if len(files) == 0 {
		return nil, nil
	}
	pool := x509.NewCertPool()
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("ca_file: %w", err)
		}
		if !pool.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("ca_file: %s holds no certificate in PEM form", file)
		}
	}
	return pool, nil
}

// Client is how we dial: with the authorities of Pool, and without a certificate of ours.
func Client(files ...string) (*tls.Config, error) {
	pool, err := Pool(files...)
	if err != nil {
		return nil, err
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool}, nil
}

// ErrOpen says that others than the owner may read a key.
var ErrOpen = secret.ErrOpen

// Private gives ErrOpen for a file with a key that its group or anybody may read.
func Private(file string) error { return secret.Guard(file, secret.Own) }

// Missing reports whether an error says that a file is not there.
func Missing(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// Or is a copy of a config to be changed freely; of nil, what Client makes of no file.
func Or(c *tls.Config) *tls.Config {
	if c == nil {
		return &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return c.Clone()
}

// Server shows the certificate of two PEM files to who dials, read anew when they change;
// without files nothing yet.
func Server(cert, key string) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if cert == "" {
		return c, nil
	}
	own, err := Open(cert, key)
	if err != nil {
		return nil, err
	}
	c.GetCertificate = own.AsServer
	return c, nil
}
