package configs

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// ofOurs matches a metric of ours; ofVec the suffixes that histograms add.
var (
	ofOurs = regexp.MustCompile(`\b(edge|cloud)_[a-z0-9_]+`)
	ofVec  = regexp.MustCompile(`_(bucket|sum|count)$`)
)

// metrics are the names that the programs register. The bridge to the police puts its own together.
func metrics(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	literal := regexp.MustCompile(`"((?:edge|cloud)_[a-z0-9_]+)"`)
	for _, dir := range []string{"../edge", "../cloud"} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, m := range literal.FindAllSubmatch(text, -1) {
				names[string(m[1])] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(names) < 50 {
		t.Fatalf("found only %d metrics", len(names))
	}
	return names
}

func TestMonitoringAsksForMetricsThatExist(t *testing.T) {
	known := metrics(t)
	for _, file := range []string{"monitoring/alerts.yml", "monitoring/dashboard-edge.json", "monitoring/dashboard-cloud.json"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		asked := ofOurs.FindAllString(string(text), -1)
		if len(asked) < 5 {
			t.Errorf("%s asks for %q only", file, asked)
		}
		for _, name := range asked {
			if !known[ofVec.ReplaceAllString(name, "")] {
				t.Errorf("%s: no program has the metric %s", file, name)
			}
		}
	}
}

// TestAlertsFireWhenTheyShould has Prometheus' own tool read the rules and play their tests.
func TestAlertsFireWhenTheyShould(t *testing.T) {
	promtool := tool(t, "promtool")
	for _, args := range [][]string{
		{"check", "rules", "monitoring/alerts.yml"},
		{"check", "config", "--syntax-only", "monitoring/prometheus.yml"},
		{"test", "rules", "monitoring/alerts.test.yml"},
	} {
		if out, err := run(t, promtool, args...); err != nil {
			t.Errorf("promtool %v: %v\n%s", args, err, out)
		}
	}
}

func TestEveryAlertSaysWhatToDoInBothLanguages(t *testing.T) {
	text := lines(t, "monitoring/alerts.yml")
	count := map[string]int{}
	for _, l := range text {
		key, _, _ := strings.Cut(strings.TrimPrefix(l, "- "), ":")
		count[key]++
	}
	for _, key := range []string{"summary", "summary_zh", "mend", "mend_zh", "labels"} {
		if count[key] != count["alert"] || count["alert"] < 10 {
			t.Errorf("%d alerts and %d times %s", count["alert"], count[key], key)
		}
	}
}

func TestDashboardsAreWhole(t *testing.T) {
	for _, file := range []string{"monitoring/dashboard-edge.json", "monitoring/dashboard-cloud.json"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var d struct {
			UID, Title string
			Panels     []struct {
				ID      int
				Title   string
				GridPos struct{ X, Y, W, H int }
				Targets []struct{ Expr, RefID string }
			}
		}
		if err := json.Unmarshal(text, &d); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		seen := map[any]bool{}
		for _, p := range d.Panels {
			if seen[p.ID] || seen[[2]int{p.GridPos.X, p.GridPos.Y}] || p.Title == "" || len(p.Targets) == 0 || p.GridPos.X+p.GridPos.W > 24 {
				t.Errorf("%s: panel %+v", file, p)
			}
			seen[p.ID], seen[[2]int{p.GridPos.X, p.GridPos.Y}] = true, true
		}
		if d.UID == "" || d.Title == "" || len(d.Panels) < 6 {
			t.Errorf("%s: %+v", file, d)
		}
	}
}
