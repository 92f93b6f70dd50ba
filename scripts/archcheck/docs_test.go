package archcheck

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	command = regexp.MustCompile("(?:^|[\\s`])\\.?/?(scripts/[a-z0-9-]+)")
)

// TestLinksLeadSomewhere checks links between files and to headings; the outside
// world may change without us.
func TestLinksLeadSomewhere(t *testing.T) {
	walk(t, ".md", func(file string) {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(b), -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			path, anchor, _ := strings.Cut(m[1], "#")
			target := file
			if path != "" {
				target = filepath.Join(filepath.Dir(file), path)
			}
			body, err := os.ReadFile(target)
			if err != nil {
				if info, err := os.Stat(target); err == nil && info.IsDir() {
					continue
				}
				t.Errorf("%s: link to %s leads nowhere", file, m[1])
				continue
			}
			if anchor != "" && !hasHeading(string(body), anchor) {
				t.Errorf("%s: %s has no heading #%s", file, target, anchor)
			}
		}
	})
}

func hasHeading(body, anchor string) bool {
	for _, m := range heading.FindAllStringSubmatch(body, -1) {
		slug := strings.ToLower(m[1])
		slug = regexp.MustCompile(`[^\p{L}\p{N} -]`).ReplaceAllString(slug, "")
		if strings.ReplaceAll(slug, " ", "-") == anchor {
			return true
		}
	}
	return false
}

// TestNamedCommandsExist checks that what the documents tell people to run is there.
func TestNamedCommandsExist(t *testing.T) {
	walk(t, ".md", func(file string) {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range command.FindAllStringSubmatch(string(b), -1) {
			if _, err := os.Stat(filepath.Join(root, m[1])); err != nil {
				t.Errorf("%s names %s, which is not there", file, m[1])
			}
		}
	})
}

// TestFlowIsToldTheSameEverywhere: the sentence that the folders make up stands
// in the README and at the top of both programs.
func TestFlowIsToldTheSameEverywhere(t *testing.T) {
	const (
		edge  = "camera → gate → decode → detect → confirm → outbox → uplink"
		cloud = "ingest → incident → console"
	)
	for file, flow := range map[string]string{"edge/main.go": edge, "cloud/main.go": cloud, "README.md": edge, "ARCHITECTURE.md": edge} {
		if !strings.Contains(read(t, file), flow) {
			t.Errorf("%s does not say %q", file, flow)
		}
	}
	for _, stage := range strings.Split(edge, " → ") {
		if _, err := os.Stat(filepath.Join(root, "edge", stage)); err != nil {
			t.Errorf("stage %s has no folder", stage)
		}
	}
	for _, part := range strings.Split(cloud, " → ") {
		if _, err := os.Stat(filepath.Join(root, "cloud", part)); err != nil {
			t.Errorf("part %s has no folder", part)
		}
	}
}
