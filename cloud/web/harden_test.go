package web_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"eastgate/cloud/web"
)

func TestEveryAnswerHasItsHeaders(t *testing.T) {
	h := web.Secured(http.NotFoundHandler(), "https://centre.example")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	for name, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "Permissions-Policy": "geolocation=()",
		"Cache-Control": "no-store", "Strict-Transport-Security": "max-age=31536000",
	} {
		if got := w.Header().Get(name); !strings.Contains(got, want) {
			t.Errorf("%s: %q", name, got)
		}
	}
	if csp := w.Header().Get("Content-Security-Policy"); strings.Contains(csp, "unsafe") || !strings.Contains(csp, "frame-ancestors 'none'") {
		t.Errorf("%s", csp)
	}
	w = httptest.NewRecorder()
	web.Secured(http.NotFoundHandler(), "http://127.0.0.1:8080").ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if got := w.Header().Get("Strict-Transport-Security"); got != "" {
		t.Errorf("without TLS: %q", got)
	}
}

func TestChangesFromOtherPagesAreRefused(t *testing.T) {
	h := web.Secured(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }), "https://centre.example")
	for name, c := range map[string]struct {
		method string
		header []string
		want   int
	}{
		"a program":                 {"POST", nil, 204},
		"our own page":              {"POST", []string{"Sec-Fetch-Site", "same-origin"}, 204},
		"behind a proxy":            {"POST", []string{"Origin", "https://centre.example"}, 204},
		"another site":              {"POST", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		"a site beside ours":        {"POST", []string{"Sec-Fetch-Site", "same-site"}, 403},
		"an old browser, elsewhere": {"DELETE", []string{"Origin", "https://elsewhere.example"}, 403},
		"a page without an origin":  {"POST", []string{"Origin", "null"}, 403},
		"looking is no change":      {"GET", []string{"Sec-Fetch-Site", "cross-site"}, 204},
	} {
		r := httptest.NewRequest(c.method, "http://inner:8080/x", nil)
		for i := 0; i < len(c.header); i += 2 {
			r.Header.Set(c.header[i], c.header[i+1])
		}
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != c.want {
			t.Errorf("%s: %d, want %d", name, w.Code, c.want)
		}
	}
}

// TestWhoSaysNothingIsCutOff opens a connection and sends half a request (slowloris).
func TestWhoSaysNothingIsCutOff(t *testing.T) {
	srv := web.NewServer(http.NotFoundHandler(), web.Patience{Header: 50 * time.Millisecond, Idle: 50 * time.Millisecond})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go srv.Serve(l) //nolint:errcheck // it ends with the test
	t.Cleanup(func() { srv.Close() })
	for name, said := range map[string]string{
		"half the headers": "GET / HTTP/1.1\r\nHost: x\r\n", "nothing": "", "one request, then nothing": "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"headers without an end": "GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 64<<10),
	} {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(30 * time.Second)) //nolint:errcheck // a fresh connection
		conn.Write([]byte(said))                           //nolint:errcheck // it may be cut off by then
		if _, err := io.Copy(io.Discard, bufio.NewReader(conn)); err != nil && strings.Contains(err.Error(), "timeout") {
			t.Errorf("%s: the connection is kept", name)
		}
		conn.Close()
	}
	if web.Patient.Header > 15*time.Second || web.Patient.Idle > 5*time.Minute {
		t.Errorf("the cloud waits %+v", web.Patient)
	}
}

func TestBodiesAreBounded(t *testing.T) {
	var got error
	h := web.Bounded(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, got = io.ReadAll(r.Body) }), 100)
	for size, want := range map[int]bool{100: false, 101: true} {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/", strings.NewReader(strings.Repeat("x", size))))
		if (got != nil) != want {
			t.Errorf("%d bytes: %v", size, got)
		}
	}
}

func TestMetricsAreNotForEverybody(t *testing.T) {
	h := web.Nearby(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }), "word")
	for name, c := range map[string]struct {
		from, header, value string
		want                int
	}{
		"this machine":            {"127.0.0.1:9", "", "", 204},
		"this machine, by IPv6":   {"[::1]:9", "", "", 204},
		"another":                 {"10.0.0.9:9", "", "", 401},
		"another, with the token": {"10.0.0.9:9", "Authorization", "Bearer word", 204},
		"another, with a guess":   {"10.0.0.9:9", "Authorization", "Bearer w", 401},
		"another, by a proxy":     {"127.0.0.1:9", "X-Forwarded-For", "10.0.0.9", 401},
	} {
		r := httptest.NewRequest("GET", "/metrics", nil)
		r.RemoteAddr = c.from
		if c.header != "" {
			r.Header.Set(c.header, c.value)
		}
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != c.want {
			t.Errorf("%s: %d, want %d", name, w.Code, c.want)
		}
	}
}
