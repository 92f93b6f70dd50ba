package health

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestWaitingForAProgramThatStarts answers 503 twice and then 200.
func TestWaitingForAProgramThatStarts(t *testing.T) {
	var asked atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		w.Write([]byte(`{"ok":false,"faults":["cameras: none of them sends pictures"],"parts":{"store":"ok"}}`))
	}))
	defer s.Close()
	address := Local("http", s.Listener.Addr().String())
	if err := Wait(t.Context(), address, nil, 0); err == nil || !strings.Contains(err.Error(), "none of them sends pictures") {
		t.Errorf("asked once: %v", err)
	}
	if err := Wait(t.Context(), address, nil, 30*time.Second); err != nil || asked.Load() != 3 {
		t.Errorf("asked %d times: %v", asked.Load(), err)
	}
}

func TestWhatIsWrong(t *testing.T) {
	for body, want := range map[string]string{
		`{"parts":{"store":"ok","ingest":"no broker"}}`: "ingest: no broker", `{}`: "503", `<html>`: "503",
	} {
		if got := faults([]byte(body), "503"); got != want {
			t.Errorf("%s: %q", body, got)
		}
	}
	if err := Wait(t.Context(), Local("http", "127.0.0.1:1"), nil, 0); err == nil || !strings.Contains(err.Error(), "does not answer") {
		t.Error(err)
	}
	for listen, want := range map[string]string{":80": "http://127.0.0.1:80/healthz", "0.0.0.0:80": "http://127.0.0.1:80/healthz", "10.0.0.1:80": "http://10.0.0.1:80/healthz"} {
		if got := Local("http", listen); got != want {
			t.Errorf("%s: %s", listen, got)
		}
	}
}
