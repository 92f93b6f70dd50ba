package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"eastgate/cloud/incident"
)

// A lead is an index and the one condition that it answers. A list is made of one
// lead, or of several with one value each, every one of them in the list's order:
// so a page costs the same however many incidents there are.
type lead struct {
	index string // empty: the primary key
	cond  string
	args  []any
}

// leads chooses how to go through the incidents: by what leaves the fewest of
// them. Everything else of the filter is looked at row by row.
func leads(f incident.Filter) []lead {
	switch {
	case f.Sort == incident.Soon:
		return []lead{{index: "incidents_due", cond: "i.due IS NOT NULL"}}
	case !f.Overdue.IsZero():
		return []lead{{index: "incidents_due", cond: "i.due < ?", args: []any{ms(f.Overdue)}}}
	case f.Handler != "":
		return each("handler", []string{f.Handler})
	case len(f.States) > 0 && !slices.ContainsFunc(f.States, func(s incident.State) bool { return !s.Open() }):
		return []lead{{index: "incidents_unended", cond: "i.unended"}}
	case f.Sort == incident.Grave:
		return []lead{{index: "incidents_level"}}
	case f.Unit != "":
		return append(each("unit", []string{f.Unit}), each("handling_unit", []string{f.Unit})...)
	case strings.Contains(f.PlacePrefix, "/"):
		return []lead{placeLead(f.PlacePrefix)}
	}
	if out := scopeLeads(f.Scope); out != nil {
		return out
	}
	for _, c := range []struct {
		column string
		values []string
	}{
		{"class", f.Classes},
		{"source", f.Sources},
		{"verdict", words(f.Verdicts)},
		{"state", words(f.States)},
		{"domain", f.Domains},
	} {
		if n := len(c.values); n > 0 && n <= maxLeads {
			return each(c.column, c.values)
		}
	}
	if len(f.Levels) > 0 {
		var out []lead
		for _, l := range f.Levels {
			out = append(out, lead{"incidents_level", "i.level = ?", []any{int(l)}})
		}
		return out
	}
	return []lead{{}}
}

// maxList bounds one page of any list.
const maxList = incident.MaxPage

// maxLeads bounds how many go side by side.
const maxLeads = 24

func words[S ~string](list []S) []string {
	out := make([]string, len(list))
	for n, s := range list {
		out[n] = string(s)
	}
	return out
}

// each is a lead for every value of a column.
func each(column string, values []string) []lead {
	out := make([]lead, len(values))
	for n, v := range values {
		out[n] = lead{"incidents_" + column, "i." + column + " = ?", []any{v}}
	}
	return out
}

func placeLead(path string) lead {
	if strings.Count(path, "/") == 1 {
		return lead{"incidents_place2", "i.place2 = ?", []any{path}}
	}
	return lead{"incidents_place3", "i.place3 = ?", []any{prefix(path, 3)}}
}

// scopeLeads are for who may see only some places and units; nil when that leads
// nowhere, as with everything or a whole community.
func scopeLeads(s incident.Scope) []lead {
	var out []lead
	for _, part := range append([]incident.Scope{s}, s.Or...) {
		if part.All || slices.ContainsFunc(part.Paths, func(p string) bool { return !strings.Contains(p, "/") }) {
			return nil
		}
		for _, p := range part.Paths {
			out = append(out, placeLead(p))
		}
		out = append(append(out, each("unit", part.Units)...), each("handling_unit", part.Units)...)
		for _, u := range part.Units {
			out = append(out, lead{cond: whistledTo, args: []any{u}})
		}
	}
	if len(out) > maxLeads {
		return nil
	}
	return out
}

// whistledTo holds for what a unit was asked to come to.
const whistledTo = "i.id IN (SELECT w.incident FROM whistles w WHERE w.unit = ? AND w.sent IS NOT NULL AND w.state <> 'withdrawn')"

// numberDay is the day that a number, or its beginning, is of.
func numberDay(s string) (day time.Time, ok bool) {
	if len(s) < 8 || strings.Trim(s, "0123456789-") != "" {
		return time.Time{}, false
	}
	day, err := time.ParseInLocation("20060102", s[:8], shanghai)
	return day, err == nil
}

// A query is text with ? for values, which become $1, $2 …
type query struct {
	text strings.Builder
	args []any
}

func (q *query) add(text string, args ...any) {
	for _, a := range args {
		q.args = append(q.args, a)
		text = strings.Replace(text, "?", fmt.Sprintf("$%d", len(q.args)), 1)
	}
	q.text.WriteString(text)
}

// oneOf adds a condition that a column is one of some words.
func oneOf[S ~string](q *query, column string, list []S) {
	if len(list) == 0 {
		return
	}
	args := make([]any, len(list))
	for n, s := range list {
		args[n] = string(s)
	}
	q.add(" AND i."+column+" IN (?"+strings.Repeat(", ?", len(args)-1)+")", args...)
}

// orders are the orders of lists, and what comes after a cursor in them.
var orders = map[incident.Sort]string{
	incident.Newest: "i.id DESC", incident.Oldest: "i.id", incident.Grave: "i.level, i.id DESC", incident.Soon: "i.due, i.id",
}

// List implements incident.Reader.
func (s *Store) List(ctx context.Context, f incident.Filter) ([]incident.Incident, error) {
	q, err := s.list(f)
	if err != nil {
		return nil, err
	}
	return s.incidents(ctx, q.text.String(), q.args...)
}

func (s *Store) list(f incident.Filter) (*query, error) {
	order, ok := orders[f.Sort]
	if !ok {
		return nil, fmt.Errorf("sort %.20q: none of newest, oldest, level and due", f.Sort)
	}
	limit := f.Limit
	if limit <= 0 || limit > maxList {
		limit = maxList
	}
	q, ls := &query{}, leads(f)
	if len(ls) == 1 {
		q.add("SELECT " + incidentColumns)
		if err := s.from(q, f, ls[0]); err != nil {
			return nil, err
		}
		q.add(" ORDER BY "+order+" LIMIT ?", limit)
		return q, nil
	}
	q.add("SELECT " + incidentColumns + " FROM incidents i WHERE i.id IN (SELECT i.id FROM (")
	for n, l := range ls {
		if n > 0 {
			q.add(" UNION ")
		}
		q.add("SELECT id, level, due FROM (SELECT i.id, i.level, i.due")
		if err := s.from(q, f, l); err != nil {
			return nil, err
		}
		q.add(fmt.Sprintf(" ORDER BY "+order+" LIMIT ?) AS part%d", n), limit)
	}
	q.add(") AS i ORDER BY "+order+" LIMIT ?) ORDER BY "+order, limit)
	return q, nil
}

// Count implements incident.Reader.
func (s *Store) Count(ctx context.Context, f incident.Filter) (n int, err error) {
	q, err := s.count(f)
	if err != nil {
		return 0, err
	}
	err = s.read.QueryRowContext(ctx, q.text.String(), q.args...).Scan(&n)
	return min(n, incident.MaxCount), err
}

func (s *Store) count(f incident.Filter) (*query, error) {
	f.After = ""
	q := &query{}
	q.add("SELECT count(*) FROM (")
	for n, l := range leads(f) {
		if n > 0 {
			q.add(" UNION ")
		}
		q.add("SELECT id FROM (SELECT i.id")
		if err := s.from(q, f, l); err != nil {
			return nil, err
		}
		q.add(fmt.Sprintf(" LIMIT ?) AS part%d", n), incident.MaxCount)
	}
	q.add(") AS i")
	return q, nil
}

// from adds the table by a lead and all conditions.
func (s *Store) from(q *query, f incident.Filter, l lead) error {
	q.add(" FROM incidents i" + s.kind.by(l.index) + " WHERE 1 = 1")
	if l.cond != "" {
		q.add(" AND "+l.cond, l.args...)
	}
	filtered(q, f)
	scoped(q, f.Scope)
	if f.After == "" {
		return nil
	}
	return after(q, f)
}

func filtered(q *query, f incident.Filter) {
	oneOf(q, "state", f.States)
	oneOf(q, "class", f.Classes)
	oneOf(q, "domain", f.Domains)
	oneOf(q, "source", f.Sources)
	oneOf(q, "verdict", f.Verdicts)
	if len(f.Levels) > 0 {
		args := make([]any, len(f.Levels))
		for n, l := range f.Levels {
			args[n] = int(l)
		}
		q.add(" AND i.level IN (?"+strings.Repeat(", ?", len(args)-1)+")", args...)
	}
	if p := f.PlacePrefix; p != "" {
		q.add(" AND "+atOrBelow, p, len(p)+1, p+"/")
	}
	if f.Unit != "" {
		q.add(" AND (i.unit = ? OR i.handling_unit = ?)", f.Unit, f.Unit)
	}
	if f.Handler != "" {
		q.add(" AND i.handler = ?", f.Handler)
	}
	if !f.From.IsZero() {
		q.add(" AND i.id >= ?", incident.FirstID(f.From))
	}
	if !f.To.IsZero() {
		q.add(" AND i.id < ?", incident.FirstID(f.To))
	}
	if !f.Overdue.IsZero() {
		q.add(" AND i.due < ?", ms(f.Overdue))
	}
	for column, want := range map[string]*bool{"test": f.Test, "signal": f.Signals, "health": f.Health, "taken": f.Taken} {
		if want != nil {
			q.add(" AND i."+column+" = ?", *want)
		}
	}
	if day, ok := numberDay(f.Text); ok {
		q.add(" AND i.id >= ? AND i.id < ? AND substr(i.number, 1, ?) = ?", incident.FirstID(day), incident.FirstID(day.AddDate(0, 0, 1)), len(f.Text), f.Text)
	} else if f.Text != "" {
		q.add(` AND i.words LIKE ? ESCAPE '!'`, "%"+likeLiteral.Replace(strings.ToLower(f.Text))+"%")
	}
}

// atOrBelow is a path, and what begins with it and a slash, whatever the database's
// order of letters.
const atOrBelow = "(i.place = ? OR substr(i.place, 1, ?) = ?)"

var likeLiteral = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")

// scoped leaves only what somebody may see.
func scoped(q *query, s incident.Scope) {
	parts := append([]incident.Scope{s}, s.Or...)
	if slices.ContainsFunc(parts, func(p incident.Scope) bool { return p.All && len(p.Classes) == 0 }) {
		return
	}
	q.add(" AND (1 = 0")
	for _, p := range parts {
		q.add(" OR (")
		scopePlaces(q, p)
		scopeClasses(q, p.Classes)
		q.add(")")
	}
	q.add(")")
}

func scopePlaces(q *query, s incident.Scope) {
	if s.All {
		q.add("1 = 1")
		return
	}
	q.add("(1 = 0")
	for _, p := range s.Paths {
		q.add(" OR "+atOrBelow, p, len(p)+1, p+"/")
	}
	for _, u := range s.Units {
		q.add(" OR i.unit = ? OR i.handling_unit = ? OR "+whistledTo, u, u, u)
	}
	q.add(")")
}

func scopeClasses(q *query, classes []string) {
	if len(classes) == 0 {
		return
	}
	q.add(" AND (1 = 0")
	for _, c := range classes {
		if domain, all := strings.CutSuffix(c, ".*"); all {
			q.add(" OR substr(i.class, 1, ?) = ?", len(domain)+1, domain+".")
		} else {
			q.add(" OR i.class = ?", c)
		}
	}
	q.add(")")
}

// after adds what comes after a cursor.
func after(q *query, f incident.Filter) error {
	key, id, err := incident.ParseCursor(f.Sort, f.After)
	if err != nil {
		return err
	}
	switch f.Sort {
	case incident.Oldest:
		q.add(" AND i.id > ?", id)
	case incident.Grave:
		q.add(" AND i.level >= ? AND (i.level > ? OR i.id < ?)", key, key, id)
	case incident.Soon:
		q.add(" AND i.due >= ? AND (i.due > ? OR i.id > ?)", key, key, id)
	default:
		q.add(" AND i.id < ?", id)
	}
	return nil
}
