package evidence

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// A sender sends parts as a box does.
type sender struct {
	t   *testing.T
	url string
}

func serve(t *testing.T, f *Folder) *sender {
	t.Helper()
	srv := httptest.NewServer(Upload(f, who, slog.New(slog.DiscardHandler)))
	t.Cleanup(srv.Close)
	return &sender{t, srv.URL + "/v1/evidence/"}
}

func (s *sender) do(method, sum string, offset int, last bool, body io.Reader) (status int, at, complete string) {
	s.t.Helper()
	req, err := http.NewRequest(method, s.url+sum, body)
	if err != nil {
		s.t.Fatal(err)
	}
	req.SetBasicAuth("a/one", "word")
	req.Header.Set("Content-Type", "application/partial-upload")
	req.Header.Set("Upload-Offset", strconv.Itoa(offset))
	req.Header.Set("Upload-Complete", map[bool]string{true: "?1", false: "?0"}[last])
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", ""
	}
	resp.Body.Close()
	return resp.StatusCode, resp.Header.Get("Upload-Offset"), resp.Header.Get("Upload-Complete")
}

// expect fails unless the answer is as wanted.
func (s *sender) expect(what string, want said, r request) {
	s.t.Helper()
	status, at, complete := s.do(r.method, r.sum, r.offset, r.last, bytes.NewReader(r.body))
	if got := (said{status, at, complete}); got != want {
		s.t.Errorf("%s: %+v, want %+v", what, got, want)
	}
}

type request struct {
	method, sum string
	offset      int
	last        bool
	body        []byte
}

type said struct {
	status       int
	at, complete string
}

// A broken body ends before its announced length.
type broken struct{ data *bytes.Reader }

func (b broken) Read(p []byte) (int, error) {
	if b.data.Len() == 0 {
		return 0, errors.New("the line is cut")
	}
	return b.data.Read(p)
}

func TestAFileComesInParts(t *testing.T) {
	f, dir := folder(t)
	s := serve(t, f)
	clip := bytes.Repeat([]byte("0123456789"), 100_000)
	h := sum(clip)
	s.expect("nothing yet", said{204, "0", "?0"}, request{"HEAD", h, 0, false, nil})
	s.expect("first part", said{204, "400000", "?0"}, request{"PATCH", h, 0, false, clip[:400_000]})
	s.expect("the same again", said{409, "400000", "?0"}, request{"PATCH", h, 0, false, clip[:400_000]})
	s.expect("a part too far", said{409, "400000", "?0"}, request{"PATCH", h, 600_000, true, clip[600_000:]})
	s.expect("no such beginning", said{409, "0", "?0"}, request{"PATCH", sum([]byte("x")), 5, true, clip})

	s.do("PATCH", h, 400_000, true, broken{bytes.NewReader(clip[400_000:700_000])}) // the box loses its line
	waitFor(t, func() bool { at, _, _ := f.Progress(h, "a/one"); return at == 700_000 })

	again, err := Open(dir, 1<<30) // the cloud is killed and starts again
	if err != nil {
		t.Fatal(err)
	}
	if again.used != 700_000 {
		t.Errorf("%d bytes are counted", again.used)
	}
	s = serve(t, again)
	s.expect("after a restart", said{204, "700000", "?0"}, request{"HEAD", h, 0, false, nil})
	s.expect("the rest", said{201, "1000000", "?1"}, request{"PATCH", h, 700_000, true, clip[700_000:]})
	s.expect("whole", said{204, "1000000", "?1"}, request{"HEAD", h, 0, false, nil})
	s.expect("once more", said{200, "0", "?1"}, request{"PATCH", h, 0, false, clip[:10]})
	file, err := again.Get(h)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if got, _ := io.ReadAll(file); !bytes.Equal(got, clip) {
		t.Error("it is not what was sent")
	}
	if again.used != 1_000_000 {
		t.Errorf("%d bytes are counted", again.used)
	}
}

func waitFor(t *testing.T, ready func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ready(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("waited in vain")
		}
	}
}

func TestAWrongFileIsDropped(t *testing.T) {
	f, dir := folder(t)
	s := serve(t, f)
	h := sum([]byte("0123456789"))
	s.expect("first part", said{204, "5", "?0"}, request{"PATCH", h, 0, false, []byte("01234")})
	s.expect("other bytes", said{400, "", ""}, request{"PATCH", h, 5, true, []byte("99999")})
	s.expect("from the beginning", said{204, "0", "?0"}, request{"HEAD", h, 0, false, nil})
	if left, _ := filepath.Glob(filepath.Join(dir, "*", "*")); len(left) != 0 || f.used != 0 {
		t.Errorf("%v and %d bytes are left", left, f.used)
	}
	for what, change := range map[string]func(*http.Request){
		"no offset": func(r *http.Request) { r.Header.Del("Upload-Offset") },
		"no type":   func(r *http.Request) { r.Header.Set("Content-Type", "video/mp4") },
		"nobody":    func(r *http.Request) { r.SetBasicAuth("a/one", "guess") },
		"no hash":   func(r *http.Request) { r.URL.Path = "/v1/evidence/abc" },
	} {
		req := httptest.NewRequest(http.MethodPatch, "/v1/evidence/"+h, bytes.NewReader(nil))
		req.SetBasicAuth("a/one", "word")
		req.Header.Set("Content-Type", "application/partial-upload")
		req.Header.Set("Upload-Offset", "0")
		change(req)
		w := httptest.NewRecorder()
		Upload(f, who, slog.New(slog.DiscardHandler)).ServeHTTP(w, req)
		if w.Code < 400 || w.Code >= 500 {
			t.Errorf("%s: %d", what, w.Code)
		}
	}
}

func TestOneBoxCannotSpoilWhatAnotherSends(t *testing.T) {
	f, _ := folder(t)
	data := []byte("0123456789")
	for _, p := range []struct {
		Part
		data string
	}{
		{Part{sum(data), "a/one", 0, false}, "01234"},
		{Part{sum(data), "a/two", 0, false}, "99999"},
		{Part{sum(data), "a/one", 5, true}, "56789"},
	} {
		if _, err := f.Append(t.Context(), p.Part, bytes.NewReader([]byte(p.data))); err != nil {
			t.Fatal(err)
		}
	}
	if !f.Has(sum(data)) {
		t.Error("the file is not there")
	}
}

func TestPartsAreBounded(t *testing.T) {
	f, dir := folder(t)
	h := sum([]byte("x"))
	if _, err := f.Append(t.Context(), Part{h, "a/one", 0, false}, bytes.NewReader(make([]byte, MaxFile+5))); !errors.Is(err, ErrTooLarge) || f.used != 0 {
		t.Errorf("%v, %d bytes are counted", err, f.used)
	}
	if _, err := f.Append(t.Context(), Part{h, "a/one", 0, false}, bytes.NewReader(make([]byte, 50))); err != nil {
		t.Fatal(err)
	}
	f.max = MaxFile
	if _, err := f.Append(t.Context(), Part{sum([]byte("y")), "a/one", 0, true}, bytes.NewReader([]byte("y"))); !errors.Is(err, ErrFull) {
		t.Errorf("no room: %v", err)
	}
	old := time.Now().Add(-PartialLife - time.Minute)
	if err := os.Chtimes(f.partial(h, "a/one"), old, old); err != nil {
		t.Fatal(err)
	}
	f.max = 1 << 30
	if _, err := f.Append(t.Context(), Part{sum([]byte("y")), "a/one", 0, true}, bytes.NewReader([]byte("y"))); err != nil {
		t.Fatal(err)
	}
	if at, _, _ := f.Progress(h, "a/one"); at != 0 || f.used != 1 {
		t.Errorf("what did not go on is kept: %d bytes of it, %d counted", at, f.used)
	}
	if again, err := Open(dir, 1<<30); err != nil || again.used != 1 {
		t.Errorf("after a restart: %v", err)
	}
}

func TestTypes(t *testing.T) {
	for want, head := range map[string]string{
		"image/jpeg":               "\xff\xd8\xff\xe0\x00\x10JFIF",
		"video/mp4":                "\x00\x00\x00\x20ftypmp42\x00\x00\x00\x01mp41mp42isomhlsf",
		"application/octet-stream": "<html><script>",
	} {
		if got := Type(bytes.NewReader([]byte(head))); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
