package camera_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"eastgate/edge/camera"
	"eastgate/edge/camera/cameratest"
	"eastgate/edge/flow"
	"eastgate/shared/secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A viewer runs a camera and gathers what it sends.
type viewer struct {
	packets chan *flow.Packet
	reg     *prometheus.Registry
	mu      sync.Mutex
	states  []camera.State
	changed chan struct{}
}

func watch(t *testing.T, cfg camera.Config, room int) *viewer {
	t.Helper()
	v := &viewer{packets: make(chan *flow.Packet, room), reg: prometheus.NewRegistry(), changed: make(chan struct{}, 100)}
	ctx, cancel := context.WithCancel(t.Context())
	tell := func(s camera.State) {
		v.mu.Lock()
		v.states = append(v.states, s)
		v.mu.Unlock()
		v.changed <- struct{}{}
	}
	c := camera.New("yard", cfg, tell, camera.NewMetrics(v.reg), slog.New(slog.DiscardHandler))
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx, v.packets) }()
	t.Cleanup(func() {
		cancel()
		go func() {
			for range v.packets { //nolint:revive // what was on its way
			}
		}()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return v
}

// state waits for a state and returns it.
func (v *viewer) state(t *testing.T, word string) camera.State {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		v.mu.Lock()
		for _, s := range v.states {
			if s.Word == word {
				v.mu.Unlock()
				return s
			}
		}
		v.mu.Unlock()
		select {
		case <-v.changed:
		case <-deadline:
			t.Fatalf("state %q never came: %+v", word, v.states)
		}
	}
}

func (v *viewer) next(t *testing.T) *flow.Packet {
	t.Helper()
	select {
	case p := <-v.packets:
		return p
	case <-time.After(20 * time.Second):
		t.Fatalf("no picture came; states %+v", v.states)
		return nil
	}
}

func config(url string) camera.Config {
	c := camera.DefaultConfig()
	c.URL = url
	return c
}

func h264(t testing.TB) string {
	return cameratest.Record(t, "320x240", 25, 2, "-c:v", "libx264", "-g", "25", "-preset", "ultrafast")
}

func hevc(t testing.TB) string {
	return cameratest.Record(t, "480x272", 25, 2, "-c:v", "libx265", "-x265-params", "keyint=25:log-level=error", "-preset", "ultrafast")
}

func TestPicturesCome(t *testing.T) {
	ca, certificate := authority(t)
	for _, c := range []struct {
		name   string
		server cameratest.Config
		client func(*camera.Config)
		film   func(testing.TB) string
		codec  string
		width  int
	}{
		{"tcp", cameratest.Config{}, func(*camera.Config) {}, h264, "h264", 320},
		{"udp", cameratest.Config{UDP: true}, func(c *camera.Config) { c.Transport = camera.UDP }, h264, "h264", 320},
		{"h265", cameratest.Config{}, func(*camera.Config) {}, hevc, "hevc", 480},
		{"basic", cameratest.Config{User: "op", Password: "right"}, login("op", "right"), h264, "h264", 320},
		{"digest", cameratest.Config{User: "op", Password: "right", Digest: true}, login("op", "right"), h264, "h264", 320},
		{"rtsps", cameratest.Config{TLS: certificate}, func(c *camera.Config) { c.CAFile = ca }, h264, "h264", 320},
	} {
		t.Run(c.name, func(t *testing.T) {
			server, _ := cameratest.Start(t, c.server, c.film(t))
			cfg := config(server.URL("cam"))
			c.client(&cfg)
			v := watch(t, cfg, 50)
			keys, last := 0, time.Duration(-1)
			for range 60 {
				p := v.next(t)
				if p.Stream.Codec != c.codec || p.Stream.Width != c.width || p.Camera != "yard" || p.Received.IsZero() {
					t.Fatalf("got %+v of %+v", p, p.Stream)
				}
				if p.PTS <= last {
					t.Errorf("media time goes back from %v to %v", last, p.PTS)
				}
				last = p.PTS
				if p.Key {
					keys++
				}
			}
			if keys < 2 {
				t.Errorf("%d key pictures in 60", keys)
			}
			v.state(t, camera.Online)
		})
	}
}

func login(user, password string) func(*camera.Config) {
	return func(c *camera.Config) {
		os.Setenv("CAMERA_TEST_PASSWORD", password)
		c.Username, c.Password = user, secret.Ref{Env: "CAMERA_TEST_PASSWORD"}
	}
}

func TestWhyACameraIsLost(t *testing.T) {
	server, _ := cameratest.Start(t, cameratest.Config{User: "op", Password: "right", Digest: true}, h264(t))
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	for _, c := range []struct {
		name, url string
		client    func(*camera.Config)
		word, say string
	}{
		{"wrong password", server.URL("cam"), login("op", "wrong-word"), camera.Credentials, "check username and password"},
		{"no password", server.URL("cam"), func(*camera.Config) {}, camera.Credentials, "check username and password"},
		{"nobody there", "rtsp://" + closed.Addr().String() + "/cam", func(*camera.Config) {}, camera.Unreachable, "check power, network and address"},
		{"unknown name", "rtsp://camera.invalid/cam", func(*camera.Config) {}, camera.Unreachable, "is not known"},
		{"wrong path", server.URL("nothing"), login("op", "right"), camera.Broken, "check the path"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := config(c.url)
			c.client(&cfg)
			s := watch(t, cfg, 50).state(t, c.word)
			if !strings.Contains(s.Reason, c.say) {
				t.Errorf("reason %q does not say %q", s.Reason, c.say)
			}
			if strings.Contains(s.Reason, "wrong-word") {
				t.Errorf("reason %q shows the password", s.Reason)
			}
		})
	}
}

func TestMediaTimeGoesOnAfterACut(t *testing.T) {
	server, cam := cameratest.Start(t, cameratest.Config{}, h264(t))
	v := watch(t, config(server.URL("cam")), 50)
	last := v.next(t).PTS
	began := time.Now()
	if err := cam.Set(cameratest.Cut, 500*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	v.state(t, camera.Broken)
	for {
		p := v.next(t)
		if p.PTS <= last {
			t.Fatalf("media time goes back from %v to %v", last, p.PTS)
		}
		if gap := p.PTS - last; gap > 400*time.Millisecond {
			if real := time.Since(began); gap > real+time.Second {
				t.Errorf("media time jumped by %v in %v", gap, real)
			}
			return
		}
		last = p.PTS
	}
}

func TestAStalledCameraIsNoticed(t *testing.T) {
	server, cam := cameratest.Start(t, cameratest.Config{}, h264(t))
	cfg := config(server.URL("cam"))
	cfg.StallAfter = time.Second
	v := watch(t, cfg, 50)
	v.next(t)
	cam.Set(cameratest.Stall, 0)
	v.state(t, camera.Stalled)
}

func TestAChangedPictureIsANewStream(t *testing.T) {
	server, cam := cameratest.Start(t, cameratest.Config{}, h264(t))
	v := watch(t, config(server.URL("cam")), 50)
	first := v.next(t).Stream
	larger, err := cameratest.Load(cameratest.Record(t, "640x360", 25, 2, "-c:v", "libx264", "-g", "25"))
	if err != nil {
		t.Fatal(err)
	}
	if err := cam.Show(larger); err != nil {
		t.Fatal(err)
	}
	second := await(t, v, first)
	if second.Width != 640 {
		t.Errorf("the new stream is %+v", second)
	}
	other, err := cameratest.Load(hevc(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := cam.Show(other); err != nil {
		t.Fatal(err)
	}
	if third := await(t, v, second); third.Codec != "hevc" || third.Width != 480 {
		t.Errorf("the new stream is %+v", third)
	}
}

// await reads packets until their stream is another than old.
func await(t *testing.T, v *viewer, old *flow.Stream) *flow.Stream {
	t.Helper()
	for range 500 {
		if s := v.next(t).Stream; s != old && s.Width != old.Width {
			return s
		}
	}
	t.Fatal("the stream did not change")
	return nil
}

func TestAFullChannelDropsUpToTheNextKeyPicture(t *testing.T) {
	server, _ := cameratest.Start(t, cameratest.Config{}, h264(t))
	v := watch(t, config(server.URL("cam")), 3)
	v.state(t, camera.Online)
	time.Sleep(time.Second) // nobody reads
	for range 3 {
		v.next(t)
	}
	if p := v.next(t); !p.Key {
		t.Error("after dropped pictures comes one that needs them")
	}
	if n := testutil.CollectAndCount(v.reg, "edge_camera_packets_dropped_total"); n != 1 {
		t.Errorf("dropped pictures are not counted")
	}
}

func TestOneBadCameraDisturbsNobody(t *testing.T) {
	server, cam := cameratest.Start(t, cameratest.Config{}, h264(t))
	film, err := cameratest.Load(h264(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := server.Add("other", film); err != nil {
		t.Fatal(err)
	}
	bad, good := watch(t, config(server.URL("cam")), 50), watch(t, config(server.URL("other")), 50)
	bad.next(t)
	cam.Set(cameratest.Cut, 0)
	bad.state(t, camera.Broken)
	last := good.next(t).PTS
	for range 50 {
		p := good.next(t)
		if p.PTS-last > 500*time.Millisecond {
			t.Errorf("the good camera paused for %v", p.PTS-last)
		}
		last = p.PTS
	}
}

func TestProbe(t *testing.T) {
	server, _ := cameratest.Start(t, cameratest.Config{}, cameratest.Record(t, "320x240", 25, 9, "-c:v", "libx264", "-g", "110", "-preset", "ultrafast"))
	r, err := camera.Probe(t.Context(), config(server.URL("cam")), 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if r.Codec != "h264" || r.Width != 320 || r.FPS == nil || *r.FPS < 20 || *r.FPS > 30 {
		t.Errorf("got %+v", r)
	}
	if len(r.Faults) != 1 || !strings.Contains(r.Faults[0], "interval to 2 s") {
		t.Errorf("faults %q of %+v", r.Faults, r)
	}
	if _, err := camera.Probe(t.Context(), config(server.URL("nothing")), time.Second); err == nil || !strings.Contains(err.Error(), "check the path") {
		t.Errorf("wrong path: %v", err)
	}
}

func TestValidate(t *testing.T) {
	bad := camera.Config{URL: "http://user:word@host/", Transport: "pigeon", StallAfter: 1}
	faults := bad.Validate()
	if len(faults) != 3 || strings.Contains(faults[0].Error(), "word") {
		t.Errorf("got %v", faults)
	}
	if faults := config("rtsp://host/path").Validate(); len(faults) != 0 {
		t.Errorf("a good configuration: %v", faults)
	}
}

// authority makes a certificate authority and a server certificate from it, and
// returns the authority's file.
func authority(t *testing.T) (string, *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "camera"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return file, &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}
