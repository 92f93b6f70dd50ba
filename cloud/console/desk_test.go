package console_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"eastgate/cloud/app/apptest"
)

// deskSources are the desk's own sources.
func deskSources(t *testing.T) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir("desk", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && (d.Name() == "node_modules" || d.Name() == "third_party") {
			return filepath.SkipDir
		}
		if ext := filepath.Ext(path); ext == ".ts" || ext == ".tsx" {
			out = append(out, path)
		}
		return err
	})
	if err != nil || len(out) == 0 {
		t.Fatal("no sources", err)
	}
	return out
}

func folder(t *testing.T, name string) map[string]string {
	t.Helper()
	list, err := os.ReadDir(name)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, e := range list {
		data, err := os.ReadFile(filepath.Join(name, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		out[e.Name()] = string(data)
	}
	return out
}

func TestTheScriptIsWhatItsSourcesSay(t *testing.T) {
	src, err := os.ReadFile("generate.go")
	if err != nil {
		t.Fatal(err)
	}
	_, command, ok := strings.Cut(string(src), "//go:generate ")
	if !ok {
		t.Fatal("generate.go says nothing")
	}
	out := filepath.Join(t.TempDir(), "built")
	cmd := exec.Command("sh", "-c", strings.Replace(command, "static/desk", out, 1))
	if msg, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, msg)
	}
	built, committed := folder(t, out), folder(t, "static/desk")
	if !maps.Equal(built, committed) {
		t.Errorf("static/desk is not what desk/ makes (%v, committed %v): run go generate ./cloud/console",
			slices.Sorted(maps.Keys(built)), slices.Sorted(maps.Keys(committed)))
	}
}

// A view in the script that the server does not know is lost when the page is loaded
// anew.
func TestEachViewHasItsPath(t *testing.T) {
	src, err := os.ReadFile("desk/views.tsx")
	if err != nil {
		t.Fatal(err)
	}
	s := apptest.Start(t)
	v := s.As(t, "duty")
	paths := regexp.MustCompile(`path: /\^(.*?)\$/`).FindAllSubmatch(src, -1)
	if len(paths) < 2 {
		t.Fatalf("%d views", len(paths))
	}
	group := regexp.MustCompile(`\([^)]*\)`)
	for _, m := range paths {
		path := group.ReplaceAllString(strings.ReplaceAll(string(m[1]), `\/`, "/"), "01M885N46G188XQ6MNTF3YVRYW")
		if a := v.Do(t, "GET", path, nil); a.Status != http.StatusOK || !strings.Contains(string(a.Body), `id="desk"`) {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
}

// What the first load takes, as a browser is sent it. A view that is opened later may
// take as much again as its own bound.
func TestTheFirstLoadIsSmall(t *testing.T) {
	const firstScripts, chunk, sheet = 60_000, 40_000, 10_000
	s := apptest.Start(t)
	v := s.As(t, "duty")
	get := func(path string) (size int, plain []byte) {
		a := v.Do(t, "GET", path, nil, "Accept-Encoding", "gzip")
		if a.Status != http.StatusOK || a.Header.Get("Content-Encoding") != "gzip" {
			t.Fatalf("%s: %d %q", path, a.Status, a.Header.Get("Content-Encoding"))
		}
		z, err := gzip.NewReader(bytes.NewReader(a.Body))
		if err != nil {
			t.Fatal(err)
		}
		plain, err = io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		return len(a.Body), plain
	}
	page := string(v.Do(t, "GET", "/", nil).Body)
	scripts := regexp.MustCompile(`(?:src|href)="([^"]+\.js)"`).FindAllStringSubmatch(page, -1)
	sum, first := 0, map[string]bool{}
	for _, m := range scripts {
		size, _ := get(m[1])
		sum += size
		first[filepath.Base(m[1])] = true
	}
	if !first["desk.js"] || sum > firstScripts {
		t.Errorf("the first load takes %d bytes of script (%d files), at most %d are allowed", sum, len(scripts), firstScripts)
	}
	base := filepath.Dir(scripts[0][1])
	for name := range folder(t, "static/desk") {
		size, plain := get(base + "/" + name)
		switch {
		case name == "desk.css" && size > sheet, filepath.Ext(name) == ".js" && !first[name] && size > chunk:
			t.Errorf("%s takes %d bytes", name, size)
		case first[name]: // whatever it imports at once is in the page, so that nothing is found late
			for _, m := range regexp.MustCompile(`(?:from|import)"\./([^"]+)"`).FindAllSubmatch(plain, -1) {
				if !first[string(m[1])] {
					t.Errorf("%s imports %s, which the page does not name", name, m[1])
				}
			}
		}
	}
	t.Logf("first load: %d bytes of script", sum)
}

// The desk's files are kept for good under the name of their contents, and no other
// name of a build leads to them.
func TestFilesAreNamedByTheirContents(t *testing.T) {
	s := apptest.Start(t)
	v := s.As(t, "duty")
	page := string(v.Do(t, "GET", "/", nil).Body)
	m := regexp.MustCompile(`src="(/static/desk/([0-9a-f]+)/desk.js)"`).FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("%.500s", page)
	}
	a := v.Do(t, "GET", m[1], nil)
	if a.Status != 200 || !strings.Contains(a.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("%d %q", a.Status, a.Header.Get("Cache-Control"))
	}
	if got := v.Do(t, "GET", m[1], nil, "If-None-Match", a.Header.Get("ETag")).Status; got != 304 {
		t.Errorf("again: %d", got)
	}
	if got := v.Do(t, "GET", strings.Replace(m[1], m[2], "0123456789ab", 1), nil).Status; got != 404 {
		t.Errorf("of another build: %d", got)
	}
	if a := v.Do(t, "GET", "/static/desk.css", nil); a.Status != 200 || a.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("for the office: %d %q", a.Status, a.Header.Get("Cache-Control"))
	}
}
