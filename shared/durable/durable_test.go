package durable

import (
	"os"
	"path/filepath"
	"testing"
)

func TestReplaceLeavesOneWholeFile(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "state.json")
	for _, body := range []string{"first", "second, and longer"} {
		if err := Replace(name, []byte(body)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(name); err != nil || string(got) != body {
			t.Errorf("read back %q, %v: want %q", got, err, body)
		}
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("the folder holds %v, %v: want the one file", files, err)
	}
	if err := Replace(filepath.Join(dir, "nowhere", "x"), nil); err == nil {
		t.Error("a file in no folder was written")
	}
}
