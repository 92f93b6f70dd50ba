package identity

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"
)

// inside is the name under which the cloud reaches its own servers.
const inside = "localhost"

// Server is the TLS of a server for boxes: its certificate is of the authority, for
// names, and a client's is verified if it shows one. Who shows none is for the caller
// to refuse.
func (a *Authority) Server(names ...string) *tls.Config {
	s := &server{a: a, names: slices.Compact(slices.Sorted(slices.Values(slices.Concat(names, here()))))}
	return &tls.Config{
		MinVersion: tls.VersionTLS12, GetCertificate: s.certificate,
		ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: a.Pool(),
		SessionTicketsDisabled: true, // each connection shows its certificate
	}
}

// here are the names and addresses of this machine.
func here() []string {
	names := []string{inside, "127.0.0.1", "::1"}
	if host := hostname(); host != "this machine" {
		names = append(names, host)
	}
	all, err := net.InterfaceAddrs()
	if err != nil {
		return names // what is configured must do
	}
	for _, addr := range all {
		if ip, ok := addr.(*net.IPNet); ok && !ip.IP.IsLinkLocalUnicast() {
			names = append(names, ip.IP.String())
		}
	}
	return names
}

// A server has a certificate, and makes another one before it ends.
type server struct {
	a     *Authority
	names []string

	mu  sync.Mutex
	own *tls.Certificate
}

func (s *server) certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if s.own != nil && now.Before(RenewAt(s.own.Leaf.NotBefore, s.own.Leaf.NotAfter)) && !now.Before(s.own.Leaf.NotBefore) {
		return s.own, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	cert := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{Organization: []string{"Eastgate cloud"}, CommonName: s.names[0]},
		NotBefore: now.Add(-24 * time.Hour), NotAfter: now.Add(serverLife), // boxes' clocks may be behind
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, KeyUsage: x509.KeyUsageDigitalSignature,
	}
	for _, name := range s.names {
		if ip := net.ParseIP(name); ip != nil {
			cert.IPAddresses = append(cert.IPAddresses, ip)
		} else {
			cert.DNSNames = append(cert.DNSNames, name)
		}
	}
	signed, err := s.a.sign(cert, "", "", key.Public())
	if err != nil {
		return nil, fmt.Errorf("certificate of the server: %w", err)
	}
	s.own = &tls.Certificate{Certificate: s.a.with(signed), PrivateKey: key, Leaf: signed}
	return s.own, nil
}

// RenewAt is when two thirds of a certificate's life are over.
func RenewAt(from, until time.Time) time.Time { return from.Add(until.Sub(from) / 3 * 2) }
