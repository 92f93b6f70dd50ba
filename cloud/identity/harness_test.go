package identity_test

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"eastgate/cloud/access"
	"eastgate/cloud/broker"
	"eastgate/cloud/identity"
	"eastgate/cloud/store"
	"eastgate/cloud/store/storetest"
	"eastgate/cloud/web"
	own "eastgate/edge/identity"
	"eastgate/shared/event"
)

var quiet = slog.New(slog.DiscardHandler)

// A written register keeps what is recorded.
type written struct {
	mu   sync.Mutex
	rows []string
}

func (w *written) Record(_ context.Context, by access.User, object, what string, refused error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	row := by.Name + " " + object + " " + what
	if refused != nil {
		row += " DENIED " + refused.Error()
	}
	w.rows = append(w.rows, row)
	return nil
}

func (w *written) has(parts ...string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, row := range w.rows {
		all := true
		for _, part := range parts {
			all = all && strings.Contains(row, part)
		}
		if all {
			return true
		}
	}
	return false
}

// A world is a cloud's broker and its server for boxes, both real, with one authority.
type world struct {
	store  *store.Store
	book   *identity.Book
	broker *broker.Broker
	url    string
	wrote  *written
	ahead  atomic.Int64  // of the cloud's clock, in nanoseconds
	held   chan struct{} // signalled when an upload is being read
	cut    chan struct{} // and when it was cut off
}

func newWorld(t *testing.T) *world {
	t.Helper()
	s, err := store.Open(t.Context(), storetest.Address(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	a, err := identity.OpenAuthority(filepath.Join(t.TempDir(), "authority"))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{store: s, wrote: &written{}, held: make(chan struct{}, 64), cut: make(chan struct{}, 64)}
	w.book = identity.New(s, a, w.wrote, quiet)
	w.book.Clock(func() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) })
	if w.broker, err = broker.New(broker.Config{Listen: "127.0.0.1:0", Dir: t.TempDir(), TLS: a.Server("127.0.0.1"), Certified: w.book.Certified}, quiet); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.broker.Close() })
	w.book.Holds(w.broker)
	lines := identity.NewLines(w.book, nil, quiet)
	mux := web.NewMux()
	w.book.Mount(mux, lines)
	mux.Handle(web.Route{Pattern: "PUT /v1/evidence/{sha256}", Class: web.Machine}, lines.Guard(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		site, box, _ := identity.Name(r)
		out.Header().Set("X-Box", site+"/"+box)
		w.held <- struct{}{}
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			w.cut <- struct{}{}
		}
	})))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	shows := a.Server("127.0.0.1")
	shows.Time = func() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }
	srv := &http.Server{Handler: mux, TLSConfig: shows, ConnContext: identity.Remember, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0), ReadHeaderTimeout: time.Minute}
	go srv.ServeTLS(l, "", "") //nolint:errcheck // it ends with the test
	t.Cleanup(func() { srv.Close() })
	w.url = "https://" + l.Addr().String()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); w.book.Run(ctx) }() //nolint:errcheck // it gives none
	t.Cleanup(func() { stop(); <-done })
	return w
}

// later sets the cloud's clock forward.
func (w *world) later(d time.Duration) {
	w.ahead.Store(int64(d))
}

func (w *world) code(t *testing.T, box string) string {
	t.Helper()
	code, _, err := w.book.Code(t.Context(), "sysadmin", "garden", box)
	if err != nil {
		t.Fatal(err)
	}
	return code.Reveal()
}

// A member is an enrolled box with its folder.
type member struct {
	dir string
	*own.Own
}

func (w *world) enrol(t *testing.T, box string) *member {
	t.Helper()
	dir := t.TempDir()
	e, err := own.Enrol(t.Context(), dir, w.url, w.code(t, box))
	if err != nil || e.Site != "garden" || e.Box != box {
		t.Fatal(e, err)
	}
	o, err := own.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return &member{dir, o}
}

func (m *member) tls(t *testing.T) *tls.Config {
	t.Helper()
	c, err := m.TLS()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// connect dials the broker as a user with a TLS configuration; lost is closed when the
// link breaks.
func (w *world) connect(t *testing.T, user string, conf *tls.Config) (c mqtt.Client, lost chan struct{}, err error) {
	t.Helper()
	lost = make(chan struct{})
	o := mqtt.NewClientOptions().AddBroker(w.broker.URL()).SetClientID(event.NewID()).SetUsername(user).SetTLSConfig(conf).SetProtocolVersion(4).
		SetAutoReconnect(false).SetConnectTimeout(20 * time.Second).SetConnectionLostHandler(func(mqtt.Client, error) { close(lost) })
	c = mqtt.NewClient(o)
	token := c.Connect()
	if !token.WaitTimeout(30 * time.Second) {
		t.Fatal("the broker does not answer")
	}
	t.Cleanup(func() { c.Disconnect(0) })
	return c, lost, token.Error()
}

// put sends evidence and says as whom it was taken; status 0 says that TLS refused.
func (w *world) put(t *testing.T, conf *tls.Config, body io.Reader) (box string, status int) {
	t.Helper()
	client := http.Client{Transport: &http.Transport{TLSClientConfig: conf, DisableKeepAlives: true}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, w.url+"/v1/evidence/abc", body)
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth("garden/gate-1", "a secret of old")
	resp, err := client.Do(req)
	if err != nil {
		return "", 0
	}
	resp.Body.Close()
	return resp.Header.Get("X-Box"), resp.StatusCode
}

// refused checks that neither the broker nor the server takes a configuration.
func (w *world) refused(t *testing.T, what string, conf *tls.Config) {
	t.Helper()
	for _, user := range []string{"garden/gate-1", "garden/gate-2", ""} {
		if _, _, err := w.connect(t, user, conf); err == nil {
			t.Errorf("%s came into the broker as %q", what, user)
		}
	}
	if box, status := w.put(t, conf, strings.NewReader("x")); status == http.StatusOK {
		t.Errorf("%s sent evidence as %s", what, box)
	}
}

func within(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if so() {
			return
		}
	}
	t.Fatalf("not within 30 s: %s", what)
}

func gone(t *testing.T, what string, ch <-chan struct{}) {
	t.Helper()
	select {
	case <-ch:
	case <-time.After(30 * time.Second):
		t.Fatalf("not within 30 s: %s", what)
	}
}

// shows has a client believe the world's authority and show a certificate.
func (w *world) shows(c *tls.Certificate) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: w.book.Authority().Pool(), GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return c, nil }}
}

func files(t *testing.T, dir string) (out []string) {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %04o", f.Name(), info.Mode().Perm())
		}
		out = append(out, f.Name())
	}
	return out
}
