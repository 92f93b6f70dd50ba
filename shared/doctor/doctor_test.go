package doctor

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func look(t *testing.T, c Check) Finding {
	t.Helper()
	found := c.Look(t.Context())
	if len(found) != 1 {
		t.Fatalf("%s: %+v", c.Name.EN, found)
	}
	return found[0]
}

// TestWhatIsWrongIsToldWithItsMend meets one machine after another.
func TestWhatIsWrongIsToldWithItsMend(t *testing.T) {
	dir := t.TempDir()
	open, shut := filepath.Join(dir, "open"), filepath.Join(dir, "shut")
	for file, mode := range map[string]os.FileMode{open: 0o644, shut: 0o600} {
		if err := os.WriteFile(file, []byte("x"), mode); err != nil {
			t.Fatal(err)
		}
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	secure := httptest.NewTLSServer(nil)
	defer secure.Close()
	name := Both("x", "某")
	for what, c := range map[string]struct {
		check Check
		level Level
		says  string
	}{
		"a secret open to all":       {Private(name, open), Bad, "open to others"},
		"a secret of ours":           {Private(name, shut), Good, "0600"},
		"no such secret":             {Private(name, shut+"x"), Bad, "no such file"},
		"a credential":               {Credentials(name, []string{dir + "x", dir}, "shut"), Good, "shut"},
		"a credential open to all":   {Credentials(name, []string{dir + "x", dir}, "open"), Bad, "others may read"},
		"no such credential":         {Credentials(name, []string{dir + "x", dir}, "none"), Bad, "in none of"},
		"room enough":                {Disk(name, dir, 1), Good, "free"},
		"a disk too small":           {Disk(name, dir, 1<<60), Bad, "free"},
		"a folder to be made":        {Disk(name, filepath.Join(dir, "a", "b"), 1), Good, "free"},
		"a folder that is a file":    {Disk(name, shut, 1), Bad, "is no folder"},
		"a port that is taken":       {Free(name, taken.Addr().String(), false), Bad, "in use"},
		"a port taken by ourselves":  {Free(name, taken.Addr().String(), true), Good, "running service"},
		"a free port":                {Free(name, "127.0.0.1:0", false), Good, "free"},
		"nobody there":               {Reach(name, "127.0.0.1:1", nil), Bad, "refused"},
		"no such host":               {Reach(name, "nowhere.invalid:1", nil), Bad, "nowhere.invalid"},
		"somebody there":             {Reach(name, taken.Addr().String(), nil), Good, "answers"},
		"a certificate not trusted":  {Reach(name, secure.Listener.Addr().String(), &tls.Config{MinVersion: tls.VersionTLS12}), Bad, "certificate"},
		"an address without a port":  {Reach(name, "host", nil), Bad, "missing port"},
		"a certificate that we know": {Reach(name, secure.Listener.Addr().String(), clientOf(secure)), Good, "certificate until"},
	} {
		f := look(t, c.check)
		if f.Level != c.level || !strings.Contains(f.What.EN, c.says) {
			t.Errorf("%s: %+v, want %s and %q", what, f, c.level, c.says)
		}
		if f.Level == Bad && (f.Mend.EN == "" || f.Mend.ZH == "") {
			t.Errorf("%s: it is not said how to mend it", what)
		}
	}
}

func clientOf(s *httptest.Server) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs} //nolint:forcetypeassert // httptest says so
}

func TestTheWorstFindingCounts(t *testing.T) {
	check := func(l Level) Check {
		return Check{Both("thing", "东西"), func(context.Context) []Finding {
			return []Finding{{l, Both("seen", "看到"), Both("do it", "去做")}}
		}}
	}
	var en, zh, objects bytes.Buffer
	all := []Check{check(Good), check(Bad), check(Unknown), check(Warn)}
	for _, err := range []error{Tell(t.Context(), &en, "en", false, all), Tell(t.Context(), &zh, "zh", false, all), Tell(t.Context(), &objects, "", true, all)} {
		if !errors.Is(err, ErrUnwell) {
			t.Errorf("something is bad, and it says %v", err)
		}
	}
	if err := Tell(t.Context(), io.Discard, "en", false, []Check{check(Good), check(Warn), check(Unknown)}); err != nil {
		t.Errorf("nothing is bad, and it says %v", err)
	}
	if !strings.Contains(en.String(), "✗ thing: seen\n   to mend it: do it") || !strings.Contains(zh.String(), "✗ 东西: 看到\n   怎么办：去做") {
		t.Errorf("%s\n%s", en.String(), zh.String())
	}
	var r Result
	if err := json.NewDecoder(&objects).Decode(&r); err != nil || r.Findings[0].Level != Good {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestACheckThatHangsIsCutOff gives one that waits for its context.
func TestACheckThatHangsIsCutOff(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer stop()
	examine(ctx, []Check{{Both("hang", "卡住"), func(ctx context.Context) []Finding {
		<-ctx.Done()
		return nil
	}}}, func(Result) {})
}

func TestTheClockIsLookedAt(t *testing.T) {
	if f := look(t, Clock()); f.Level == Bad || f.What.EN == "" {
		t.Errorf("%+v", f)
	}
}

func TestLanguage(t *testing.T) {
	for want, env := range map[string]map[string]string{
		"zh": {"LANG": "zh_CN.UTF-8"}, "en": {"LC_ALL": "C.UTF-8", "LANG": "zh_CN.UTF-8"},
	} {
		if got := Language(func(n string) string { return env[n] }); got != want {
			t.Errorf("%v: %s", env, got)
		}
	}
}
