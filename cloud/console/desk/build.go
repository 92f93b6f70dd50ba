//go:build ignore

// The desk's bundler: go run -modfile=../../scripts/tools/go.mod desk/build.go FOLDER, from cloud/console. It writes
// one script for the first load, one for each view that is loaded when it is opened, what they share, and one
// style sheet. Names are those of the sources, or of the views that share a chunk, so that they do not change with
// the contents.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: go run desk/build.go FOLDER")
	}
	if err := build(os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func build(folder string) error {
	preact := func(file string) string { return "./desk/third_party/preact/" + file }
	made := api.Build(api.BuildOptions{
		EntryPointsAdvanced: []api.EntryPoint{{InputPath: "desk/main.tsx", OutputPath: "desk"}, {InputPath: "desk/css/desk.css", OutputPath: "desk"}},
		Bundle:              true, Splitting: true, Metafile: true, Outdir: "out", ChunkNames: "[name]-[hash]",
		Format: api.FormatESModule, Target: api.ES2022, Charset: api.CharsetUTF8,
		MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true,
		JSX: api.JSXAutomatic, JSXImportSource: "preact",
		Alias:    map[string]string{"preact": preact("preact.mjs"), "preact/hooks": preact("hooks.mjs"), "preact/jsx-runtime": preact("jsxRuntime.mjs")},
		LogLevel: api.LogLevelWarning,
	})
	if len(made.Errors) > 0 {
		return fmt.Errorf("%d faults", len(made.Errors))
	}
	names, err := stable(made.Metafile)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for _, f := range made.OutputFiles {
		text := string(f.Contents)
		for from, to := range names {
			text = strings.ReplaceAll(text, "./"+from, "./"+to)
		}
		name := filepath.Base(f.Path)
		if to, ok := names[name]; ok {
			name = to
		}
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// An output is what esbuild says of one file that it made.
type output struct {
	EntryPoint string
	Imports    []struct{ Path, Kind string }
}

// stable gives each chunk a name that does not change with its contents: its source's,
// or those of the entries that share it.
func stable(metafile string) (map[string]string, error) {
	var meta struct{ Outputs map[string]output }
	if err := json.Unmarshal([]byte(metafile), &meta); err != nil {
		return nil, err
	}
	sharers := map[string][]string{}
	for path, o := range meta.Outputs {
		if o.EntryPoint == "" {
			continue
		}
		short := strings.TrimSuffix(filepath.Base(o.EntryPoint), filepath.Ext(o.EntryPoint))
		seen := map[string]bool{path: true}
		for todo := []string{path}; len(todo) > 0; todo = todo[1:] {
			for _, i := range meta.Outputs[todo[0]].Imports {
				if i.Kind == "import-statement" && !seen[i.Path] {
					seen[i.Path] = true
					todo = append(todo, i.Path)
					sharers[i.Path] = append(sharers[i.Path], short)
				}
			}
		}
		if o.EntryPoint != "desk/main.tsx" && filepath.Ext(path) == ".js" {
			sharers[path] = []string{short}
		}
	}
	names, taken := map[string]string{}, map[string]string{}
	for path, by := range sharers {
		slices.Sort(by)
		name := strings.Join(by, "-") + ".js"
		if len(by) > 1 {
			name = "of-" + name
		}
		if other, ok := taken[name]; ok {
			return nil, fmt.Errorf("%s and %s would both be %s: give the sources different names", other, path, name)
		}
		taken[name] = path
		names[filepath.Base(path)] = name
	}
	return names, nil
}
