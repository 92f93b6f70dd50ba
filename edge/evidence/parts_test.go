package evidence

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"eastgate/shared/event"
)

// A parted cloud takes files in parts, as cloud/evidence does; scripts/rig tries the
// real one.
type parted struct {
	mu       sync.Mutex
	has      map[string][]byte
	whole    map[string]bool
	asked    []string // method and offset
	cut      int      // of so many parts the answer is lost
	refusals int      // so many whole files are not what they should be
	seen     func()   // called for each request
}

func (p *parted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.seen != nil {
		p.seen()
	}
	sum := path.Base(r.URL.Path)
	at := r.Header.Get("Upload-Offset")
	p.asked = append(p.asked, r.Method+" "+at)
	w.Header().Set("Upload-Complete", map[bool]string{true: "?1", false: "?0"}[p.whole[sum]])
	switch {
	case r.Method == http.MethodPatch && at != strconv.Itoa(len(p.has[sum])):
		w.WriteHeader(http.StatusConflict)
		return
	case r.Method == http.MethodPatch, r.Method == http.MethodPut:
		p.has[sum] = append(p.has[sum], body...)
	}
	if p.cut > 0 && r.Method == http.MethodPatch {
		p.cut--
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Upload-Offset", strconv.Itoa(len(p.has[sum])))
	if r.Header.Get("Upload-Complete") != "?1" && r.Method != http.MethodPut {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if h := sha256.Sum256(p.has[sum]); hex.EncodeToString(h[:]) != sum || p.refusals > 0 {
		p.refusals--
		delete(p.has, sum)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	p.whole[sum] = true
	w.WriteHeader(http.StatusCreated)
}

func partedCloud(t *testing.T) (*parted, Config) {
	t.Helper()
	p := &parted{has: map[string][]byte{}, whole: map[string]bool{}}
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	c := config(t)
	c.CloudURL, c.BytesPerSecond = srv.URL, 1<<30
	return p, c
}

// large is more than two parts.
func large(seed byte) []byte {
	data := bytes.Repeat([]byte("0123456789abcdef"), 2*chunk/16+100)
	data[0] = seed
	return data
}

func TestALargeFileGoesInParts(t *testing.T) {
	for name, c := range map[string]struct {
		before int // bytes that the cloud has already
		cut    int
		asked  []string
	}{
		"from the beginning":  {0, 0, []string{"HEAD ", "PATCH 0", "PATCH 262144", "PATCH 524288"}},
		"where it broke off":  {300_000, 0, []string{"HEAD ", "PATCH 300000"}},
		"an answer is lost":   {0, 1, []string{"HEAD ", "PATCH 0", "HEAD ", "PATCH 262144", "PATCH 524288"}},
		"answers keep losing": {0, 2, []string{"HEAD ", "PATCH 0", "HEAD ", "PATCH 262144", "HEAD ", "PATCH 524288"}},
	} {
		t.Run(name, func(t *testing.T) {
			p, conf := partedCloud(t)
			f := open(t, conf, metrics())
			data := large(1)
			sum, err := f.Put(Label{MP4, event.Minor, "E"}, data)
			if err != nil {
				t.Fatal(err)
			}
			p.cut, p.has[sum] = c.cut, bytes.Clone(data[:c.before])
			uploading(t, conf, f, quiet, func() bool { return len(f.Pending()) == 0 })
			if !bytes.Equal(p.has[sum], data) || !p.whole[sum] {
				t.Error("the cloud has not what was sent")
			}
			if len(p.asked) != len(c.asked) {
				t.Fatalf("asked %q, want %q", p.asked, c.asked)
			}
			for i := range c.asked {
				if p.asked[i] != c.asked[i] {
					t.Errorf("asked %q, want %q", p.asked, c.asked)
				}
			}
		})
	}
}

func TestAFileThatTheCloudRefusesIsSetAside(t *testing.T) {
	p, conf := partedCloud(t)
	f := open(t, conf, metrics())
	p.refusals = 1
	if _, err := f.Put(Label{MP4, event.Urgent, "A"}, large(1)); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Put(Label{MP4, event.Minor, "B"}, large(2)); err != nil {
		t.Fatal(err)
	}
	uploading(t, conf, f, quiet, func() bool { return len(f.Pending()) == 1 })
	if left := f.Pending(); left[0].Event != "A" {
		t.Errorf("%+v waits, want the one that was refused", left)
	}
}

func TestSomethingMoreUrgentGoesFirst(t *testing.T) {
	p, conf := partedCloud(t)
	f := open(t, conf, metrics())
	slowly, err := f.Put(Label{MP4, event.Minor, "A"}, large(1))
	if err != nil {
		t.Fatal(err)
	}
	requests, urgent := 0, ""
	p.seen = func() {
		if requests++; requests == 2 { // while the first part is on its way
			urgent, err = f.Put(Label{JPEG, event.Urgent, "B"}, []byte("a picture of a fire"))
		}
	}
	uploading(t, conf, f, quiet, func() bool { return len(f.Pending()) == 0 })
	if err != nil || !p.whole[slowly] || !p.whole[urgent] || len(p.asked) < 3 || p.asked[2] != "PUT " {
		t.Errorf("%v; asked %q, want the picture after the first part", err, p.asked)
	}
}

func TestNothingIsSentWhileUrgentEventsWait(t *testing.T) {
	p, conf := partedCloud(t)
	f := open(t, conf, metrics())
	if _, err := f.Put(Label{MP4, event.Minor, "A"}, large(1)); err != nil {
		t.Fatal(err)
	}
	events := &calm{}
	u, err := NewUploader(conf, f, events, f.m, quiet)
	if err != nil {
		t.Fatal(err)
	}
	u.calm = time.Millisecond
	looks := 0
	u.events = looking{events, func() {
		if looks++; looks == 3 { // after HEAD and the first part
			events.urgent.Store(true)
		}
		if looks == 50 {
			p.mu.Lock()
			if len(p.asked) != 2 {
				t.Errorf("asked %q while urgent events wait", p.asked)
			}
			p.mu.Unlock()
			events.urgent.Store(false)
		}
	}}
	if out, err := u.send(t.Context(), f.Pending()[0], large(1)); out != done {
		t.Errorf("%s, %v", out, err)
	}
	if looks < 50 {
		t.Errorf("looked %d times", looks)
	}
}

// looking tells of each look for urgent events.
type looking struct {
	*calm
	look func()
}

func (l looking) Urgent() bool {
	l.look()
	return l.calm.Urgent()
}

func TestSendingKeepsItsBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := &Uploader{events: &calm{}, m: metrics(), budget: rate.NewLimiter(100<<10, chunk)}
		began := time.Now()
		for range 11 { // the first part is free: the bucket is full
			if err := u.clearance(t.Context(), chunk); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took < 25*time.Second || took > 26*time.Second {
			t.Errorf("ten parts of 256 KiB at 100 KiB/s took %v", took)
		}
	})
}

func TestAnotherServerIsNoCloud(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})) // says 200 to all
	defer srv.Close()
	conf := config(t)
	conf.CloudURL = srv.URL
	f := open(t, conf, metrics())
	u, err := NewUploader(conf, f, &calm{}, f.m, quiet)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := u.send(t.Context(), Item{SHA256: "ab"}, large(1)); out != misdirected || err == nil {
		t.Errorf("%s, %v", out, errors.Unwrap(err))
	}
}
