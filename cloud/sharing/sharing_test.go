package sharing_test

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/cloud/access"
	"eastgate/cloud/incident"
	"eastgate/cloud/organisation"
	"eastgate/cloud/register"
	"eastgate/cloud/sharing"
	"eastgate/cloud/store"
	"eastgate/cloud/store/storetest"
)

func TestMain(m *testing.M) {
	defer storetest.Stop()
	m.Run()
}

func person(name string, roles ...access.Role) access.User {
	u := access.User{Name: name, Person: "Person " + name, Unit: "community", Party: access.Committee}
	for _, r := range roles {
		u.Grants = append(u.Grants, access.Grant{Role: r})
	}
	return u
}

var (
	han = person("han", access.CentreLead)
	sun = person("sun", access.Supervisor)
	bob = person("bridge", access.PoliceBridge)
)

// fire is a confirmed incident with every field that is in the table.
func fire() sharing.Matter {
	m := sharing.Matter{ID: "i1", Number: "20260601-0001", Class: "fire.smoke", Place: "dongguan/c3/b07", Confirmed: true, Fields: map[string]any{}}
	for _, f := range append(sharing.Shareable(), "handler", "discoveries", "reporter", "taken_by", "unheard_of") {
		m.Fields[f] = "value of " + f
	}
	return m
}

func terms() sharing.Agreement {
	return sharing.Agreement{
		Organisation: "station", Purpose: "火警联动", Basis: "协议 2026-01", Classes: []string{"fire.*", "security.panic"}, Places: []string{"dongguan/c3"},
		Fields: []string{"level", "place_name", "text", "confirmed_at"}, From: time.Now().Add(-time.Hour), To: time.Now().Add(24 * time.Hour),
	}
}

func signed(now time.Time) sharing.Agreement {
	a := terms()
	a.Signatures = []sharing.Mark{{By: "han", At: now}, {By: "sun", At: now}}
	return a
}

// TestExactlyWhatIsAgreed: for each change of the agreement or the matter, the very
// fields that go out.
func TestExactlyWhatIsAgreed(t *testing.T) {
	now := time.Now()
	agreed := []string{"class", "confirmed_at", "id", "level", "number", "place_name", "text"}
	for what, c := range map[string]struct {
		change func(m *sharing.Matter, a *sharing.Agreement)
		want   []string // none: refused
	}{
		"as it is":           {func(*sharing.Matter, *sharing.Agreement) {}, agreed},
		"without places":     {func(_ *sharing.Matter, a *sharing.Agreement) { a.Places = nil }, agreed},
		"the place itself":   {func(m *sharing.Matter, _ *sharing.Agreement) { m.Place = "dongguan/c3" }, agreed},
		"a class by its key": {func(m *sharing.Matter, _ *sharing.Agreement) { m.Class = "security.panic" }, agreed},
		"a restricted class": {func(m *sharing.Matter, _ *sharing.Agreement) { m.Restricted = true }, []string{"class", "confirmed_at", "id", "level", "number", "place_name"}},
		"an exercise":        {func(m *sharing.Matter, _ *sharing.Agreement) { m.Test = true }, []string{"class", "confirmed_at", "id", "level", "number", "place_name", "test", "text"}},
		"a crooked agreement": {func(_ *sharing.Matter, a *sharing.Agreement) {
			a.Fields = []string{"reporter", "handler", "discoveries", "unheard_of", "level"}
		}, []string{"class", "id", "level", "number"}},
		"not confirmed":        {func(m *sharing.Matter, _ *sharing.Agreement) { m.Confirmed = false }, nil},
		"another place":        {func(m *sharing.Matter, _ *sharing.Agreement) { m.Place = "dongguan/c31" }, nil},
		"another class":        {func(m *sharing.Matter, _ *sharing.Agreement) { m.Class = "report.dispute" }, nil},
		"like a class":         {func(m *sharing.Matter, _ *sharing.Agreement) { m.Class = "security.panic2" }, nil},
		"signed by one":        {func(_ *sharing.Matter, a *sharing.Agreement) { a.Signatures = a.Signatures[:1] }, nil},
		"suspended":            {func(_ *sharing.Matter, a *sharing.Agreement) { a.Suspension = &sharing.Mark{By: "han"} }, nil},
		"ended":                {func(_ *sharing.Matter, a *sharing.Agreement) { a.End = &sharing.Mark{By: "han"} }, nil},
		"yet to come":          {func(_ *sharing.Matter, a *sharing.Agreement) { a.From = now.Add(time.Second) }, nil},
		"over at this instant": {func(_ *sharing.Matter, a *sharing.Agreement) { a.To = now }, nil},
	} {
		m, a := fire(), signed(now)
		c.change(&m, &a)
		out, err := sharing.Filter(m, a, now)
		if got := slices.Sorted(maps.Keys(out)); !slices.Equal(got, c.want) || (err == nil) != (c.want != nil) || (err != nil && !errors.Is(err, sharing.ErrNotShared)) {
			t.Errorf("%s: %q, %v, want %q", what, got, err, c.want)
		}
	}
}

// TestEveryFieldOfAnIncidentIsThoughtAbout: none is added without saying whether it
// may go outside, and none is in the table that is not there.
func TestEveryFieldOfAnIncidentIsThoughtAbout(t *testing.T) {
	there := map[string]bool{}
	for f := range reflect.TypeFor[incident.Incident]().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		there[name] = true
		if sharing.OpennessOf(name) == sharing.Never {
			t.Errorf("%s is in no row of openness", name)
		}
	}
	for _, name := range sharing.Shareable() {
		if !there[name] {
			t.Errorf("%s is in the table and not in an incident", name)
		}
	}
}

func open(t *testing.T, s *store.Store) (*sharing.Book, *organisation.Book) {
	t.Helper()
	reg := register.New(s, register.NewMetrics(prometheus.NewRegistry()))
	orgs := organisation.New(s, nil, reg)
	if err := orgs.Put(t.Context(), han, organisation.Organisation{ID: "station", Party: access.Police, ZH: "派出所"}); err != nil {
		t.Fatal(err)
	}
	return sharing.New(s, reg), orgs
}

func TestTwoPeopleSign(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b, orgs := open(t, s)
		if _, err := b.Draft(t.Context(), person("li", access.DutyOfficer), terms()); !errors.Is(err, access.ErrForbidden) {
			t.Errorf("drafted by a duty officer: %v", err)
		}
		a, err := b.Draft(t.Context(), han, terms())
		if err != nil {
			t.Fatal(err)
		}
		do := func(who access.User, step sharing.Step, reason string, want error) {
			t.Helper()
			next, err := b.Do(t.Context(), who, a.ID, a.Version, step, reason)
			if !errors.Is(err, want) {
				t.Errorf("%s by %s: %v, want %v", step, who.Name, err, want)
			}
			if err == nil {
				a = next
			}
		}
		told := func(want bool) {
			t.Helper()
			if _, err := b.Share(t.Context(), bob, "station", fire(), register.Push); (err == nil) != want {
				t.Errorf("told %v (%v), the agreement is %s", err == nil, err, a.State(time.Now()))
			}
		}
		told(false)
		do(han, sharing.Sign, "", nil)
		do(han, sharing.Sign, "", access.ErrSelf)
		other := han
		other.Name = "han2" // the same person's other account
		do(other, sharing.Sign, "", access.ErrSelf)
		told(false)
		do(sun, sharing.Sign, "", nil)
		told(true)
		do(person("third", access.Supervisor), sharing.Sign, "", sharing.ErrState)
		do(han, sharing.Suspend, " ", sharing.ErrReason)
		do(han, sharing.Suspend, "投诉", nil)
		told(false)
		do(han, sharing.Resume, "查清", access.ErrSelf)
		do(sun, sharing.Resume, "查清", nil)
		told(true)
		if _, err := b.Do(t.Context(), sun, a.ID, 1, sharing.Finish, "x"); !errors.Is(err, sharing.ErrConflict) {
			t.Errorf("an old version: %v", err)
		}
		if err := orgs.End(t.Context(), han, "station"); err != nil {
			t.Fatal(err)
		}
		told(false)
		log, err := s.Register(t.Context(), register.Query{Shared: true, Limit: 10})
		if err != nil || len(log) != 2 || log[0].Agreement != a.ID || log[0].Basis != "协议 2026-01" || len(log[0].Fields) != 7 {
			t.Errorf("the sharing log: %+v, %v", log, err)
		}
		denied, err := s.Register(t.Context(), register.Query{Result: register.Denied, Limit: 10})
		if err != nil || len(denied) != 4 {
			t.Errorf("%d refusals, %v", len(denied), err)
		}
	})
}

func TestFaultyTermsAreRefused(t *testing.T) {
	b, _ := open(t, storetest.Open(t, storetest.SQLite(t)))
	for what, change := range map[string]func(a *sharing.Agreement){
		"no purpose":       func(a *sharing.Agreement) { a.Purpose = " " },
		"no basis":         func(a *sharing.Agreement) { a.Basis = "" },
		"no classes":       func(a *sharing.Agreement) { a.Classes = nil },
		"all classes":      func(a *sharing.Agreement) { a.Classes = []string{"*"} },
		"no fields":        func(a *sharing.Agreement) { a.Fields = nil },
		"the reporter":     func(a *sharing.Agreement) { a.Fields = []string{"reporter"} },
		"staff":            func(a *sharing.Agreement) { a.Fields = []string{"handler"} },
		"an unknown field": func(a *sharing.Agreement) { a.Fields = []string{"everything"} },
		"a crooked place":  func(a *sharing.Agreement) { a.Places = []string{"a//b"} },
		"a unit's matters": func(a *sharing.Agreement) { a.Places = []string{"unit:station"} },
		"no end":           func(a *sharing.Agreement) { a.To = a.From },
		"for ever":         func(a *sharing.Agreement) { a.To = a.From.AddDate(10, 0, 0) },
		"nobody":           func(a *sharing.Agreement) { a.Organisation = "nobody" },
	} {
		a := terms()
		change(&a)
		if _, err := b.Draft(t.Context(), han, a); err == nil {
			t.Errorf("%s was drafted", what)
		}
	}
}

// broken is a register that cannot be written.
type broken struct{}

func (broken) Write(context.Context, register.Entry) error { return errors.New("the disk is full") }

// TestNothingGoesOutUnwritten: when the log cannot be written, nothing is told.
func TestNothingGoesOutUnwritten(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t))
	b, _ := open(t, s)
	a, err := b.Draft(t.Context(), han, terms())
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []access.User{han, sun} {
		if a, err = b.Do(t.Context(), who, a.ID, a.Version, sharing.Sign, ""); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := sharing.New(s, broken{}).Share(t.Context(), bob, "station", fire(), register.Push); err == nil || out != nil {
		t.Errorf("told %v, %v", out, err)
	}
}
