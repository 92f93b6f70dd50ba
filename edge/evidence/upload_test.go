package evidence

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"eastgate/shared/retry"
	"eastgate/shared/secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A cloud answers with the next of its codes, the last one for ever.
type cloud struct {
	mu    sync.Mutex
	codes []int
	paths []string
	body  []byte
	head  http.Header
	user  string
	word  string
}

func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	code := c.codes[0]
	if len(c.codes) > 1 {
		c.codes = c.codes[1:]
	}
	c.paths = append(c.paths, r.Method+" "+r.URL.Path)
	c.head = r.Header.Clone()
	c.user, c.word, _ = r.BasicAuth()
	c.body, _ = io.ReadAll(r.Body)
	if int64(len(c.body)) != r.ContentLength {
		code = http.StatusLengthRequired
	}
	if code == http.StatusFound {
		w.Header().Set("Location", "http://elsewhere.example/")
	}
	w.WriteHeader(code)
	io.WriteString(w, "so be it")
}

func (c *cloud) asked() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.paths)
}

// calm says that no urgent events wait, unless told otherwise.
type calm struct {
	urgent  atomic.Bool
	waiting map[string]bool
}

func (c *calm) Urgent() bool { return c.urgent.Load() }

func (c *calm) Unacknowledged() (map[string]bool, error) { return c.waiting, nil }

// uploading runs an uploader of f against url until check holds.
func uploading(t *testing.T, c Config, f *Folder, log *slog.Logger, check func() bool) {
	t.Helper()
	u, err := NewUploader(c, f, &calm{}, f.m, log)
	if err != nil {
		t.Fatal(err)
	}
	u.backoff, u.slow = retry.Backoff{Min: time.Millisecond, Max: 4 * time.Millisecond}, 2*time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- u.Run(ctx) }()
	for deadline := time.Now().Add(10 * time.Second); !check(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Error("waited in vain")
			break
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestUpload(t *testing.T) {
	for _, c := range []struct {
		name  string
		codes []int
		says  string // in the log
	}{
		{"created", []int{201}, ""},
		{"ok", []int{200}, ""},
		{"no content", []int{204}, ""},
		{"already there", []int{409}, ""},
		{"busy, then well", []int{503, 500, 429, 201}, "503 Service Unavailable"},
		{"not known, then enrolled", []int{401, 403, 201}, "the cloud does not accept this box"},
		{"wrong address, then right", []int{404, 302, 201}, "no address for evidence"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cl := &cloud{codes: c.codes}
			srv := httptest.NewServer(cl)
			defer srv.Close()
			conf, m := config(t), metrics()
			conf.CloudURL, conf.User, conf.Secret = srv.URL, "site/box", secret.New("hunter2")
			f := open(t, conf, m)
			sum, err := f.Put(label, []byte("a picture"))
			if err != nil {
				t.Fatal(err)
			}
			var log bytes.Buffer
			uploading(t, conf, f, slog.New(slog.NewTextHandler(&log, nil)), func() bool { return len(f.Pending()) == 0 })
			if cl.asked() != len(c.codes) || cl.paths[0] != "PUT /v1/evidence/"+sum {
				t.Errorf("asked %v, want %d times", cl.paths, len(c.codes))
			}
			if string(cl.body) != "a picture" || cl.head.Get("Content-Type") != "image/jpeg" || cl.user != "site/box" || cl.word != "hunter2" {
				t.Errorf("sent %q as %s by %s", cl.body, cl.head.Get("Content-Type"), cl.user)
			}
			if files, _ := filepath.Glob(filepath.Join(conf.Dir, "*")); len(files) != 0 {
				t.Errorf("left on disk: %v", files)
			}
			if !strings.Contains(log.String(), c.says) || strings.Contains(log.String(), "hunter2") {
				t.Errorf("log says:\n%s", &log)
			}
			if n := testutil.ToFloat64(m.sent.WithLabelValues(JPEG)); n != 1 {
				t.Errorf("%v counted as sent", n)
			}
		})
	}
}

func TestOldestFirstAndAfterARestart(t *testing.T) {
	cl := &cloud{codes: []int{201}}
	srv := httptest.NewServer(cl)
	defer srv.Close()
	conf := config(t)
	conf.CloudURL = srv.URL
	before := open(t, conf, metrics())
	var want []string
	for i := range 5 {
		sum, err := before.Put(label, []byte{byte(i)})
		if err != nil {
			t.Fatal(err)
		}
		old := time.Now().Add(time.Duration(i-10) * time.Minute)
		if err := os.Chtimes(before.path(only(before, sum)), old, old); err != nil {
			t.Fatal(err)
		}
		want = append(want, "PUT /v1/evidence/"+sum)
	}
	// The box is killed here: nothing is closed, and a new one opens the folder.
	f := open(t, conf, metrics())
	uploading(t, conf, f, quiet, func() bool { return len(f.Pending()) == 0 })
	if got := strings.Join(cl.paths, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("asked\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

func TestACloudThatComesLate(t *testing.T) {
	late := httptest.NewUnstartedServer(&cloud{codes: []int{201}})
	conf := config(t)
	conf.CloudURL = "http://" + late.Listener.Addr().String()
	f := open(t, conf, metrics())
	if _, err := f.Put(label, []byte("first")); err != nil {
		t.Fatal(err)
	}
	started := false
	uploading(t, conf, f, quiet, func() bool {
		switch {
		case !started:
			started = true
			if _, err := f.Put(label, []byte("second")); err != nil { // never waits for the cloud
				t.Error(err)
			}
			late.Start()
		case len(f.Pending()) == 0:
			return true
		}
		return false
	})
	late.Close()
}

func TestAnUnwantedPictureLetsOthersPass(t *testing.T) {
	cl := &cloud{codes: []int{422, 201}}
	srv := httptest.NewServer(cl)
	defer srv.Close()
	conf, m := config(t), metrics()
	conf.CloudURL = srv.URL
	f := open(t, conf, m)
	first, err := f.Put(label, []byte("first"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Put(label, []byte("second")); err != nil {
		t.Fatal(err)
	}
	uploading(t, conf, f, quiet, func() bool { return len(f.Pending()) == 1 })
	if got := f.Pending(); len(got) != 1 || got[0].SHA256 != first {
		t.Errorf("%+v wait, want the one that was not taken", got)
	}
	if _, wait, ok := f.next(time.Now()); ok || wait < 50*time.Minute {
		t.Errorf("it is due in %v (%v), want an hour", wait, ok)
	}
}

func TestASpoiledPictureIsGivenUp(t *testing.T) {
	cl := &cloud{codes: []int{201}}
	srv := httptest.NewServer(cl)
	defer srv.Close()
	conf, m := config(t), metrics()
	conf.CloudURL = srv.URL
	f := open(t, conf, m)
	for _, spoil := range []func(path string) error{
		func(path string) error { return os.WriteFile(path, []byte("rotten"), 0o600) },
		os.Remove,
	} {
		sum, err := f.Put(label, []byte("a picture"))
		if err != nil {
			t.Fatal(err)
		}
		if err := spoil(f.path(only(f, sum))); err != nil {
			t.Fatal(err)
		}
		uploading(t, conf, f, quiet, func() bool { return len(f.Pending()) == 0 })
	}
	if n := testutil.ToFloat64(m.dropped.WithLabelValues(spoiled, "3")); n != 2 || cl.asked() != 0 {
		t.Errorf("%v given up, %d sent; want 2 and none", n, cl.asked())
	}
}

func TestALargePictureIsNotSentToWhoRefusesIt(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden) // the body is not read
	}))
	defer srv.Close()
	conf, m := config(t), metrics()
	conf.CloudURL = srv.URL
	f := open(t, conf, m)
	if _, err := f.Put(label, make([]byte, 32<<20)); err != nil {
		t.Fatal(err)
	}
	asked := m.attempts.WithLabelValues(string(refused))
	uploading(t, conf, f, quiet, func() bool { return testutil.ToFloat64(asked) >= 3 })
	if n := testutil.ToFloat64(m.attempts.WithLabelValues(string(away))); n != 0 {
		t.Errorf("%v attempts look like a cloud that is away", n)
	}
}

func TestOwnAuthority(t *testing.T) {
	srv := httptest.NewTLSServer(&cloud{codes: []int{201}})
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	defer srv.Close()
	conf := config(t)
	conf.CloudURL = srv.URL
	f := open(t, conf, metrics())
	if _, err := f.Put(label, []byte("a picture")); err != nil {
		t.Fatal(err)
	}
	conf.TLS = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: x509.NewCertPool()}
	conf.TLS.RootCAs.AddCert(srv.Certificate())
	uploading(t, conf, f, quiet, func() bool { return len(f.Pending()) == 0 })

	if _, err := f.Put(label, []byte("another")); err != nil {
		t.Fatal(err)
	}
	conf.TLS = nil // now nobody vouches for the server
	away := f.m.attempts.WithLabelValues(string(away))
	uploading(t, conf, f, quiet, func() bool { return testutil.ToFloat64(away) > 1 })
	if len(f.Pending()) != 1 {
		t.Error("a picture went to a server that nobody vouches for")
	}
}

func TestStopWhileTheCloudIsSilent(t *testing.T) {
	silent := make(chan struct{})
	asked := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(asked)
		<-silent
	}))
	defer srv.Close()
	defer close(silent)
	conf := config(t)
	conf.CloudURL = srv.URL
	f := open(t, conf, metrics())
	if _, err := f.Put(label, []byte("a picture")); err != nil {
		t.Fatal(err)
	}
	uploading(t, conf, f, quiet, func() bool {
		select {
		case <-asked:
			return true
		default:
			return false
		}
	})
	if len(f.Pending()) != 1 {
		t.Error("the picture is gone though nobody has it")
	}
}
