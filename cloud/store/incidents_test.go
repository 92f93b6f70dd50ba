package store_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"eastgate/cloud/governance"
	"eastgate/cloud/incident"
	"eastgate/cloud/store"
	"eastgate/cloud/store/storetest"
	"eastgate/shared/event"
)

var opened = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

var (
	classes = []string{"parking.motor", "security.intrusion", "env.waste_overflow", "street.vendor", "fire.visual", "report.dispute", "infra.flooding"}
	sources = []string{"camera_auto", "resident", "grid_worker", "sensor", "camera_auto+resident", "hotline_12345"}
)

// pick takes an early word often and a late one seldom.
func pick(r *rand.Rand, words []string) string {
	for _, w := range words[:len(words)-1] {
		if r.IntN(2) == 0 {
			return w
		}
	}
	return words[len(words)-1]
}

// generated is the nth incident of a made-up community, 30 s after the one before:
// all but the newest thousand or so are closed.
func generated(r *rand.Rand, n, of int) *incident.Write {
	at := opened.Add(time.Duration(n) * 30 * time.Second)
	class := pick(r, classes)
	domain, _, _ := strings.Cut(class, ".")
	i := incident.Incident{
		ID: incident.FirstID(at), Version: 1, Decided: 1, Class: class, Domain: domain, Level: event.Level(4 - min(r.IntN(8), r.IntN(8), 3)),
		State: incident.Closed, Verdict: incident.Genuine, Certainty: "Observed", FirstSource: pick(r, sources),
		Place: fmt.Sprintf("east/c%d/b%02d/u%d", r.IntN(7), r.IntN(82), r.IntN(3)), Unit: fmt.Sprintf("unit-%d", r.IntN(9)),
		HandlingUnit: fmt.Sprintf("unit-%d", r.IntN(9)), Handler: fmt.Sprintf("handler-%d", r.IntN(40)),
		Since: at, FirstAt: at, LastAt: at, HeardAt: at, FirstSeenAt: at, Events: 1, ConfirmedAt: &at, ClosedAt: &at, Head: strings.Repeat("0", 64),
		Discoveries: []incident.Discovery{{Source: incident.CameraAuto, At: at, Observed: at, By: "/garden/gate-1/yard", Record: incident.FirstID(at)}},
		Text:        fmt.Sprintf("what was seen at door %d", n%97), Test: r.IntN(50) == 0, Health: r.IntN(20) == 0, Signal: false,
	}
	if r.IntN(50) == 0 { // there is always one such house
		i.Place = "east/c3/b07/u2"
	}
	if r.IntN(10) == 0 {
		i.State, i.Verdict, i.ConfirmedAt = incident.False, incident.Mistaken, nil
	}
	if n > of-700 && r.IntN(3) > 0 {
		open := incident.OpenStates()
		i.State, i.ClosedAt, i.Verdict = open[r.IntN(len(open))], nil, ""
		i.Deadlines = map[governance.Step]time.Time{governance.Verify: at.Add(time.Hour), governance.Resolve: at.Add(4 * time.Hour), governance.Check: at.Add(24 * time.Hour)}
		if r.IntN(2) == 0 {
			i.TakenBy = "li"
		}
		i.Signal = i.State == incident.Signalled
	}
	step := incident.Step{Incident: i.ID, Seq: 1, Action: incident.Signal, To: incident.Signalled, Role: incident.System, At: at, ReceivedAt: at, Hash: i.Head}
	return &incident.Write{Incident: i, Steps: []incident.Step{step}, Episodes: []string{i.ID}, Key: class + "|" + i.Place}
}

// fill writes n incidents and returns them.
func fill(t testing.TB, s *store.Store, n int, keep bool) (all []incident.Incident) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	for at := 0; at < n; {
		var writes []*incident.Write
		for ; at < n && len(writes) < 2000; at++ {
			writes = append(writes, generated(r, at, n))
		}
		if err := s.Apply(context.Background(), writes, 0); err != nil {
			t.Fatal(err)
		}
		if keep {
			for _, w := range writes {
				all = append(all, w.Incident)
			}
		}
	}
	return all
}

// selects is what a filter means, said another way than in SQL.
func selects(f incident.Filter, i incident.Incident) bool {
	has := func(n int, is bool) bool { return n == 0 || is }
	flag := func(want *bool, is bool) bool { return want == nil || *want == is }
	_, due, isDue := i.Due()
	return has(len(f.States), slices.Contains(f.States, i.State)) && has(len(f.Classes), slices.Contains(f.Classes, i.Class)) &&
		has(len(f.Domains), slices.Contains(f.Domains, i.Domain)) && has(len(f.Levels), slices.Contains(f.Levels, i.Level)) &&
		has(len(f.Sources), slices.Contains(f.Sources, i.FirstSource)) && has(len(f.Verdicts), slices.Contains(f.Verdicts, i.Verdict)) &&
		has(len(f.PlacePrefix), beneath(i.Place, f.PlacePrefix)) && has(len(f.Unit), i.Unit == f.Unit || i.HandlingUnit == f.Unit) &&
		has(len(f.Handler), i.Handler == f.Handler) && (f.From.IsZero() || !i.FirstSeenAt.Before(f.From)) && (f.To.IsZero() || i.FirstSeenAt.Before(f.To)) &&
		has(len(f.Text), strings.Contains(i.Text, f.Text) || strings.HasPrefix(i.Number, f.Text)) &&
		flag(f.Test, i.Test) && flag(f.Signals, i.Signal) && flag(f.Health, i.Health) && flag(f.Taken, i.TakenBy != "") &&
		(f.Overdue.IsZero() || isDue && due.Before(f.Overdue)) && (f.Sort != incident.Soon || isDue) && sees(f.Scope, i)
}

func beneath(path, dir string) bool { return path == dir || strings.HasPrefix(path, dir+"/") }

func sees(s incident.Scope, i incident.Incident) bool {
	class := len(s.Classes) == 0 || slices.ContainsFunc(s.Classes, func(c string) bool {
		domain, all := strings.CutSuffix(c, "*")
		return c == i.Class || all && strings.HasPrefix(i.Class, domain)
	})
	where := s.All || slices.ContainsFunc(s.Paths, func(p string) bool { return beneath(i.Place, p) }) ||
		slices.Contains(s.Units, i.Unit) || slices.Contains(s.Units, i.HandlingUnit)
	return class && where || slices.ContainsFunc(s.Or, func(o incident.Scope) bool { return sees(o, i) })
}

func compare(s incident.Sort, a, b incident.Incident) int {
	_, dueA, _ := a.Due()
	_, dueB, _ := b.Due()
	switch s {
	case incident.Oldest:
		return cmp.Compare(a.ID, b.ID)
	case incident.Grave:
		return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(b.ID, a.ID))
	case incident.Soon:
		return cmp.Or(dueA.Compare(dueB), cmp.Compare(a.ID, b.ID))
	}
	return cmp.Compare(b.ID, a.ID)
}

// queries are the lists that people ask for, each by its name.
func queries(n int) map[string]incident.Filter {
	yes, no := true, false
	end := opened.Add(time.Duration(n) * 30 * time.Second)
	out := map[string]incident.Filter{
		"all":          {},
		"oldest":       {Sort: incident.Oldest},
		"level first":  {Sort: incident.Grave},
		"to verify":    {States: []incident.State{incident.Signalled, incident.Reported, incident.Verifying}},
		"desk":         {States: incident.OpenStates(), Sort: incident.Grave, Signals: &no},
		"closed":       {States: []incident.State{incident.Closed, incident.ForceClosed}},
		"false":        {Verdicts: []incident.Verdict{incident.Mistaken, incident.Rule}},
		"class":        {Classes: []string{"fire.visual"}},
		"classes":      {Classes: []string{"infra.flooding", "report.dispute", "none.such"}},
		"domain":       {Domains: []string{"infra"}},
		"level":        {Levels: []event.Level{1}},
		"levels":       {Levels: []event.Level{1, 2}},
		"source":       {Sources: []string{"sensor", "camera_auto+resident"}},
		"compound":     {PlacePrefix: "east/c3"},
		"building":     {PlacePrefix: "east/c3/b07"},
		"unit of it":   {PlacePrefix: "east/c3/b07/u2"},
		"community":    {PlacePrefix: "east"},
		"owner":        {Unit: "unit-3"},
		"handler":      {Handler: "handler-7"},
		"month":        {From: end.Add(-time.Hour * 24), To: end.Add(-time.Hour)},
		"overdue":      {Overdue: end},
		"due first":    {Sort: incident.Soon},
		"number":       {Text: "20250101-0042"},
		"day":          {Text: "20250101"},
		"words":        {Text: "door 42"},
		"exercises":    {Test: &yes},
		"taken":        {Taken: &yes, States: incident.OpenStates()},
		"own devices":  {Health: &yes},
		"scoped place": {Scope: incident.Scope{Paths: []string{"east/c1/b02", "east/c2"}}},
		"scoped unit":  {Scope: incident.Scope{Units: []string{"unit-1"}, Classes: []string{"fire.*", "parking.motor"}}},
		"scoped both": {Scope: incident.Scope{Paths: []string{"east/c1/b02"}, Classes: []string{"fire.*"}, Or: []incident.Scope{
			{Units: []string{"unit-4"}}, {All: true, Classes: []string{"report.dispute"}},
		}}},
		"nothing to see": {Scope: incident.Scope{}, Text: "nobody"},
		"mixed":          {Classes: []string{"parking.motor", "street.vendor"}, PlacePrefix: "east/c5", Levels: []event.Level{3, 4}, Test: &no},
	}
	for name, f := range out {
		if !strings.HasPrefix(name, "scoped") && name != "nothing to see" {
			f.Scope = incident.Everything
			out[name] = f
		}
	}
	return out
}

func TestListsAreWhatFiltersMean(t *testing.T) { storetest.Each(t, listsAreRight) }

func listsAreRight(t *testing.T, s *store.Store) {
	const n = 1200
	all := fill(t, s, n, true)
	for name, f := range queries(n) {
		want := slices.DeleteFunc(slices.Clone(all), func(i incident.Incident) bool { return !selects(f, i) })
		slices.SortFunc(want, func(a, b incident.Incident) int { return compare(f.Sort, a, b) })
		if count, err := s.Count(t.Context(), f); err != nil || count != min(len(want), incident.MaxCount) {
			t.Errorf("%s: counted %d (%v), want %d", name, count, err, len(want))
		}
		f.Limit = max(7, len(want)/5)
		var got []incident.Incident
		for {
			page, err := s.List(t.Context(), f)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			got = append(got, page...)
			if len(page) < f.Limit || len(got) > n {
				break
			}
			f.After = f.Cursor(page[len(page)-1])
		}
		if len(want) == 0 != (name == "nothing to see") {
			t.Errorf("%s selects %d: it tells nothing", name, len(want))
		}
		if !slices.EqualFunc(got, want, func(a, b incident.Incident) bool { return a.ID == b.ID && a.Number == b.Number && a.State == b.State }) {
			t.Errorf("%s: %d of %d came, or in another order", name, len(got), len(want))
		}
	}
	if _, err := s.List(t.Context(), incident.Filter{Scope: incident.Everything, Sort: incident.Grave, After: "x"}); err == nil {
		t.Error("a cursor of another order was taken")
	}
}

// TestEveryListGoesByAnIndex asks SQLite how it would go about each list: never
// through the table as it lies, and in the list's order, so that it stops at the
// page's end. What it sorts must be few: what is overdue or open, or the pages of
// leads side by side.
func TestEveryListGoesByAnIndex(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t))
	few := []string{"overdue", "desk"}
	for name, f := range queries(1000) {
		f.After = f.Cursor(incident.Incident{ID: incident.FirstID(opened), Level: 3})
		list, err := s.PlanOfList(t.Context(), f)
		if err != nil {
			t.Fatalf("list of %s: %v", name, err)
		}
		count, err := s.PlanOfCount(t.Context(), f)
		if err != nil {
			t.Fatalf("count of %s: %v", name, err)
		}
		pages := 0 // scans of what the leads have found
		if strings.Contains(strings.Join(list, "\n"), "UNION") {
			pages = 1
		} else if strings.Contains(strings.Join(list, "\n"), "TEMP B-TREE") && !slices.Contains(few, name) {
			t.Errorf("list of %s sorts:\n\t%s", name, strings.Join(list, "\n\t"))
		}
		if scans(list) > pages {
			t.Errorf("list of %s goes through the table:\n\t%s", name, strings.Join(list, "\n\t"))
		}
		if f.Sort == incident.Newest && len(f.States)+len(f.Classes) > 0 && scans(count) > 1 {
			t.Errorf("count of %s goes through the table:\n\t%s", name, strings.Join(count, "\n\t"))
		}
	}
}

// scans counts the tables that a plan goes through without an index.
func scans(plan []string) (n int) {
	for _, line := range plan {
		if strings.TrimSpace(line) == "SCAN i" {
			n++
		}
	}
	return n
}

// BenchmarkLists reads a page, and counts, of a few and of many incidents: their
// costs must be of one order. INCIDENTS=1000000 measures a million, which takes
// minutes to write.
func BenchmarkLists(b *testing.B) {
	many := 10_000
	if n, err := strconv.Atoi(os.Getenv("INCIDENTS")); err == nil {
		many = n
	}
	stores := map[int]*store.Store{}
	sizes := []int{1000, many}
	if many > 100_000 {
		sizes[0] = 10_000
	}
	for _, n := range sizes {
		stores[n] = storetest.Open(b, storetest.SQLite(b))
		fill(b, stores[n], n, false)
	}
	for _, name := range []string{
		"all", "desk", "to verify", "level first", "class", "classes", "closed", "false", "source", "building", "owner", "handler", "month", "overdue", "due first", "number", "scoped both", "mixed",
	} {
		for _, n := range sizes {
			f := queries(n)[name]
			f.Limit = 50
			b.Run(fmt.Sprintf("list/%s/%d", strings.ReplaceAll(name, " ", "-"), n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := stores[n].List(b.Context(), f); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run(fmt.Sprintf("count/%s/%d", strings.ReplaceAll(name, " ", "-"), n), func(b *testing.B) {
				for b.Loop() {
					if _, err := stores[n].Count(b.Context(), f); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
