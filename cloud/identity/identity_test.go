package identity_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"eastgate/cloud/identity"
	own "eastgate/edge/identity"
	"eastgate/shared/brokertest"
	"eastgate/shared/wire"
)

func TestABoxJoinsWithACode(t *testing.T) {
	w := newWorld(t)
	one := w.enrol(t, "gate-1")
	if got := files(t, one.dir); !slices.Equal(got, []string{"box.pem", "ca.pem"}) {
		t.Errorf("the folder holds %v", got)
	}
	if _, _, err := w.connect(t, "garden/gate-1", one.tls(t)); err != nil {
		t.Errorf("the broker refuses it: %v", err)
	}
	if box, status := w.put(t, one.tls(t), strings.NewReader("picture")); box != "garden/gate-1" || status != http.StatusOK {
		t.Errorf("evidence came as %q, %d", box, status)
	}
	if !w.wrote.has("box/garden/gate-1", "enrolled from 127.0.0.1") {
		t.Errorf("the register says %v", w.wrote.rows)
	}
	rows, err := w.store.Fleet(t.Context())
	if err != nil || len(rows) != 1 || rows[0].Certificate == nil || time.Until(*rows[0].Certificate) < 89*24*time.Hour || rows[0].Code != nil {
		t.Errorf("the list says %+v, %v", rows, err)
	}
}

func TestACertificateOfAnotherBoxOpensNothing(t *testing.T) {
	w := newWorld(t)
	w.enrol(t, "gate-1")
	two := w.enrol(t, "gate-2")
	if _, _, err := w.connect(t, "garden/gate-1", two.tls(t)); err == nil {
		t.Error("box two came in as box one")
	}
	if box, _ := w.put(t, two.tls(t), strings.NewReader("x")); box != "garden/gate-2" {
		t.Errorf("box two's evidence came as %s, whatever it says of itself", box)
	}
	// As itself, it may neither say nor hear what is box one's.
	cloud := mqtt.NewClient(mqtt.NewClientOptions().AddBroker(w.broker.URL()).SetUsername("cloud").SetPassword(w.broker.Secret()).SetTLSConfig(w.book.Authority().Dial()).SetClientID("cloud"))
	if token := cloud.Connect(); !token.WaitTimeout(30*time.Second) || token.Error() != nil {
		t.Fatal(token.Error())
	}
	t.Cleanup(func() { cloud.Disconnect(0) })
	heard := make(chan string, 16)
	cloud.Subscribe("eastgate/#", 1, func(_ mqtt.Client, m mqtt.Message) { heard <- m.Topic() }).Wait()
	c, _, err := w.connect(t, "garden/gate-2", two.tls(t))
	if err != nil {
		t.Fatal(err)
	}
	sub := c.Subscribe(wire.Topic("garden", "gate-1", wire.Command), 1, func(mqtt.Client, mqtt.Message) { t.Error("it hears box one's commands") })
	sub.WaitTimeout(30 * time.Second)
	c.Publish(wire.Topic("garden", "gate-1", wire.Event), 1, false, "x")
	c.Publish(wire.Topic("garden", "gate-2", wire.Event), 1, false, "x").WaitTimeout(30 * time.Second)
	if topic := <-heard; topic != wire.Topic("garden", "gate-2", wire.Event) {
		t.Errorf("the cloud heard %s", topic)
	}
}

func TestWhoShowsNothingOrAStrangersCertificate(t *testing.T) {
	w := newWorld(t)
	w.enrol(t, "gate-1")
	w.refused(t, "nobody", w.shows(&tls.Certificate{}))

	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	self := &x509.Certificate{
		SerialNumber: big.NewInt(7), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		URIs: []*url.URL{wire.BoxURI("garden", "gate-1")}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, self, self, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	w.refused(t, "a certificate signed by itself", w.shows(&tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}))

	pair := brokertest.NewAuthority(t).Member("gate-1")
	stranger, err := tls.LoadX509KeyPair(pair.Cert, pair.Key)
	if err != nil {
		t.Fatal(err)
	}
	w.refused(t, "a certificate of another authority", w.shows(&stranger))
}

// TestAStolenAuthorityIsNotEnough has somebody sign with the authority's own key: what
// the database does not know opens nothing, not even with the serial of a real one.
func TestAStolenAuthorityIsNotEnough(t *testing.T) {
	w := newWorld(t)
	real := current(t, w.enrol(t, "gate-1"))
	dir := t.TempDir()
	a, err := identity.OpenAuthority(dir)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "authority.pem"))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	signer, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: real.SerialNumber, NotBefore: real.NotBefore, NotAfter: real.NotAfter, URIs: real.URIs, ExtKeyUsage: real.ExtKeyUsage,
	}, a.Certificate(), key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	forged, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.book.Certified(t.Context(), forged); !errors.Is(err, identity.ErrStranger) {
		t.Errorf("a forged certificate with a real serial: %v", err)
	}
	if p, err := w.book.Certified(t.Context(), real); err != nil || p.Name() != "garden/gate-1" {
		t.Errorf("the real one: %+v, %v", p, err)
	}
}

func current(t *testing.T, m *member) *x509.Certificate {
	t.Helper()
	c, err := m.tls(t).GetClientCertificate(nil)
	if err != nil {
		t.Fatal(err)
	}
	return c.Leaf
}

func TestABoxIsRevokedWhileItIsConnected(t *testing.T) {
	for name, revoke := range map[string]func(*world) error{
		"here":               func(w *world) error { return w.book.Revoke(t.Context(), "garden", "gate-1") },
		"by another program": func(w *world) error { return w.store.RevokeBox(t.Context(), "garden", "gate-1") },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			one, two := w.enrol(t, "gate-1"), w.enrol(t, "gate-2")
			_, lost, err := w.connect(t, "garden/gate-1", one.tls(t))
			if err != nil {
				t.Fatal(err)
			}
			other, _, err := w.connect(t, "garden/gate-2", two.tls(t))
			if err != nil {
				t.Fatal(err)
			}
			body, more := io.Pipe()
			defer more.Close()
			sent := make(chan struct{})
			go func() {
				defer close(sent)
				if _, status := w.put(t, one.tls(t), body); status == http.StatusOK {
					t.Error("the upload was finished")
				}
			}()
			more.Write([]byte("half a picture")) //nolint:errcheck // seen below
			gone(t, "the upload has begun", w.held)
			if err := revoke(w); err != nil {
				t.Fatal(err)
			}
			gone(t, "the session at the broker is ended", lost)
			gone(t, "the upload is cut off", w.cut)
			more.Close()
			gone(t, "the box sees that", sent)
			w.refused(t, "a revoked box", one.tls(t))
			if !other.IsConnectionOpen() {
				t.Error("another box was cut off too")
			}
		})
	}
}

func TestACodeIsForOneKeyOnce(t *testing.T) {
	w := newWorld(t)
	code := w.code(t, "gate-1")
	dir := t.TempDir()
	if _, err := own.Enrol(t.Context(), dir, w.url, code); err != nil {
		t.Fatal(err)
	}
	if _, err := own.Enrol(t.Context(), t.TempDir(), w.url, code); err == nil || !strings.Contains(err.Error(), "used by another key") {
		t.Errorf("a code that was used: %v", err)
	}
	wrong := w.code(t, "gate-2")
	void := wrong
	w.code(t, "gate-2") // a newer one
	if _, err := own.Enrol(t.Context(), t.TempDir(), w.url, void); err == nil || !strings.Contains(err.Error(), "no such code") {
		t.Errorf("a code that was replaced: %v", err)
	}
	if !w.wrote.has("DENIED", "used by another key") || !w.wrote.has("DENIED", "no such code") {
		t.Errorf("the register says %v", w.wrote.rows)
	}
	late := w.code(t, "gate-3")
	w.later(identity.CodeLife + time.Minute)
	if _, err := own.Enrol(t.Context(), t.TempDir(), w.url, late); err == nil || !strings.Contains(err.Error(), "has expired") {
		t.Errorf("a code of yesterday: %v", err)
	}
}

// TestALostAnswerStrandsNoBox says what a box says twice, as when the answer was cut off.
func TestALostAnswerStrandsNoBox(t *testing.T) {
	w := newWorld(t)
	ask := wire.EnrolAsk{Code: w.code(t, "gate-1"), Request: request(t)}
	first, err := w.book.Enrol(t.Context(), ask, "here")
	if err != nil {
		t.Fatal(err)
	}
	again, err := w.book.Enrol(t.Context(), ask, "here")
	if err != nil || again.Certificate != first.Certificate {
		t.Errorf("the same question has another answer: %v", err)
	}
	if err := w.book.Revoke(t.Context(), "garden", "gate-1"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.book.Enrol(t.Context(), ask, "here"); err == nil {
		t.Error("a revoked box came back by its old code")
	}
}

// request asks for a certificate for a new key.
func request(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
}

func TestTwoBoxesRaceForOneCode(t *testing.T) {
	w := newWorld(t)
	code := w.code(t, "gate-1")
	var busy sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for range 4 {
		dir := t.TempDir()
		busy.Go(func() {
			_, err := own.Enrol(t.Context(), dir, w.url, code)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won++
			case !strings.Contains(err.Error(), "used by another key"):
				t.Error(err)
			}
		})
	}
	busy.Wait()
	if won != 1 {
		t.Errorf("%d boxes are gate-1", won)
	}
}

// TestACodeIsSaidToNobodyElse has the code of one cloud typed with the address of another.
func TestACodeIsSaidToNobodyElse(t *testing.T) {
	mine, other := newWorld(t), newWorld(t)
	_, err := own.Enrol(t.Context(), t.TempDir(), other.url, mine.code(t, "gate-1"))
	if err == nil || !strings.Contains(err.Error(), "another authority") || len(other.wrote.rows) > 0 {
		t.Errorf("%v; the other cloud heard %v", err, other.wrote.rows)
	}
}

func TestEnrolmentsAreBounded(t *testing.T) {
	w := newWorld(t)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: w.shows(&tls.Certificate{})}}
	body, err := json.Marshal(wire.EnrolAsk{Code: "guess"})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]int{}
	for range 14 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+wire.EnrolPath, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		seen[resp.StatusCode]++
	}
	if seen[http.StatusForbidden] != 10 || seen[http.StatusTooManyRequests] != 4 {
		t.Errorf("answers: %v", seen)
	}
}

func TestACertificateThatIsOver(t *testing.T) {
	w := newWorld(t)
	w.book.Life(2 * time.Second)
	one := w.enrol(t, "gate-1")
	_, lost, err := w.connect(t, "garden/gate-1", one.tls(t))
	if err != nil {
		t.Skip("this machine is too slow for a certificate of two seconds:", err)
	}
	gone(t, "the session ends with the certificate", lost)
	within(t, "it is over", func() bool { return time.Now().After(current(t, one).NotAfter) })
	w.refused(t, "a certificate that is over", one.tls(t))
}

func TestAKeyIsMadeOnceAndIsItsOwnersAlone(t *testing.T) {
	dir := t.TempDir()
	var busy sync.WaitGroup
	var mu sync.Mutex
	seen := map[string]bool{}
	for range 4 {
		busy.Go(func() {
			a, err := identity.OpenAuthority(dir)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			seen[a.PEM()] = true
		})
	}
	busy.Wait()
	if len(seen) != 1 {
		t.Errorf("%d authorities were made", len(seen))
	}
	file := filepath.Join(dir, "authority.pem")
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := identity.OpenAuthority(dir); err == nil || !strings.Contains(err.Error(), "others may read") {
		t.Errorf("a key that others may read: %v", err)
	}
}
