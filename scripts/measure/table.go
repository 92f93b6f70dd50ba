package main

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A report is what was measured of one kind, by finder and damage.
type report struct {
	kind   string
	groups []*group
}

// A group is one row of a table.
type group struct {
	finder, damage string
	clips          map[string]verdict
	names          []string // of clips, in order
}

func (r *report) add(finder, damage string, c clip, v verdict) {
	i := slices.IndexFunc(r.groups, func(g *group) bool { return g.finder == finder && g.damage == damage })
	if i < 0 {
		i = len(r.groups)
		r.groups = append(r.groups, &group{finder: finder, damage: damage, clips: map[string]verdict{}})
	}
	r.groups[i].clips[c.File] = v
	r.groups[i].names = append(r.groups[i].names, c.File)
}

// total adds up the clips of a group.
func (g *group) total() (sum verdict) {
	for _, name := range g.names {
		v := g.clips[name]
		sum.found, sum.wanted, sum.right, sum.wrong = sum.found+v.found, sum.wanted+v.wanted, sum.right+v.right, sum.wrong+v.wrong
		sum.negative += v.negative
		sum.delays = append(sum.delays, v.delays...)
	}
	slices.Sort(sum.delays)
	return sum
}

func median(sorted []float64) string {
	if len(sorted) == 0 {
		return "–"
	}
	n := len(sorted)
	return fmt.Sprintf("%.1f s", (sorted[n/2]+sorted[(n-1)/2])/2)
}

// markdown is all that was measured, as tables.
func (r *report) markdown() string {
	var b strings.Builder
	var clean, damaged, others []*group
	for _, g := range r.groups {
		switch {
		case g.finder != (ours{}).name():
			others = append(others, g)
		case g.damage != "":
			damaged = append(damaged, g)
		default:
			clean = append(clean, g)
		}
	}
	if len(clean) == 0 {
		return ""
	}
	own := clean[0]
	b.WriteString("| finder | found | recall (95 %) | median delay | false | of | false an hour (95 %) | precision (95 %) |\n|---|---|---|---|---|---|---|---|\n")
	for _, g := range append(clean, others...) {
		b.WriteString(g.row())
	}
	b.WriteString(own.words())
	if len(damaged) > 0 {
		stress(&b, damaged)
	}
	return b.String()
}

func (g *group) row() string {
	v := g.total()
	hours := v.negative / 3600
	rl, rh := share(v.found, v.wanted)
	fl, fh := rate(v.wrong, hours)
	precision := "–"
	if n := v.right + v.wrong; n > 0 {
		pl, ph := share(v.right, n)
		precision = fmt.Sprintf("%.2f (%.2f–%.2f)", float64(v.right)/float64(n), pl, ph)
	}
	perHour := "–"
	if hours > 0 {
		perHour = fmt.Sprintf("%.1f (%.1f–%.1f)", float64(v.wrong)/hours, fl, fh)
	}
	return fmt.Sprintf("| %s | %d of %d | %.2f (%.2f–%.2f) | %s | %d | %.1f min | %s | %s |\n", g.finder, v.found, v.wanted,
		float64(v.found)/float64(max(v.wanted, 1)), rl, rh, median(v.delays), v.wrong, v.negative/60, perHour, precision)
}

// words names what was missed and what was false, one by one.
func (g *group) words() string {
	var missed, wrong []string
	for _, name := range g.names {
		v := g.clips[name]
		short := strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))
		for _, m := range v.missed {
			missed = append(missed, fmt.Sprintf("%s %.1f–%.1f s", short, m.from, m.to))
		}
		for _, at := range v.falseAt {
			wrong = append(wrong, fmt.Sprintf("%s at %.1f s", short, at))
		}
	}
	none := func(list []string) string { return cmp.Or(strings.Join(list, ", "), "nothing") }
	return fmt.Sprintf("\n%s missed: %s. False: %s.\n", g.finder, none(missed), none(wrong))
}

// stress is the table of damages; the first is none.
func stress(b *strings.Builder, damaged []*group) {
	b.WriteString("\n| clips up to " + fmt.Sprintf("%.0f s", longestDamaged) + " | found | lost | median delay | later | false | more |\n|---|---|---|---|---|---|---|\n")
	as := damaged[0].total()
	for _, g := range damaged {
		v := g.total()
		says := g.damage
		for _, d := range damages {
			if d.name == g.damage {
				says += ": " + d.says
			}
		}
		fmt.Fprintf(b, "| %s | %d of %d | %d | %s | %s | %d | %+d |\n", says, v.found, v.wanted, as.found-v.found, median(v.delays), later(v.delays, as.delays), v.wrong, v.wrong-as.wrong)
	}
}

func later(now, before []float64) string {
	if len(now) == 0 || len(before) == 0 {
		return "–"
	}
	mid := func(s []float64) float64 { return (s[len(s)/2] + s[(len(s)-1)/2]) / 2 }
	return fmt.Sprintf("%+.1f s", mid(now)-mid(before))
}

const begin, end = "<!-- accuracy: written by scripts/accuracy -->\n", "<!-- accuracy: end -->\n"

// insert puts a text between the marks of a file, which must have them.
func insert(file, text string) error {
	old, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, ok := bytes.Cut(old, []byte(begin))
	_, after, also := bytes.Cut(rest, []byte(end))
	if !ok || !also {
		return fmt.Errorf("%s has no place for the tables: it lacks %q … %q", file, strings.TrimSpace(begin), strings.TrimSpace(end))
	}
	return os.WriteFile(file, slices.Concat(before, []byte(begin), []byte(text), []byte(end), after), 0o644)
}
