package secret

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestASecretNeverShows(t *testing.T) {
	v := New("hush")
	var logged strings.Builder
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "v", v, "in", struct{ V Value }{v})
	asJSON, err := json.Marshal(map[string]any{"v": v})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{fmt.Sprint(v), fmt.Sprintf("%v %+v %#v %s %q", v, v, v, v, v), fmt.Sprintf("%+v", struct{ V Value }{v}), logged.String(), string(asJSON)} {
		if strings.Contains(s, "hush") {
			t.Errorf("shown: %s", s)
		}
	}
	if v.Reveal() != "hush" || v.Empty() || !New("").Empty() {
		t.Error("the secret itself is not kept")
	}
}

func TestLoad(t *testing.T) {
	file := filepath.Join(t.TempDir(), "word")
	if err := os.WriteFile(file, []byte("  hush \nmore\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("A_SECRET", "loud")
	for _, c := range []struct {
		r         Ref
		word, err string
	}{
		{Ref{File: file}, "hush", ""},
		{Ref{Env: "A_SECRET"}, "loud", ""},
		{Ref{Env: "NO_SECRET"}, "", "NO_SECRET is empty"},
		{Ref{File: file + "x"}, "", "no such file"},
		{Ref{File: file, Env: "A_SECRET"}, "", "not both"},
		{Ref{}, "", "neither"},
	} {
		v, err := c.r.Load()
		if v.Reveal() != c.word || (err == nil) != (c.err == "") || (err != nil && !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%+v: %q, %v", c.r, v.Reveal(), err)
		}
	}
}

func TestFilesFindsEveryRef(t *testing.T) {
	type part struct{ Word Ref }
	config := struct {
		A    Ref
		B    map[string]part
		C    []part
		D    *part
		none *part
	}{Ref{File: "b"}, map[string]part{"x": {Ref{File: "a"}}}, []part{{Ref{Env: "E"}}, {Ref{File: "b"}}}, &part{Ref{File: "c"}}, nil}
	if got := fmt.Sprint(Files(config)); got != "[a b c]" {
		t.Error(got)
	}
}
