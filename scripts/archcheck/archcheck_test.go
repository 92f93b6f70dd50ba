package archcheck

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// root is the project's top folder, seen from here.
const root = "../.."

// A pkg is what `go list` says of one package.
type pkg struct {
	ImportPath, Dir, Name, Doc string
	Imports                    []string
	GoFiles, CgoFiles          []string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Dir,Name,Doc,Imports,GoFiles,CgoFiles", "./...")
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.Bytes())
	}
	var pkgs []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return pkgs
		} else if err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
}

// row matches one line of the package table in ARCHITECTURE.md:
// | `edge/gate` | what | `ours` … | `others` … |
var (
	row   = regexp.MustCompile("(?m)^\\| `([a-z0-9/-]+)` \\|[^|]*\\|([^|]*)\\|([^|]*)\\|$")
	quote = regexp.MustCompile("`([^`]+)`")
)

func table(t *testing.T) map[string][2][]string {
	t.Helper()
	rows := map[string][2][]string{}
	for _, m := range row.FindAllStringSubmatch(read(t, "ARCHITECTURE.md"), -1) {
		rows[m[1]] = [2][]string{quoted(m[2]), quoted(m[3])}
	}
	if len(rows) < 10 {
		t.Fatalf("ARCHITECTURE.md: found %d rows in the package table", len(rows))
	}
	return rows
}

func quoted(cell string) []string {
	var out []string
	for _, m := range quote.FindAllStringSubmatch(cell, -1) {
		out = append(out, m[1])
	}
	slices.Sort(out)
	return out
}

// TestTableSaysWhatTheCodeImports compares the table with the imports of the
// code, tests left out: ours by folder, others by module, both exactly.
func TestTableSaysWhatTheCodeImports(t *testing.T) {
	rows := table(t)
	modules := requires(t)
	for _, p := range packages(t) {
		folder := strings.TrimPrefix(p.ImportPath, "eastgate/")
		want, ok := rows[folder]
		if !ok {
			t.Errorf("%s has no row in the package table of ARCHITECTURE.md", folder)
			continue
		}
		delete(rows, folder)
		ours, others := split(p.Imports, modules)
		if !slices.Equal(ours, want[0]) {
			t.Errorf("%s imports of ours %q, the table says %q", folder, ours, want[0])
		}
		if !slices.Equal(others, want[1]) {
			t.Errorf("%s imports of others %q, the table says %q", folder, others, want[1])
		}
	}
	for folder := range rows {
		t.Errorf("the table has a row for %s, which is no package", folder)
	}
}

func split(imports, modules []string) (ours, others []string) {
	for _, i := range imports {
		if o, ok := strings.CutPrefix(i, "eastgate/"); ok {
			ours = append(ours, o)
			continue
		}
		if i == "C" {
			others = append(others, "cgo")
			continue
		}
		for _, m := range modules {
			if i == m || strings.HasPrefix(i, m+"/") {
				others = append(others, short(m))
			}
		}
	}
	slices.Sort(ours)
	slices.Sort(others)
	return slices.Compact(ours), slices.Compact(others)
}

// short is a module's name as the table writes it: its last element that is no
// version.
func short(module string) string {
	parts := strings.Split(module, "/")
	last := parts[len(parts)-1]
	if len(parts) > 1 && regexp.MustCompile(`^v\d+$`).MatchString(last) {
		last = parts[len(parts)-2]
	}
	return last
}

func requires(t *testing.T) []string {
	t.Helper()
	var mods []string
	for _, m := range regexp.MustCompile(`(?m)^(?:require )?\s*([a-z0-9.]+\.[a-z]+\S*) v`).FindAllStringSubmatch(read(t, "go.mod"), -1) {
		mods = append(mods, m[1])
	}
	return mods
}

// TestStagesMeetOnlyInApp states the rule that the table's rows must keep too.
func TestStagesMeetOnlyInApp(t *testing.T) {
	for folder, cells := range table(t) {
		for _, imported := range cells[0] {
			switch {
			case strings.HasPrefix(folder, "shared/") && !strings.HasPrefix(imported, "shared/"),
				strings.HasPrefix(folder, "edge/") && strings.HasPrefix(imported, "cloud/"),
				strings.HasPrefix(folder, "cloud/") && strings.HasPrefix(imported, "edge/"):
				t.Errorf("%s must not import %s", folder, imported)
			}
		}
	}
}

// TestEveryPackageHasOneComment also catches a comment that begins wrongly.
func TestEveryPackageHasOneComment(t *testing.T) {
	for _, p := range packages(t) {
		comments := 0
		for _, name := range append(p.GoFiles, p.CgoFiles...) {
			f := parse(t, filepath.Join(p.Dir, name))
			if f.Doc == nil {
				continue
			}
			comments++
			want := "Package " + p.Name + " "
			if p.Name == "main" {
				want = "Command " + filepath.Base(p.Dir) + " "
			}
			if !strings.HasPrefix(f.Doc.Text(), want) {
				t.Errorf("%s/%s: the package comment must begin %q", p.ImportPath, name, want)
			}
		}
		if comments != 1 {
			t.Errorf("%s has %d package comments, want 1", p.ImportPath, comments)
		}
	}
}

func parse(t *testing.T, file string) *ast.File {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// The most a file and a function may grow to. The tail is where code goes wrong.
const (
	maxFile = 400
	maxFunc = 60
)

func TestNothingGrowsWithoutLimit(t *testing.T) {
	walk(t, ".go", func(file string) {
		if strings.HasSuffix(file, "_test.go") {
			return
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		if n := set.File(f.Pos()).LineCount(); n > maxFile {
			t.Errorf("%s has %d lines, at most %d are allowed", file, n, maxFile)
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if n := set.Position(fn.End()).Line - set.Position(fn.Pos()).Line + 1; n > maxFunc {
				t.Errorf("%s: %s has %d lines, at most %d are allowed", file, fn.Name.Name, n, maxFunc)
			}
		}
	})
}

// walk calls each for every file of the project with an ending, generated and
// vendored folders left out.
func walk(t *testing.T, ending string, each func(file string)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && slices.Contains([]string{".git", ".cache", "bin", "node_modules", "third_party", "testdata"}, d.Name()) {
			return filepath.SkipDir
		}
		if !d.IsDir() && strings.HasSuffix(path, ending) {
			each(path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
