package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// A pair is a certificate and its key, as PEM files.
type pair struct{ cert, key string }

// own are the certificates of a day: everybody's and the authority's.
type own struct {
	ca                         string
	broker, station, community pair
}

// certificates makes an authority that nobody knows, and a certificate for each side.
func certificates(dir string) (own, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return own{}, err
	}
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "police-sim"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(0, 1, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return own{}, err
	}
	der, err := x509.CreateCertificate(rand.Reader, root, root, &key.PublicKey, key)
	if err != nil {
		return own{}, err
	}
	o := own{ca: filepath.Join(dir, "ca.pem")}
	if err := keep(o.ca, "CERTIFICATE", der); err != nil {
		return o, err
	}
	for n, name := range []string{"broker", "station", "community"} {
		p := []*pair{&o.broker, &o.station, &o.community}[n]
		if *p, err = issue(dir, name, int64(n+2), root, key); err != nil {
			return o, err
		}
	}
	return o, nil
}

func issue(dir, name string, serial int64, root *x509.Certificate, by *ecdsa.PrivateKey) (pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return pair{}, err
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name}, NotBefore: root.NotBefore, NotAfter: root.NotAfter,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, root, &key.PublicKey, by)
	if err != nil {
		return pair{}, err
	}
	secret, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return pair{}, err
	}
	p := pair{filepath.Join(dir, name+".pem"), filepath.Join(dir, name+".key")}
	if err := keep(p.cert, "CERTIFICATE", der); err != nil {
		return p, err
	}
	return p, keep(p.key, "EC PRIVATE KEY", secret)
}

func keep(file, kind string, der []byte) error {
	return os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}
