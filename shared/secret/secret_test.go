package secret

import (
	"encoding/json"
	"errors"
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
	given := t.TempDir()
	t.Setenv("CREDENTIALS_DIRECTORY", given)
	if err := os.WriteFile(filepath.Join(given, "eastgate-box"), []byte("quiet\n"), 0o400); err != nil {
		t.Fatal(err)
	}
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
		{Ref{Credential: "eastgate-box"}, "quiet", ""},
		{Ref{Credential: "eastgate-none"}, "", "no such file"},
		{Ref{Credential: "../word"}, "", "not a path"},
		{Ref{Credential: ".."}, "", "not a path"},
		{Ref{Credential: "eastgate-box", Env: "A_SECRET"}, "", "not both"},
	} {
		v, err := c.r.Load()
		if v.Reveal() != c.word || (err == nil) != (c.err == "") || (err != nil && !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%+v: %q, %v", c.r, v.Reveal(), err)
		}
	}
}

func TestACredentialNeedsAUnit(t *testing.T) {
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	if _, err := (Ref{Credential: "eastgate-box"}).Load(); err == nil || !strings.Contains(err.Error(), "LoadCredential=eastgate-box") {
		t.Error(err)
	}
}

// TestASecretThatOthersMayReadIsRefused: an operator's file is for its owner and one
// group; a key that we made, for its owner alone.
func TestASecretThatOthersMayReadIsRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "word")
	if err := os.WriteFile(file, []byte("hush\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for mode, most := range map[os.FileMode]os.FileMode{0o400: Own, 0o600: Own, 0o700: Own, 0o440: Grouped, 0o640: Grouped, 0o660: 0, 0o604: 0, 0o644: 0, 0o602: 0} {
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		_, err := Ref{File: file}.Load()
		if (err == nil) != (most != 0) || err != nil && (!errors.Is(err, ErrOpen) || strings.Contains(err.Error(), "hush")) {
			t.Errorf("mode %04o: %v", mode, err)
		}
		if err := Guard(file, Own); (err == nil) != (most == Own) {
			t.Errorf("our own key, mode %04o: %v", mode, err)
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
	}{Ref{File: "b"}, map[string]part{"x": {Ref{File: "a"}}}, []part{{Ref{Env: "E"}}, {Ref{File: "b"}}, {Ref{Credential: "given"}}}, &part{Ref{File: "c"}}, nil}
	if got := fmt.Sprint(Files(config), Credentials(config)); got != "[a b c] [given]" {
		t.Error(got)
	}
}
