package console_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"image"
	"image/jpeg"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/cloud/access"
	"eastgate/cloud/console"
	"eastgate/cloud/evidence"
	"eastgate/cloud/incident"
	"eastgate/cloud/store"
	"eastgate/cloud/web"
	"eastgate/shared/event"
)

const password = "correct-horse"

// A site is a console on a real store and engine.
type site struct {
	*httptest.Server
	store  *store.Store
	engine *incident.Engine
	folder *evidence.Folder
}

func start(t *testing.T) *site {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	st, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "cloud.db"))
	if err != nil {
		t.Fatal(err)
	}
	folder, err := evidence.Open(t.TempDir(), 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	if err := st.AddBox(t.Context(), "garden", "gate-1", "secret"); err != nil {
		t.Fatal(err)
	}
	if err := st.Heard(t.Context(), "garden", "gate-1", "health", []byte(`{"cameras":[{"camera":"courtyard","name":"Bins behind house 3"}]}`)); err != nil {
		t.Fatal(err)
	}
	reg := prometheus.NewRegistry()
	engine := incident.New(st, incident.Options{Log: log, Metrics: incident.NewMetrics(reg)})
	people := access.NewPeople(st)
	for _, name := range []string{"li", "wang"} {
		if err := people.Add(t.Context(), name, access.Guard, password); err != nil {
			t.Fatal(err)
		}
	}
	c, err := console.New(console.Deps{
		Incidents: engine, Door: web.Door{People: people, Log: log}, Pictures: folder, Cameras: st, Metrics: console.NewMetrics(reg), Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		engine.Run(ctx)
		close(done)
	}()
	s := &site{httptest.NewServer(c.Handler()), st, engine, folder}
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
		stop()
		<-done
		st.Close()
	})
	return s
}

// happen stores an event, as the ingest does, and waits for its incident.
func (s *site) happen(t *testing.T, kind event.Kind, camera string, state event.State) incident.Incident {
	t.Helper()
	var picture bytes.Buffer
	img := image.NewYCbCr(image.Rect(0, 0, 64, 36), image.YCbCrSubsampleRatio420)
	if err := jpeg.Encode(&picture, img, nil); err != nil {
		t.Fatal(err)
	}
	h := sha256.Sum256(picture.Bytes())
	sum := hex.EncodeToString(h[:])
	if err := s.folder.Put(t.Context(), sum, &picture); err != nil {
		t.Fatal(err)
	}
	id, now := event.NewID(), time.Now().UTC()
	e := event.Event{
		ID: id, Episode: id, Source: event.NewSource("garden", "gate-1", camera), Kind: kind, State: state, Time: now, Since: now,
		Certainty: "Likely", Severity: kind.Severity(), Urgency: kind.Urgency(), Status: "Actual", Score: 0.9,
		Box: &event.Box{0.2, 0.2, 0.3, 0.3}, Detector: event.Detector{Name: "test", Version: "1"},
		Evidence: []event.Evidence{{SHA256: sum, Type: "image/jpeg", Bytes: 1, From: now, To: now}},
	}
	before, err := s.engine.Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.store.RecordOwn(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	s.engine.Wake()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		changes, err := s.engine.Changes(t.Context(), before, 10)
		if err != nil {
			t.Fatal(err)
		}
		if len(changes) > 0 {
			return changes[0].Incident
		}
	}
	t.Fatal("the event became no incident")
	return incident.Incident{}
}

// A visitor is a browser without a screen.
type visitor struct {
	*http.Client
	base, csrf string
}

func (s *site) visitor(t *testing.T) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{Client: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, base: s.URL}
}

func (v *visitor) login(t *testing.T, name, word string) int {
	t.Helper()
	resp, err := v.PostForm(v.base+"/login", url.Values{"name": {name}, "password": {word}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode == http.StatusSeeOther {
		var me struct{ CSRF string }
		if code := v.get(t, "/api/v1/me", &me); code != 200 || me.CSRF == "" {
			t.Fatalf("me: %d", code)
		}
		v.csrf = me.CSRF
	}
	return resp.StatusCode
}

func (v *visitor) get(t *testing.T, path string, into any) int {
	t.Helper()
	resp, err := v.Get(v.base + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if into != nil && resp.StatusCode == 200 {
		if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
			t.Fatal(err)
		}
	}
	return resp.StatusCode
}

func (v *visitor) post(t *testing.T, path, csrf, origin, body string, into any) int {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, v.base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-CSRF-Token", csrf)
	if origin != "" {
		req.Header.Set("Origin", origin)
	}
	resp, err := v.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if into != nil {
		if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
			t.Fatal(err)
		}
	}
	return resp.StatusCode
}

func TestOnlyTheLoginIsOpen(t *testing.T) {
	s := start(t)
	i := s.happen(t, event.FireVisual, "yard", event.Start)
	v := s.visitor(t)
	for path, want := range map[string]int{
		"/login": 200, "/static/desk.js": 200, "/static/desk.css": 200, "/text/en": 200,
		"/": 303, "/evidence/" + i.Snapshot: 303, "/api/v1/me": 401, "/api/v1/incidents": 401, "/api/v1/incidents/" + i.ID: 401, "/api/v1/stream": 401,
		"/static/..%2fconsole.go": 404, "/text/fr": 404, "/nothing": 404,
	} {
		if got := v.get(t, path, nil); got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
	if got := v.post(t, "/api/v1/incidents/"+i.ID+"/acknowledge", "", "", `{"version":1}`, nil); got != 401 {
		t.Errorf("acknowledge without a session: %d", got)
	}
	if got := v.login(t, "li", "wrong-password"); got != 401 {
		t.Errorf("wrong password: %d", got)
	}
	if got := v.login(t, "li", password); got != 303 {
		t.Errorf("right password: %d", got)
	}
	for path, want := range map[string]int{"/": 200, "/evidence/" + i.Snapshot: 200, "/evidence/" + strings.Repeat("0", 64): 404, "/api/v1/incidents/none": 404} {
		if got := v.get(t, path, nil); got != want {
			t.Errorf("%s with a session: %d, want %d", path, got, want)
		}
	}
}

func TestGuessingIsLockedOut(t *testing.T) {
	s := start(t)
	v := s.visitor(t)
	for range 5 {
		v.login(t, "li", "wrong-password")
	}
	if got := v.login(t, "li", password); got != 429 {
		t.Errorf("the sixth try: %d, want 429", got)
	}
	if got := v.login(t, "wang", password); got != 303 {
		t.Errorf("somebody else: %d", got)
	}
}

func TestChanges(t *testing.T) {
	s := start(t)
	i := s.happen(t, event.FireLaneBlocked, "yard", event.Start)
	li, wang := s.visitor(t), s.visitor(t)
	li.login(t, "li", password)
	wang.login(t, "wang", password)
	path := "/api/v1/incidents/" + i.ID
	if got := li.post(t, path+"/acknowledge", "forged", "", `{"version":1}`, nil); got != 403 {
		t.Errorf("without the session's token: %d", got)
	}
	if got := li.post(t, path+"/acknowledge", li.csrf, "http://elsewhere.example", `{"version":1}`, nil); got != 403 {
		t.Errorf("from another page: %d", got)
	}
	if got := li.post(t, path+"/acknowledge", li.csrf, "", `nonsense`, nil); got != 400 {
		t.Errorf("nonsense: %d", got)
	}
	var after incident.Incident
	if got := li.post(t, path+"/acknowledge", li.csrf, s.URL, `{"version":1}`, &after); got != 200 || after.TakenBy != "li" || after.State != incident.Signalled {
		t.Errorf("acknowledge: %d %+v", got, after)
	}
	var conflict struct{ Incident incident.Incident }
	if got := wang.post(t, path+"/acknowledge", wang.csrf, "", `{"version":1}`, &conflict); got != 409 || conflict.Incident.TakenBy != "li" {
		t.Errorf("the second to acknowledge: %d, sees %q", got, conflict.Incident.TakenBy)
	}
	if got := wang.post(t, path+"/close", wang.csrf, "", `{"version":2,"verdict":"whatever"}`, nil); got != 400 {
		t.Errorf("unknown verdict: %d", got)
	}
	if got := wang.post(t, path+"/close", wang.csrf, "", `{"version":2,"verdict":"genuine","why":"seen it"}`, &after); got != 200 || after.State != incident.Confirmed || after.ConfirmedBy != "wang" {
		t.Errorf("close: %d %+v", got, after)
	}
	var page struct{ Incidents []incident.Incident }
	if li.get(t, "/api/v1/incidents?state=signalled,reported,verifying", &page); len(page.Incidents) != 0 {
		t.Errorf("still to do: %+v", page.Incidents)
	}
	if li.get(t, "/api/v1/incidents?state=confirmed", &page); len(page.Incidents) != 1 {
		t.Errorf("closed: %+v", page.Incidents)
	}
}

// read reads the feed until enough incidents came, and returns their positions.
func (v *visitor) read(t *testing.T, after string, enough int) (positions []int64, first string) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
	defer stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, v.base+"/api/v1/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Last-Event-ID", after)
	resp, err := v.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	buf, text := make([]byte, 4096), ""
	for len(positions) < enough {
		n, err := resp.Body.Read(buf)
		text += string(buf[:n])
		for {
			one, rest, ok := strings.Cut(text, "\n\n")
			if !ok {
				break
			}
			text = rest
			if strings.Contains(one, "event: reset") {
				return nil, "reset"
			}
			if _, data, ok := strings.Cut(one, "data: "); ok && strings.Contains(one, "event: incident") {
				var c incident.Change
				if err := json.Unmarshal([]byte(data), &c); err != nil {
					t.Fatal(err)
				}
				positions = append(positions, c.Position)
			}
		}
		if err != nil && err != io.EOF {
			t.Fatalf("after %v: %v", positions, err)
		}
	}
	return positions, "incident"
}

func TestTheFeedMissesNothing(t *testing.T) {
	s := start(t)
	v := s.visitor(t)
	v.login(t, "li", password)
	for range 5 {
		s.happen(t, event.Motion, "yard", event.Start)
	}
	if got, _ := v.read(t, "0", 5); len(got) != 5 || got[0] != 1 || got[4] != 5 {
		t.Errorf("from the beginning: %v", got)
	}
	if got, _ := v.read(t, "3", 2); len(got) != 2 || got[0] != 4 {
		t.Errorf("from position 3: %v", got)
	}
	live := make(chan []int64)
	go func() {
		got, _ := v.read(t, "5", 2)
		live <- got
	}()
	s.happen(t, event.Motion, "gate", event.Start)
	s.happen(t, event.Motion, "lane", event.Start)
	if got := <-live; len(got) != 2 || got[0] != 6 || got[1] != 7 {
		t.Errorf("live: %v", got)
	}
	if _, what := v.read(t, "900000", 1); what != "reset" {
		t.Errorf("a position from another database: %s, want reset", what)
	}
}
