package app

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPlacesFromTheCommandLine: the demo's list is printed, tried, imported, listed.
func TestPlacesFromTheCommandLine(t *testing.T) {
	dir := t.TempDir()
	conf, list := filepath.Join(dir, "cloud.yml"), filepath.Join(dir, "places.csv")
	if err := os.WriteFile(conf, []byte("store: sqlite:"+filepath.Join(dir, "cloud.db")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	say := func(args ...string) string {
		t.Helper()
		out.Reset()
		if err := (Console{Out: &out, Err: &out}).Command(t.Context(), args); err != nil {
			t.Fatalf("%v: %v", args, err)
		}
		return out.String()
	}
	if err := os.WriteFile(list, []byte(say("places", "demo", "-csv")), 0o600); err != nil {
		t.Fatal(err)
	}
	tried := say("places", "import", "-config", conf, "-dry-run", list)
	if !strings.Contains(tried, "dry run, nothing was changed: ") || say("places", "list", "-config", conf) != "" {
		t.Error("dry:", tried[len(tried)-100:])
	}
	if done := say("places", "import", "-config", conf, list); !strings.Contains(done, "+ dongguan/st1/s012/s012-cam\tcamera") {
		t.Error(done)
	}
	if again := say("places", "demo", "-config", conf); !strings.HasPrefix(again, "0 added, 0 changed, ") {
		t.Error(again)
	}
	if all := say("places", "list", "-config", conf, "-csv"); all != say("places", "demo", "-csv") {
		t.Error("what is listed is not what was imported")
	}
	if some := say("places", "list", "-config", conf, "dongguan/st1/s012"); strings.Count(some, "\n") != 2 {
		t.Error(some)
	}
	if err := os.WriteFile(list, []byte("code,kind,zh,en\nx,castle,堡,Castle\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := (Console{Out: &out, Err: &out}).Command(t.Context(), []string{"places", "import", "-config", conf, list})
	if err == nil || !strings.Contains(err.Error(), list+", nothing was changed:\nline 2: kind: \"castle\"") {
		t.Error(err)
	}
}
