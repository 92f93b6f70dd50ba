package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestGoodFilesAreGood(t *testing.T) {
	files, err := filepath.Glob("testdata/*good.yml")
	if err != nil || len(files) == 0 {
		t.Fatal("no good files", err)
	}
	for _, f := range files {
		if _, err := Load(f); err != nil {
			t.Error(err)
		}
	}
}

// TestBadFilesSayWhy: each bad file begins with the lines that its fault must say.
func TestBadFilesSayWhy(t *testing.T) {
	files, err := filepath.Glob("testdata/*.bad.yml")
	if err != nil || len(files) == 0 {
		t.Fatal("no bad files", err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		_, faults := Parse(data)
		got := errors.Join(faults...)
		for _, line := range strings.Split(string(data), "\n") {
			want, ok := strings.CutPrefix(line, "# want: ")
			if ok && (got == nil || !strings.Contains(got.Error(), want)) {
				t.Errorf("%s: got %v, want %q", f, got, want)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("listen: 127.0.0.1:8080\nbroker: {url: mqtt://host}"))
	f.Fuzz(func(_ *testing.T, data []byte) { Parse(data) })
}
