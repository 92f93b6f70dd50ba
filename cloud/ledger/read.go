package ledger

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"eastgate/cloud/kpi"
)

// Read reads an export of incidents in CSV back as cases: the figures can be
// computed from the file alone. Columns are found by their names; those that are
// missing are empty.
func Read(r io.Reader) ([]kpi.Case, error) {
	lines := csv.NewReader(r)
	names, err := lines.Read()
	if err != nil {
		return nil, fmt.Errorf("read export: %w", err)
	}
	at := map[string]int{}
	for n, name := range names {
		at[name] = n
	}
	for _, must := range []string{"id", "class", "first_seen_at", "confirmed_at", "first_source"} {
		if _, ok := at[must]; !ok {
			return nil, fmt.Errorf("read export: there is no column %s: is it an export of incidents in CSV?", must)
		}
	}
	var out []kpi.Case
	for {
		fields, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read export: %w", err)
		}
		l := line{at: at, fields: fields}
		c := l.read()
		if l.err != nil {
			n, _ := lines.FieldPos(0)
			return nil, fmt.Errorf("read export, line %d: %w", n, l.err)
		}
		out = append(out, c)
	}
}

// A line is one row under its names.
type line struct {
	at     map[string]int
	fields []string
	err    error
}

func (l *line) word(name string) string {
	if n, ok := l.at[name]; ok {
		return l.fields[n]
	}
	return ""
}

func (l *line) read() kpi.Case {
	c := kpi.Case{
		ID: l.word("id"), Class: l.word("class"), Domain: l.word("domain"), Level: l.number("level"), Place: l.word("place"), Status: l.word("status"),
		Verdict: l.word("verdict"), FirstSource: l.word("first_source"), ConfirmedAt: l.time("confirmed_at"), DispatchedAt: l.time("dispatched_at"),
		AcceptedAt: l.time("accepted_at"), ArrivedAt: l.time("arrived_at"), ResolvedAt: l.time("resolved_at"), CheckedAt: l.time("checked_at"),
		ClosedAt: l.time("closed_at"), WhistledAt: l.time("whistled_at"), EnforcedAt: l.time("enforcement_outcome_at"),
		ReopenCount: l.number("reopen_count"), ReworkCount: l.number("rework_count"), HumanReports: l.number("reports"),
		Forced: l.word("forced") == "true", Test: l.word("test") == "true", Retrospective: l.word("retrospective") == "true",
	}
	if t := l.time("first_seen_at"); t != nil {
		c.FirstSeenAt = *t
	}
	return c
}

func (l *line) number(name string) int {
	w := l.word(name)
	if w == "" {
		return 0
	}
	n, err := strconv.Atoi(w)
	if err != nil {
		l.err = errors.Join(l.err, fmt.Errorf("%s: %q is no number", name, w))
	}
	return n
}

func (l *line) time(name string) *time.Time {
	w := l.word(name)
	if w == "" {
		return nil
	}
	t, err := time.Parse(time.RFC3339, w)
	if err != nil {
		l.err = errors.Join(l.err, fmt.Errorf("%s: %q is no time", name, w))
		return nil
	}
	return &t
}
