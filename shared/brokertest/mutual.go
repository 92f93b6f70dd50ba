package brokertest

import (
	"crypto/ecdsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// A Pair is a certificate and its key, as PEM files.
type Pair struct{ Cert, Key string }

// Member issues a certificate to somebody by name, good for 127.0.0.1 and as a
// client's.
func (a *Authority) Member(name string) Pair {
	a.t.Helper()
	key, der := a.sign(&x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, a.cert, a.key)
	dir := a.t.TempDir()
	p := Pair{Cert: filepath.Join(dir, name+".pem"), Key: filepath.Join(dir, name+".key")}
	a.keep(p.Cert, "CERTIFICATE", der)
	a.keep(p.Key, "EC PRIVATE KEY", encodeKey(a.t, key))
	return p
}

func encodeKey(t testing.TB, key *ecdsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func (a *Authority) keep(file, kind string, der []byte) {
	a.t.Helper()
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		a.t.Fatal(err)
	}
}

// MosquittoMutual runs Debian's mosquitto as a strict outside party does: TLS 1.3
// only, each client shows a certificate of the authority and is called by its name,
// and acl (mosquitto.conf(5)) says who may say what. It keeps nothing on disk.
func MosquittoMutual(t testing.TB, a *Authority, acl string) *Process {
	t.Helper()
	program, err := exec.LookPath("mosquitto")
	if err != nil {
		program = "/usr/sbin/mosquitto" // not on everybody's path
	}
	dir, port, own := t.TempDir(), FreePort(t), a.Member("broker")
	rules := filepath.Join(dir, "acl")
	conf := filepath.Join(dir, "mosquitto.conf")
	for file, text := range map[string]string{
		rules: acl,
		conf: fmt.Sprintf("user root\nlistener %d 127.0.0.1\ncafile %s\ncertfile %s\nkeyfile %s\ntls_version tlsv1.3\nrequire_certificate true\nuse_identity_as_username true\nacl_file %s\nmax_inflight_messages 32\n",
			port, a.File(), own.Cert, own.Key, rules),
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return start(&Process{
		t: t, name: "mosquitto", addr: addr(port), slow: 30 * time.Second, tls: true,
		command: func() *exec.Cmd { return exec.Command(program, "-c", conf) },
	})
}
