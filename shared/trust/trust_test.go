package trust_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"eastgate/shared/trust"
)

// bundle is a key and its own certificate for a name, as one text.
func bundle(t *testing.T, name string) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
}

func write(t *testing.T, file string, text []byte, mode os.FileMode) {
	t.Helper()
	if err := errors.Join(os.WriteFile(file, text, mode), os.Chmod(file, mode)); err != nil {
		t.Fatal(err)
	}
}

func TestACertificateIsReadAnewWhenItsFileChanges(t *testing.T) {
	file := filepath.Join(t.TempDir(), "own.pem")
	write(t, file, bundle(t, "first"), 0o600)
	p, err := trust.Open(file, file)
	if err != nil {
		t.Fatal(err)
	}
	name := func() string {
		t.Helper()
		c, err := p.AsClient(nil)
		if err != nil {
			t.Fatal(err)
		}
		return c.Leaf.Subject.CommonName
	}
	if name() != "first" {
		t.Fatal("not the first")
	}
	write(t, file, []byte("half a certif"), 0o600)
	if _, err := p.Current(); err == nil || name() != "first" {
		t.Errorf("a file half written: %v, %s", err, name())
	}
	write(t, file, bundle(t, "second one"), 0o600)
	if name() != "second one" {
		t.Errorf("after the change it is still %s", name())
	}
}

func TestAKeyThatOthersMayReadIsRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "own.pem")
	for mode, fine := range map[os.FileMode]bool{0o600: true, 0o400: true, 0o640: false, 0o604: false} {
		write(t, file, bundle(t, "x"), 0o600)
		write(t, file, bundle(t, "x"), mode)
		if _, err := trust.Open(file, file); (err == nil) != fine || (err != nil && !errors.Is(err, trust.ErrOpen)) {
			t.Errorf("mode %04o: %v", mode, err)
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhatRootMakesBelongsToWhoNeedsIt(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	dir := t.TempDir()
	keys := filepath.Join(dir, "identity")
	if err := errors.Join(os.Mkdir(keys, 0o700), os.Chown(dir, 1234, 1234)); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(keys, "own.pem"), nil, 0o600)
	if err := trust.Inherit(keys); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{keys, filepath.Join(keys, "own.pem")} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if s, ok := info.Sys().(*syscall.Stat_t); !ok || s.Uid != 1234 {
			t.Errorf("%s belongs to %+v", name, info.Sys())
		}
	}
}

func TestPool(t *testing.T) {
	dir := t.TempDir()
	ca, empty := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "empty.pem")
	write(t, ca, bundle(t, "ca"), 0o600)
	write(t, empty, []byte("nothing"), 0o600)
	if p, err := trust.Pool("", ""); p != nil || err != nil {
		t.Errorf("no file: %v, %v: want the machine's own authorities", p, err)
	}
	if p, err := trust.Pool("", ca); p == nil || err != nil {
		t.Errorf("one file: %v, %v", p, err)
	}
	for file, says := range map[string]string{empty: "holds no certificate", ca + "x": "no such file"} {
		if _, err := trust.Client(file); err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: %v", file, err)
		}
	}
}
