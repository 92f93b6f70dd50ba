package evidence

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

func folder(t *testing.T) (*Folder, string) {
	t.Helper()
	dir := t.TempDir()
	f, err := Open(dir, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	return f, dir
}

func TestPutAndGet(t *testing.T) {
	f, dir := folder(t)
	picture := []byte("a picture")
	for range 2 { // again is fine
		if err := f.Put(t.Context(), sum(picture), bytes.NewReader(picture)); err != nil {
			t.Fatal(err)
		}
	}
	file, err := f.Get(sum(picture))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if got, _ := io.ReadAll(file); !bytes.Equal(got, picture) {
		t.Errorf("got %q", got)
	}
	if _, err := f.Get(sum([]byte("other"))); !errors.Is(err, ErrNotFound) {
		t.Errorf("what never came: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "half"+unfinished), picture, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, 1<<30); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*"+unfinished)); len(left) > 0 {
		t.Errorf("half written files stay: %v", left)
	}
}

// who knows one box, by its password.
func who(r *http.Request) (site, box string, ok bool) {
	user, secret, _ := r.BasicAuth()
	site, box, _ = strings.Cut(user, "/")
	return site, box, user+":"+secret == "a/one:word"
}

func TestUpload(t *testing.T) {
	f, dir := folder(t)
	var arrived []string
	f.Arrived = func(_ context.Context, sum, box string) { arrived = append(arrived, box+" "+sum) }
	srv := httptest.NewServer(Upload(f, who, slog.New(slog.DiscardHandler)))
	defer srv.Close()
	picture := []byte("a picture")
	for _, c := range []struct {
		name, sum, user, secret string
		body                    []byte
		status                  int
	}{
		{"new", sum(picture), "a/one", "word", picture, 201},
		{"again", sum(picture), "a/one", "word", picture, 200},
		{"wrong secret", sum(picture), "a/one", "guess", picture, 401},
		{"nobody", sum(picture), "", "", picture, 401},
		{"other content", sum([]byte("x")), "a/one", "word", picture, 400},
		{"no hash", "..%2F..%2Fetc", "a/one", "word", picture, 400},
		{"too large", sum(picture[:1]), "a/one", "word", make([]byte, MaxFile+1), 413},
	} {
		req, err := http.NewRequest(http.MethodPut, srv.URL+"/v1/evidence/"+c.sum, bytes.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth(c.user, c.secret)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != c.status {
			t.Errorf("%s: %d, want %d", c.name, resp.StatusCode, c.status)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*", "*")); len(left) != 1 {
		t.Errorf("files: %v", left)
	}
	if want := "a/one " + sum(picture); len(arrived) != 1 || arrived[0] != want {
		t.Errorf("told of %q, want %q once", arrived, want)
	}
	if err := errors.Join(f.Remove(sum(picture)), f.Remove(sum(picture))); !errors.Is(err, ErrNotFound) || f.Has(sum(picture)) || f.used != 0 {
		t.Errorf("removed twice: %v, %d bytes left", err, f.used)
	}
}

func TestFull(t *testing.T) {
	f, err := Open(t.TempDir(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Put(t.Context(), sum(nil), strings.NewReader("")); !errors.Is(err, ErrFull) {
		t.Errorf("got %v", err)
	}
}
