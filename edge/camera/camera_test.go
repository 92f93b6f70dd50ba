package camera_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"eastgate/edge/camera"
	"eastgate/edge/camera/cameratest"
	"eastgate/edge/flow"
	"eastgate/shared/secret"
)

func TestMain(m *testing.M) {
	if film := os.Getenv(serverOf); film != "" {
		serve(film) // and nothing else
	}
	goleak.VerifyTestMain(m)
}

// A viewer runs a camera and gathers what it sends.
type viewer struct {
	packets chan *flow.Packet
	reg     *prometheus.Registry
	changed chan struct{}

	mu     sync.Mutex
	states []camera.State
	logged strings.Builder
}

func (v *viewer) Write(b []byte) (int, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.logged.Write(b)
}

func watch(t testing.TB, cfg camera.Config, room int) *viewer {
	t.Helper()
	v := &viewer{packets: make(chan *flow.Packet, room), reg: prometheus.NewRegistry(), changed: make(chan struct{}, 100)}
	ctx, cancel := context.WithCancel(t.Context())
	tell := func(s camera.State) {
		v.mu.Lock()
		v.states = append(v.states, s)
		v.mu.Unlock()
		v.changed <- struct{}{}
	}
	c := camera.New("yard", cfg, tell, camera.NewMetrics(v.reg), slog.New(slog.NewTextHandler(v, nil)))
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx, v.packets) }()
	t.Cleanup(func() {
		cancel()
		for range v.packets { //nolint:revive // what was on its way; it ends when Run closes it
		}
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return v
}

// state waits for a state and returns it.
func (v *viewer) state(t testing.TB, word string) camera.State {
	t.Helper()
	deadline := time.After(40 * time.Second)
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

func (v *viewer) next(t testing.TB) *flow.Packet {
	t.Helper()
	select {
	case p := <-v.packets:
		return p
	case <-time.After(20 * time.Second):
		v.mu.Lock()
		defer v.mu.Unlock()
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
		{"tcp", cameratest.Config{}, func(c *camera.Config) { c.Transport = camera.TCP }, h264, "h264", 320},
		{"udp", cameratest.Config{UDP: true}, func(c *camera.Config) { c.Transport = camera.UDP }, h264, "h264", 320},
		{"udp where tcp is refused", cameratest.Config{UDPOnly: true}, func(*camera.Config) {}, h264, "h264", 320},
		{"h265", cameratest.Config{}, func(*camera.Config) {}, hevc, "hevc", 480},
		{"basic", cameratest.Config{User: "op", Password: "right"}, login, h264, "h264", 320},
		{"digest", cameratest.Config{User: "op", Password: "right", Digest: true}, login, h264, "h264", 320},
		{"rtsps", cameratest.Config{TLS: certificate}, func(c *camera.Config) { c.CAFile = ca }, h264, "h264", 320},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv(password, "right")
			server, _ := cameratest.Start(t, c.server, c.film(t))
			cfg := config(server.URL("cam"))
			c.client(&cfg)
			v := watch(t, cfg, 50)
			keys, last := 0, time.Duration(-1)
			for i := range 60 {
				p := v.next(t)
				if p.Stream.Codec != c.codec || p.Stream.Width != c.width || p.Camera != "yard" || p.Received.IsZero() {
					t.Fatalf("got %+v of %+v", p, p.Stream)
				}
				if i == 0 && (!p.Key || p.PTS > time.Second) {
					t.Errorf("begins at %v, key %v", p.PTS, p.Key)
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

// password is where the tests' password is.
const password = "CAMERA_TEST_PASSWORD"

func login(c *camera.Config) { c.Username, c.Password = "op", secret.Ref{Env: password} }

func TestWhyACameraIsLost(t *testing.T) {
	film := h264(t)
	server, _ := cameratest.Start(t, cameratest.Config{User: "op", Password: "right", Digest: true}, film)
	_, certificate := authority(t)
	secured, _ := cameratest.Start(t, cameratest.Config{TLS: certificate}, film)
	plain, _ := cameratest.Start(t, cameratest.Config{}, film)
	closed := listen(t)
	closed.Close()
	silent := listen(t)
	defer silent.Close()
	web := httptest.NewServer(http.NotFoundHandler())
	defer web.Close()
	for _, c := range []struct {
		name, url string
		client    func(*camera.Config)
		password  string
		word, say string
	}{
		{"wrong password", server.URL("cam"), login, "wrong-word", camera.Credentials, `user "op": check username and password`},
		{"no password", server.URL("cam"), nil, "", camera.Credentials, "visitors without a user name"},
		{"wrong password in the address", strings.Replace(server.URL("cam"), "//", "//op:wrong-word@", 1), nil, "", camera.Credentials, `user "op"`},
		{"password that is not there", server.URL("cam"), login, "", camera.Credentials, password + " is empty"},
		{"nobody there", "rtsp://" + closed.Addr().String() + "/cam", nil, "", camera.Unreachable, "check power, network and address"},
		{"unknown name", "rtsp://camera.invalid/cam", nil, "", camera.Unreachable, "is not known"},
		{"wrong path", server.URL("nothing"), login, "right", camera.Broken, "check the path"},
		{"no RTSP", "rtsp://" + web.Listener.Addr().String() + "/cam", nil, "", camera.Broken, "check that the address is the camera's"},
		{"no answer", "rtsp://" + silent.Addr().String() + "/cam", nil, "", camera.Broken, "answers nothing"},
		{"unknown authority", secured.URL("cam"), nil, "", camera.Broken, "set ca_file"},
		{"no TLS", "rtsps://" + web.Listener.Addr().String() + "/cam", nil, "", camera.Broken, "use rtsp://"},
		{"no TLS, and silent", strings.Replace(plain.URL("cam"), "rtsp:", "rtsps:", 1), nil, "", camera.Broken, "the one for rtsp or rtsps"},
		{"no video", soundOnly(t), nil, "", camera.Unsupported, "it offers G711: set its stream to H.264"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv(password, c.password)
			cfg := config(c.url)
			if c.client != nil {
				c.client(&cfg)
			}
			v := watch(t, cfg, 50)
			s := v.state(t, c.word)
			if !strings.Contains(s.Reason, c.say) {
				t.Errorf("reason %q does not say %q", s.Reason, c.say)
			}
			v.mu.Lock()
			defer v.mu.Unlock()
			if said := fmt.Sprint(v.states) + v.logged.String(); strings.Contains(said, "wrong-word") || !strings.Contains(v.logged.String(), c.word) {
				t.Errorf("the password is told, or the state is not: %s", said)
			}
		})
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// soundOnly is the address of a camera that sends no video.
func soundOnly(t *testing.T) string {
	t.Helper()
	var addr net.Addr
	h := &sound{}
	s := &gortsplib.Server{Handler: h, RTSPAddress: "127.0.0.1:0", Listen: func(network, address string) (net.Listener, error) {
		l, err := net.Listen(network, address)
		if err == nil {
			addr = l.Addr()
		}
		return l, err
	}}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	h.stream = &gortsplib.ServerStream{Server: s, Desc: &description.Session{Medias: []*description.Media{{
		Type: description.MediaTypeAudio, Formats: []format.Format{&format.G711{SampleRate: 8000, ChannelCount: 1}},
	}}}}
	if err := h.stream.Initialize(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.stream.Close)
	return "rtsp://" + addr.String() + "/cam"
}

type sound struct{ stream *gortsplib.ServerStream }

func (h *sound) OnDescribe(*gortsplib.ServerHandlerOnDescribeCtx) (*base.Response, *gortsplib.ServerStream, error) {
	return &base.Response{StatusCode: base.StatusOK}, h.stream, nil
}

func TestMediaTimeGoesOnAfterACut(t *testing.T) {
	server, cam := cameratest.Start(t, cameratest.Config{}, h264(t))
	v := watch(t, config(server.URL("cam")), 50)
	last := v.next(t)
	if err := cam.Set(cameratest.Cut, 500*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if s := v.state(t, camera.Broken); !strings.Contains(s.Reason, "ended the connection") {
		t.Errorf("reason %q", s.Reason)
	}
	for {
		p := v.next(t)
		gap, real := p.PTS-last.PTS, p.Received.Sub(last.Received)
		if gap > 400*time.Millisecond { // the first one after the cut
			if !p.Key || gap < real-time.Second || gap > real+time.Second {
				t.Errorf("media time went on by %v in %v; key %v", gap, real, p.Key)
			}
			break
		}
		if gap <= 0 {
			t.Fatalf("media time goes back from %v to %v", last.PTS, p.PTS)
		}
		last = p
	}
	if n := testutil.CollectAndCount(v.reg, "edge_camera_sessions_ended_total"); n != 1 {
		t.Errorf("the lost session is not counted")
	}
}

// TestTheCamerasClockIsMeasured while it runs, from what it says of itself.
func TestTheCamerasClockIsMeasured(t *testing.T) {
	server, _ := cameratest.Start(t, cameratest.Config{Clock: 7 * time.Second}, h264(t))
	c := camera.New("yard", config(server.URL("cam")), func(camera.State) {}, camera.NewMetrics(prometheus.NewRegistry()), slog.New(slog.DiscardHandler))
	ctx, stop := context.WithCancel(t.Context())
	out, done := make(chan *flow.Packet, 50), make(chan error, 1)
	go func() { done <- c.Run(ctx, out) }()
	if c.ClockAhead() != nil {
		t.Error("its clock is known before it has said anything")
	}
	deadline := time.After(40 * time.Second)
	for c.ClockAhead() == nil {
		select {
		case <-out:
		case <-deadline:
			t.Fatal("no sender report came")
		}
	}
	if ahead := *c.ClockAhead(); ahead < 5*time.Second || ahead > 8*time.Second {
		t.Errorf("it is %v ahead, want 7 s", ahead)
	}
	stop()
	for range out { //nolint:revive // until it closes
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestAStalledCameraIsNoticed(t *testing.T) {
	server, cam := cameratest.Start(t, cameratest.Config{}, h264(t))
	cfg := config(server.URL("cam"))
	cfg.StallAfter = time.Second
	v := watch(t, cfg, 50)
	last := v.next(t).PTS
	cam.Set(cameratest.Stall, 0)
	if s := v.state(t, camera.Stalled); !strings.Contains(s.Reason, "no picture came for 1s") || time.Since(s.Since) > 10*time.Second {
		t.Errorf("state %+v", s)
	}
	cam.Set(cameratest.Play, 0)
	for range 200 {
		p := v.next(t)
		if p.PTS-last > 500*time.Millisecond { // pictures come again
			return
		}
		last = p.PTS
	}
	t.Error("media time did not go on over the stall")
}

// What a simulated camera shows must be decodable at every moment, or detectors
// would be tested with damage that no camera makes.
func TestAFrozenOrBlackCameraGoesOnWithAKeyPicture(t *testing.T) {
	server, cam := cameratest.Start(t, cameratest.Config{}, h264(t))
	v := watch(t, config(server.URL("cam")), 50)
	v.next(t)
	for _, m := range []cameratest.Mode{cameratest.Freeze, cameratest.Black} {
		if err := cam.Set(m, 700*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		if got := cam.Mode(); got != m {
			t.Errorf("mode is %s", got)
		}
		var keys int // in a row: the same picture again and again
		for keys < 5 {
			if keys++; !v.next(t).Key {
				keys = 0
			}
		}
		var last *flow.Packet
		for p := v.next(t); p.Key; p = v.next(t) {
			last = p
		}
		if last == nil || cam.Mode() != cameratest.Play {
			t.Errorf("after %s, mode is %s", m, cam.Mode())
		}
	}
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
	for full := -1.0; full < 0 || v.dropped(t) == full; time.Sleep(10 * time.Millisecond) { // nobody reads
		if full < 0 && len(v.packets) == cap(v.packets) {
			full = v.dropped(t)
		}
	}
	for range 3 {
		v.next(t)
	}
	if p := v.next(t); !p.Key {
		t.Error("after dropped pictures comes one that needs them")
	}
}

// dropped is how many pictures the camera has counted as dropped.
func (v *viewer) dropped(t testing.TB) float64 {
	t.Helper()
	families, err := v.reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "edge_camera_packets_dropped_total" {
			return f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	t.Fatal("dropped pictures are not counted")
	return 0
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
	server, _ := cameratest.Start(t, cameratest.Config{Clock: -90 * time.Second}, cameratest.Record(t, "320x240", 25, 10, "-c:v", "libx264", "-g", "125", "-bf", "2", "-profile:v", "high"))
	r, err := camera.Probe(t.Context(), config(server.URL("cam")), 12*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if r.Codec != "h264" || r.Width != 320 || r.FPS == nil || *r.FPS < 20 || *r.FPS > 30 || !strings.HasPrefix(r.Profile, "High, level") ||
		r.DeclaredFPS == nil || *r.DeclaredFPS != 25 || r.ClockOffset == nil || *r.ClockOffset < -92 || *r.ClockOffset > -88 {
		t.Errorf("got %+v", r)
	}
	for i, say := range []string{"interval to 2 s", "B-pictures", "clock is -"} {
		if len(r.Faults) != 3 || !strings.Contains(r.Faults[i], say) {
			t.Errorf("faults %q of %+v", r.Faults, r)
			break
		}
	}
	if out, err := json.Marshal(r); err != nil || !bytes.Contains(out, []byte(`"key_interval_s":5`)) {
		t.Errorf("%s, %v", out, err)
	}
	if _, err := camera.Probe(t.Context(), config(server.URL("nothing")), time.Second); err == nil || !strings.Contains(err.Error(), "check the path") {
		t.Errorf("wrong path: %v", err)
	}
}

func TestProbeOfHEVC(t *testing.T) {
	server, _ := cameratest.Start(t, cameratest.Config{UDPOnly: true}, hevc(t))
	r, err := camera.Probe(t.Context(), config(server.URL("cam")), 3*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if r.Codec != "hevc" || r.Transport != camera.UDP || r.Height != 272 || !strings.HasPrefix(r.Profile, "Main, level") || r.DeclaredFPS == nil || *r.DeclaredFPS != 25 {
		t.Errorf("got %+v", r)
	}
	if len(r.Faults) != 1 || !strings.Contains(r.Faults[0], "H.265") {
		t.Errorf("faults %q", r.Faults)
	}
}

func TestValidate(t *testing.T) {
	for _, c := range []struct {
		cfg    camera.Config
		faults []string
	}{
		{camera.Config{URL: "rtsp://host/path"}, nil},
		{camera.Config{URL: "rtsps://host:322/path?a=1", CAFile: "ca.pem", Transport: camera.TCP, StallAfter: time.Second}, nil},
		{camera.Config{}, []string{"url: is missing"}},
		{camera.Config{URL: "http://user:word@host/", Transport: "pigeon", StallAfter: 1}, []string{"url: ", "transport: ", "stall_after: "}},
		{camera.Config{URL: "rtsp://user:word@ho st/"}, []string{"url: "}},
		{camera.Config{URL: "rtsp://host/", CAFile: "ca.pem", Password: secret.Ref{Env: "X"}}, []string{"ca_file: ", "username: "}},
		{camera.Config{URL: "rtsps://host/", Transport: camera.UDP}, []string{"transport: "}},
	} {
		faults := c.cfg.Validate()
		if len(faults) != len(c.faults) {
			t.Errorf("%+v: %v", c.cfg, faults)
			continue
		}
		for i, f := range faults {
			if !strings.HasPrefix(f.Error(), c.faults[i]) || strings.Contains(f.Error(), "word@") {
				t.Errorf("%+v: %v", c.cfg, f)
			}
		}
	}
}

func TestRedact(t *testing.T) {
	for in, want := range map[string]string{
		"rtsp://op:word@host:554/ch1?x=1":                    "rtsp://host:554/ch1?x=1",
		"rtsp://host/user=op_password=word_channel=1.sdp":    "rtsp://host/user=op_password=***_channel=1.sdp",
		"rtsp://host/user=op&password=word&channel=1":        "rtsp://host/user=op&password=***&channel=1",
		"rtsp://host/ch1?user=op&pwd=word":                   "rtsp://host/ch1?user=op&pwd=***",
		"rtsp://op:wo%zzrd@host/":                            "(unreadable address)",
		"rtsp://host/Streaming/Channels/101?transportmode=u": "rtsp://host/Streaming/Channels/101?transportmode=u",
	} {
		if got := camera.Redact(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
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
