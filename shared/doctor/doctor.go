// Package doctor looks at the machine a program is to run on and says what is wrong
// with it and how to mend it, in English or Chinese.
//
// It changes nothing. A check that cannot be made says so; it is never taken for good.
package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// A Level says how bad a finding is.
type Level string

// The levels. Unknown is for what could not be looked at.
const (
	Good    Level = "good"
	Warn    Level = "warning"
	Bad     Level = "bad"
	Unknown Level = "unknown"
)

// Words are the same sentence in both languages.
type Words struct {
	EN string `json:"en"`
	ZH string `json:"zh"`
}

// Both returns words in both languages.
func Both(en, zh string) Words { return Words{en, zh} }

// Same returns words that need no translation: a number, a path, an error.
func Same(format string, a ...any) Words {
	s := fmt.Sprintf(format, a...)
	return Words{s, s}
}

func (w Words) in(lang string) string {
	if lang == "zh" {
		return w.ZH
	}
	return w.EN
}

// A Finding is what one check came to.
type Finding struct {
	Level Level `json:"level"`
	// What was seen, and What to do about it where something is wrong.
	What Words `json:"what"`
	Mend Words `json:"mend"`
}

// Fine is a finding without fault.
func Fine(what Words) Finding { return Finding{Level: Good, What: what} }

// A Check looks at one thing. It ends soon after ctx does.
type Check struct {
	Name Words
	Look func(ctx context.Context) []Finding
}

// A Result is a check with what it found.
type Result struct {
	Check    Words     `json:"check"`
	Findings []Finding `json:"findings"`
}

// ErrUnwell says that something is wrong with the machine; what, has been told.
var ErrUnwell = errors.New("something is wrong on this machine: see the lines marked ✗")

// Tell makes the checks and writes what they find to w: for people in a language, or
// one JSON object for each check. It returns ErrUnwell when something is bad.
func Tell(ctx context.Context, w io.Writer, lang string, asJSON bool, checks []Check) error {
	tell := text(w, lang)
	if asJSON {
		enc := json.NewEncoder(w)
		tell = func(r Result) { enc.Encode(r) }
	}
	if examine(ctx, checks, tell) == Bad {
		return ErrUnwell
	}
	return nil
}

// Configuration tells every fault of a configuration, or what it holds.
func Configuration(fault error, holds Words) Check {
	return Check{Both("configuration", "配置"), func(context.Context) []Finding {
		if fault == nil {
			return []Finding{Fine(holds)}
		}
		var out []Finding
		for line := range strings.Lines(fault.Error()) {
			out = append(out, Finding{Bad, Same("%s", strings.TrimSpace(line)), Both("mend that line", "请修改该处配置")})
		}
		return out
	}}
}

// patience bounds one check.
const patience = 15 * time.Second

// examine makes the checks one after another and hands each result to tell at once.
// It returns the worst level.
func examine(ctx context.Context, checks []Check, tell func(Result)) Level {
	worst := Good
	for _, c := range checks {
		each, cancel := context.WithTimeout(ctx, patience)
		found := c.Look(each)
		cancel()
		for _, f := range found {
			worst = worse(worst, f.Level)
		}
		if len(found) > 0 {
			tell(Result{c.Name, found})
		}
	}
	return worst
}

func worse(a, b Level) Level {
	rank := map[Level]int{Good: 0, Unknown: 1, Warn: 2, Bad: 3}
	if rank[b] > rank[a] {
		return b
	}
	return a
}

// text returns a teller that writes for people.
func text(w io.Writer, lang string) func(Result) {
	marks := map[Level]string{Good: "✓", Warn: "!", Bad: "✗", Unknown: "?"}
	to := map[bool]string{true: "   怎么办：", false: "   to mend it: "}[lang == "zh"]
	return func(r Result) {
		for _, f := range r.Findings {
			fmt.Fprintf(w, "%s %s: %s\n", marks[f.Level], r.Check.in(lang), f.What.in(lang))
			if mend := f.Mend.in(lang); mend != "" {
				fmt.Fprintln(w, to+mend)
			}
		}
	}
}

// Language is "zh" or "en", as the environment's LC_ALL, LC_MESSAGES or LANG say
// (POSIX.1-2017, XBD 8.2).
func Language(getenv func(string) string) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := getenv(name); v != "" {
			if strings.HasPrefix(v, "zh") {
				return "zh"
			}
			return "en"
		}
	}
	return "en"
}
