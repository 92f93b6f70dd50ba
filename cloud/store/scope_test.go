package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/incident"
	"eastgate/cloud/store"
	"eastgate/cloud/store/storetest"
	"eastgate/cloud/whistle"
	"eastgate/shared/event"
)

// owners says which unit looks after a place.
type owners map[string]string

func (o owners) At(s event.Source) incident.Place { return incident.Place{Path: string(s)} }

func (o owners) Known(path string) (incident.Place, bool) {
	return incident.Place{Path: path, Unit: o[path]}, true
}

// everybody may do everything with an incident.
var everybody = incident.Actor{Name: "zhao", Unit: "community", Roles: []incident.Role{
	incident.DutyOfficer, incident.Dispatcher, incident.CentreLead, incident.Handler, incident.GridWorker,
}}

// seen is an incident with the object that rights on it are asked for.
type seen struct {
	id string
	on access.Object
}

// neighbourhood fills a store with incidents at places, owned, handled and whistled
// to by units.
func neighbourhood(t *testing.T, s *store.Store, r *rand.Rand) []seen {
	t.Helper()
	places := []string{"d/c3", "d/c3/b07", "d/c3/b07/s1", "d/c31/b1", "d/c4/b1", "d/c4/b2", "e/c3"}
	e := incident.New(s, incident.Options{Places: owners{"d/c4/b1": "garden", "e/c3": "other"}})
	do := func(i incident.Incident, c incident.Command) incident.Incident {
		t.Helper()
		next, err := e.Do(t.Context(), everybody, i.ID, i.Version, c)
		if err != nil {
			t.Fatalf("%s: %v", c.Action, err)
		}
		return next
	}
	var out []seen
	for _, class := range []string{"fire.smoke", "street.vendor", "parking.motor", "report.dispute"} {
		for _, p := range places {
			i, err := e.Report(t.Context(), everybody, incident.Report{Class: class, Place: p, Source: incident.ByGridWorker, Text: "看见了"})
			if err != nil {
				t.Fatal(err)
			}
			if r.IntN(2) == 0 {
				i = do(i, incident.Command{Action: incident.Confirm})
				i = do(i, incident.Command{Action: incident.Classify, Class: class, Unit: []string{"garden", "chengguan"}[r.IntN(2)]})
				i = do(i, incident.Command{Action: incident.Assess, Level: 3, Reason: "一般"})
				i = do(i, incident.Command{Action: incident.Dispatch, HandlingUnit: []string{"garden", "market"}[r.IntN(2)]})
			}
			x := seen{i.ID, access.Object{Place: i.Place, Class: i.Class, Units: []string{i.Unit, i.HandlingUnit}}}
			if r.IntN(3) == 0 {
				x.on.Units = append(x.on.Units, blow(t, s, i, []string{"market", "station"}[r.IntN(2)], r.IntN(3) > 0)...)
			}
			out = append(out, x)
		}
	}
	return out
}

// blow whistles to a unit, and returns it when the whistle went out.
func blow(t *testing.T, s *store.Store, i incident.Incident, unit string, out bool) []string {
	t.Helper()
	w := whistle.New(s, whistle.Options{Parents: parent{i}, Respond: func(_ whistle.Kind, sent time.Time) time.Time { return sent.Add(time.Hour) }})
	lead := access.Actor{Name: "han", Unit: "community", Roles: []access.Role{access.CentreLead}}
	ask := whistle.Ask{Action: whistle.DraftIt, Unit: unit, Kind: whistle.Problem, Purpose: "x"}
	if out {
		ask.Action = whistle.SoundIt
	}
	if _, err := w.Begin(t.Context(), lead, i.ID, ask); err != nil {
		t.Fatal(err)
	}
	if !out {
		return nil
	}
	return []string{unit}
}

type parent struct{ i incident.Incident }

func (p parent) Parent(context.Context, string) (whistle.Parent, error) {
	return whistle.Parent{ID: p.i.ID, Number: p.i.Number, Place: p.i.Place, Class: p.i.Class, Open: true}, nil
}

// within returns a scope in the words of incidents.
func within(s access.Scope) incident.Scope {
	out := incident.Scope{All: s.All, Paths: s.Paths, Units: s.Units, Classes: s.Classes}
	for _, or := range s.Or {
		out.Or = append(out.Or, within(or))
	}
	return out
}

// TestNobodySeesBeyondHisGrants: for random people, every list in every order and
// through every filter has exactly the incidents that May allows one by one, and
// counts them.
func TestNobodySeesBeyondHisGrants(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := rand.New(rand.NewPCG(3, 5))
		all := neighbourhood(t, s, r)
		some := func(of ...string) string { return of[r.IntN(len(of))] }
		for range 60 {
			u := access.User{Name: "li", Party: access.Parties[r.IntN(len(access.Parties))]}
			for range 1 + r.IntN(3) {
				g := access.Grant{Role: access.Roles[r.IntN(len(access.Roles))], Scope: some("", "d", "d/c3", "d/c3/b07", "d/c4", "e", "unit:garden", "unit:market", "unit:station", "unit:chengguan")}
				for range r.IntN(3) {
					g.Classes = append(g.Classes, some("fire.*", "fire.smoke", "parking.motor", "report.*"))
				}
				if r.IntN(6) == 0 {
					over := time.Now().Add(-time.Hour)
					g.ValidTo = &over
				}
				u.Grants = append(u.Grants, g)
			}
			var want []string
			for _, x := range all {
				if access.May(u, access.SeePublic, x.on) {
					want = append(want, x.id)
				}
			}
			slices.Sort(want)
			for what, f := range map[string]incident.Filter{
				"all": {}, "oldest first": {Sort: incident.Oldest}, "by level": {Sort: incident.Grave}, "open ones": {States: incident.OpenStates()},
				"of all states": {States: incident.States}, "at d": {PlacePrefix: "d"}, "of garden": {Unit: "garden"},
			} {
				f.Scope = within(access.ScopeOf(u))
				got := pages(t, s, f)
				expect := want
				if f.PlacePrefix != "" || f.Unit != "" {
					expect = slices.DeleteFunc(slices.Clone(want), func(id string) bool { return !slices.Contains(got, id) }) // a part of it
				}
				if !slices.Equal(got, expect) {
					t.Fatalf("%s for %+v: %d shown, %d allowed", what, u, len(got), len(expect))
				}
				if n, err := s.Count(t.Context(), f); err != nil || n != len(got) {
					t.Fatalf("%s for %+v: counted %d, shown %d, %v", what, u, n, len(got), err)
				}
			}
		}
	})
}

// pages gathers a list in pages of five.
func pages(t *testing.T, s *store.Store, f incident.Filter) []string {
	t.Helper()
	var out []string
	f.Limit = 5
	for {
		list, err := s.List(t.Context(), f)
		if err != nil {
			t.Fatal(fmt.Errorf("%+v: %w", f, err))
		}
		for _, i := range list {
			out = append(out, i.ID)
		}
		if len(list) < f.Limit {
			slices.Sort(out)
			return out
		}
		f.After = f.Cursor(list[len(list)-1])
	}
}
