package strict

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

type limit struct {
	Every time.Duration `yaml:"every"`
	Share float64       `yaml:"share"`
	On    *bool         `yaml:"on"`
}

type file struct {
	Name    string           `yaml:"name"`
	Count   int              `yaml:"count"`
	Points  [][2]float64     `yaml:"points"`
	Limits  map[string]limit `yaml:"limits"`
	Default limit            `yaml:",inline"`
}

func TestDecode(t *testing.T) {
	f := file{Count: 7, Default: limit{Share: 0.5}}
	faults := Decode([]byte(`
x-slow: &slow {every: 10s, share: 0.25}
name: gate
points: [[0, 0.5], [1, 1]]
every: 3s
limits:
  a: {<<: *slow, share: 1}
  b: *slow
`), &f)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if f.Name != "gate" || f.Count != 7 || f.Default.Every != 3*time.Second || f.Default.Share != 0.5 {
		t.Errorf("got %+v", f)
	}
	if got := f.Limits["a"]; got.Every != 10*time.Second || got.Share != 1 {
		t.Errorf("merged template: got %+v", got)
	}
	if f.Points[1] != [2]float64{1, 1} {
		t.Errorf("points: got %v", f.Points)
	}
}

func TestDecodeReportsEveryFault(t *testing.T) {
	for _, c := range []struct{ doc, want string }{
		{"nam: x", "nam: line 1: unknown key; known are count, every, limits, name, on, points, share"},
		{"count: many", `count: line 1: want a whole number, not "many"`},
		{"limits: {a: {every: soon}}", `limits.a.every: line 1: want a duration such as 10s or 5m, not "soon"`},
		{"points: [[1, 2, 3]]", "points[0]: line 1: want a list of 2"},
		{"limits: 3", `limits: line 1: want keys and values, not "3"`},
		{"limits: {a: {on: perhaps}}", `limits.a.on: line 1: want true or false, not "perhaps"`},
		{"name: [a]", "name: line 1: want a word, not a list"},
		{"name: a\nname: b", "name: line 2: given twice"},
		{"name: [", "not YAML"},
		{"count: x\nshare: y", "count: line 1: want a whole number, not \"x\"\nshare: line 2: want a number, not \"y\""},
	} {
		var f file
		got := errors.Join(Decode([]byte(c.doc), &f)...)
		if got == nil || !strings.Contains(got.Error(), c.want) {
			t.Errorf("%q:\n got %v\nwant %s", c.doc, got, c.want)
		}
	}
}

func TestAnAliasInsideItselfEnds(*testing.T) {
	var v struct {
		Next *struct{ A any } `yaml:"a"`
	}
	Decode([]byte("a: &a {a: *a}"), &v)
	bomb := "x-a: &a {a: {every: 1s}}\n"
	var sb strings.Builder
	sb.WriteString(bomb)
	for i := range 2000 {
		fmt.Fprintf(&sb, "k%d: *a\n", i)
	}
	var f file
	Decode([]byte(sb.String()), &f)
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("limits: {a: {every: 3s}}"))
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("<<: {name: x}"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		var v file
		Decode(data, &v)
	})
}
