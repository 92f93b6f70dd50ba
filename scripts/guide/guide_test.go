package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	cloud "eastgate/cloud/app"
	edge "eastgate/edge/app"
)

const (
	root   = "../.."
	folder = root + "/shared/guide"
)

// pages are the guides in the order in which a reader meets them: that of the index, which
// is also the order in which scripts/package-test plays them.
func pages(t *testing.T) []string {
	t.Helper()
	index, err := os.ReadFile(filepath.Join(folder, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range regexp.MustCompile(`(?m)^\| \[[^]]+\]\(([a-z]+\.md)\)`).FindAllStringSubmatch(string(index), -1) {
		out = append(out, m[1])
	}
	if len(out) < 2 {
		t.Fatalf("the index names %q", out)
	}
	return out
}

func blocks(t *testing.T, page string) []Block {
	t.Helper()
	out, err := Read(filepath.Join(folder, page))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func chinese(page string) string { return strings.TrimSuffix(page, ".md") + ".zh-CN.md" }

// TestEveryPageIsInTheIndexInBothLanguages: what the index leaves out nothing would play.
func TestEveryPageIsInTheIndexInBothLanguages(t *testing.T) {
	listed := []string{"README.md", "README.zh-CN.md"}
	for _, p := range pages(t) {
		listed = append(listed, p, chinese(p))
	}
	there, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range there {
		there[i] = filepath.Base(p)
	}
	slices.Sort(listed)
	if !slices.Equal(there, listed) {
		t.Errorf("there are %q, and the index lists %q", there, listed)
	}
	index, err := os.ReadFile(filepath.Join(folder, "README.zh-CN.md"))
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	for _, p := range pages(t) {
		next := strings.Index(string(index), "]("+chinese(p)+")")
		if next < at {
			t.Errorf("README.zh-CN.md lists %s in another order", chinese(p))
		}
		at = next
	}
}

// TestBothLanguagesHaveTheSameCommands compares all blocks, comments left out.
func TestBothLanguagesHaveTheSameCommands(t *testing.T) {
	for _, page := range pages(t) {
		en, zh := blocks(t, page), blocks(t, chinese(page))
		if len(en) != len(zh) {
			t.Errorf("%s has %d blocks, its Chinese page %d", page, len(en), len(zh))
			continue
		}
		for i, b := range en {
			if b.Kind != zh[i].Kind || b.Machine != zh[i].Machine || b.Path != zh[i].Path {
				t.Errorf("%s:%d is another block than that at line %d of its Chinese page", page, b.Line, zh[i].Line)
			} else if b.Kind != "text" && bare(b.Body) != bare(zh[i].Body) {
				t.Errorf("%s:%d and line %d of its Chinese page differ:\n%s\n%s", page, b.Line, zh[i].Line, bare(b.Body), bare(zh[i].Body))
			}
		}
	}
}

func bare(body string) string {
	var out []string
	for line := range strings.Lines(body) {
		if line = withoutComment(line); line != "" {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}

// TestWhatIsNamedInTheTextIsInABlock: a command in the middle of a sentence is run by
// nothing, so that only commands may stand there that a block of some guide has too.
func TestWhatIsNamedInTheTextIsInABlock(t *testing.T) {
	var run string
	for _, page := range pages(t) {
		for _, b := range blocks(t, page) {
			run += strings.Join(b.Commands(), "\n") + "\n"
		}
	}
	inline := regexp.MustCompile("`((?:eastgate|eastgate-edge|eastgate-cloud|systemctl|nft|(?:bin/)?(?:edge|cloud)) [^`]+)`")
	for _, page := range pages(t) {
		for _, file := range []string{page, chinese(page)} {
			text, err := os.ReadFile(filepath.Join(folder, file))
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range inline.FindAllStringSubmatch(string(text), -1) {
				if !strings.Contains(run, m[1]) {
					t.Errorf("%s: no block of a guide runs `%s`", file, m[1])
				}
			}
		}
	}
}

// system are programs of a bare Debian machine, and of the packages that a guide installs.
var system = []string{"apt-get", "chmod", "chown", "cp", "curl", "ls", "mkdir", "mv", "nft", "printf", "rm", "runuser", "sha256sum", "systemctl", "cd", "install", "journalctl"}

// TestCommandsAreThoseOfTheProgram: each subcommand is there and knows the flags that it is
// given. What it then does, scripts/package-test shows.
func TestCommandsAreThoseOfTheProgram(t *testing.T) {
	seen := 0
	for _, page := range pages(t) {
		for _, b := range blocks(t, page) {
			if out, err := exec.Command("bash", "-n", "-c", b.Body).CombinedOutput(); b.Kind == "sh" && err != nil {
				t.Errorf("%s:%d: %s", page, b.Line, out)
			}
			for _, line := range b.Commands() {
				for _, part := range regexp.MustCompile(`&&|\|\|?|;`).Split(line, -1) {
					if fault := wrong(t, strings.Fields(strings.Trim(part, " ()"))); fault != "" {
						t.Errorf("%s:%d: %s: %s", page, b.Line, strings.TrimSpace(part), fault)
					}
					seen++
				}
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d commands were read", seen)
	}
}

// TestWrongCommandsAreFound shows that the test before can fail.
func TestWrongCommandsAreFound(t *testing.T) {
	for _, line := range []string{
		"eastgate-cloud edge enroll garden/gate", "eastgate-cloud edge revoke -why stolen garden/gate", "eastgate-edge enrol -clod x CODE",
		"eastgate dokter", "./scripts/packages", "./scripts/package-test -quick", "frobnicate", "runuser -u eastgate -- eastgate-edge join",
	} {
		if wrong(t, strings.Fields(line)) == "" {
			t.Errorf("%s was taken", line)
		}
	}
}

// wrong says what is wrong with a command; nothing if nothing is.
func wrong(t *testing.T, words []string) string {
	t.Helper()
	if i := slices.Index(words, "--"); words[0] == "runuser" && i > 0 {
		words = words[i+1:]
	}
	switch name := words[0]; {
	case name == "eastgate": // hands on to whichever is installed
		if fault := unknown(ask(t, "cloud", words[1:]), words[1:]); fault != "" {
			return fault
		}
		return unknown(ask(t, "edge", words[1:]), words[1:])
	case name == "eastgate-cloud", name == "eastgate-edge":
		return unknown(ask(t, strings.TrimPrefix(name, "eastgate-"), words[1:]), words[1:])
	case strings.HasPrefix(name, "./scripts/"):
		script, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return err.Error()
		}
		return unknown(string(script), words[1:])
	case slices.Contains(system, name):
		return ""
	}
	return "not a program that is there"
}

// ask has a program say which flags a subcommand knows; it does nothing else.
func ask(t *testing.T, program string, words []string) string {
	t.Helper()
	for n := min(2, len(words)); n > 0; n-- {
		var said bytes.Buffer
		name := strings.Join(words[:n], " ")
		args := append(slices.Clone(words[:n]), "-h")
		if program == "edge" {
			edge.Console{Out: &said, Err: &said}.Command(context.Background(), args) //nolint:errcheck // it says that it was asked wrongly
		} else {
			cloud.Console{Out: &said, Err: &said}.Command(context.Background(), args) //nolint:errcheck // as above
		}
		if strings.Contains(said.String(), "Usage of "+program+" "+name+":") || name == "version" {
			return said.String()
		}
	}
	return ""
}

// unknown names a flag that help does not; help is empty where there is no such command.
func unknown(help string, words []string) string {
	if help == "" {
		return "no such command"
	}
	for _, w := range words {
		if name, ok := strings.CutPrefix(w, "-"); ok && name != "" && !regexp.MustCompile(`(?m)(^|[\s\[|])-`+regexp.QuoteMeta(name)+`\b`).MatchString(help) {
			return "it knows no " + w
		}
	}
	return ""
}

// TestConfigurationsAreGood has `check` read every file of the guides, and every part of
// one put over the last whole file of its machine.
func TestConfigurationsAreGood(t *testing.T) {
	whole := map[string]string{}
	for _, page := range pages(t) {
		for _, b := range blocks(t, page) {
			if b.Kind != "yaml" {
				continue
			}
			body := b.Body
			if b.Path == "" {
				body = over(whole[b.Machine], b.Body)
			} else {
				whole[b.Machine] = b.Body
			}
			file := filepath.Join(t.TempDir(), "a.yml")
			if err := os.WriteFile(file, []byte(filledIn(body)), 0o600); err != nil {
				t.Fatal(err)
			}
			args := []string{"check", "-config", file}
			var said bytes.Buffer
			err := cloud.Console{Out: &said, Err: &said}.Command(t.Context(), args)
			if b.Machine == "box" {
				err = edge.Console{Out: &said, Err: &said}.Command(t.Context(), args)
			}
			if err != nil {
				t.Errorf("%s:%d: %v", page, b.Line, err)
			}
		}
	}
	if len(whole) != 2 {
		t.Errorf("guides have whole files for %d machines, want centre and box", len(whole))
	}
}

// over replaces the sections of a file that a part has.
func over(file, part string) string {
	section := regexp.MustCompile(`(?m)^[a-z_0-9]+:.*\n((?: .*)?\n)*?(?: .*\n)*`)
	for _, s := range regexp.MustCompile(`(?m)^([a-z_0-9]+):`).FindAllStringSubmatch(part, -1) {
		file = section.ReplaceAllStringFunc(file, func(old string) string {
			if strings.HasPrefix(old, s[1]+":") {
				return ""
			}
			return old
		})
	}
	return file + part
}

// TestVendorsAreAsTheirProfiles: nobody copies settings by hand, and each word of ours has
// its Chinese.
func TestVendorsAreAsTheirProfiles(t *testing.T) {
	missing := map[string]bool{}
	chinese := func(s string) string {
		if _, ok := words[s]; !ok {
			missing[s] = true
		}
		return inChinese(s)
	}
	for file, translate := range map[string]func(string) string{"cameras.md": same, "cameras.zh-CN.md": chinese} {
		page, err := os.ReadFile(filepath.Join(folder, file))
		if err != nil {
			t.Fatal(err)
		}
		want, err := withCameras(string(page), translate)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if string(page) != want {
			t.Errorf("%s is not as the profiles say: go run ./scripts/guide -cameras", file)
		}
	}
	for s := range missing {
		t.Errorf("scripts/guide/cameras.go has no Chinese for %q", s)
	}
}
