package kpi_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"eastgate/cloud/governance"
	"eastgate/cloud/kpi"
	"eastgate/cloud/store"
	"eastgate/cloud/store/storetest"
)

func TestMain(m *testing.M) {
	defer storetest.Stop()
	m.Run()
}

// TestClassesAreTheCatalogues: a class that the catalogue gains changes what the
// figures count, so it asks for a new version of their definition.
func TestClassesAreTheCatalogues(t *testing.T) {
	d, err := kpi.Default()
	if err != nil {
		t.Fatal(err)
	}
	catalogue := governance.Default()
	var observable, excluded []string
	for _, c := range catalogue.Classes() {
		switch {
		case c.Device || c.Profile == governance.Orders:
			excluded = append(excluded, c.Key)
		case c.CameraObservable:
			observable = append(observable, c.Key)
		}
	}
	same(t, "camera_observable", d.Classes["camera_observable"], observable)
	same(t, "excluded_classes", d.ExcludedClasses, excluded)
	for group, keys := range d.Classes {
		for _, k := range keys {
			if _, ok := catalogue.Class(k); !ok {
				t.Errorf("classes.%s: %s is not in the catalogue", group, k)
			}
		}
	}
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	slices.Sort(want)
	if got := slices.Sorted(slices.Values(got)); !slices.Equal(got, want) {
		t.Errorf("%s:\n     %v\nwant %v", what, got, want)
	}
}

// given are cases that are there already.
type given []kpi.Case

func (g given) Cases(_ context.Context, from, to time.Time) (out []kpi.Case, _ error) {
	for _, c := range g {
		if !c.FirstSeenAt.Before(from) && c.FirstSeenAt.Before(to) {
			out = append(out, c)
		}
	}
	return out, nil
}

func TestAMonthIsPublishedOnce(t *testing.T) { storetest.Each(t, publishedOnce) }

func publishedOnce(t *testing.T, s *store.Store) {
	d, err := kpi.Default()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2025, 7, 10, 0, 0, 0, 0, time.UTC)
	day := time.Date(2025, 6, 3, 1, 0, 0, 0, time.UTC)
	if err := s.AddEffort(t.Context(), "lead", now, kpi.Effort{Day: day, Role: "grid_worker", Worker: "wang", Task: "patrol", Method: "clock", Hours: 3}); err != nil {
		t.Fatal(err)
	}
	if err := s.AddEffort(t.Context(), "lead", now, kpi.Effort{Day: day, Role: "grid_worker", Worker: "wang", Method: "guess", Hours: 30}); err == nil {
		t.Error("an impossible entry was taken")
	}
	if err := s.AddAudit(t.Context(), "lead", now, kpi.Audit{At: day, Place: "dongguan/c1", Hours: 1, Found: 3, Known: 2}); err != nil {
		t.Fatal(err)
	}
	if err := s.SetOfficial(t.Context(), "lead", now, kpi.Official{Month: "2025-06"}); err != nil {
		t.Fatal(err)
	}
	if err := s.SetBaseline(t.Context(), "lead", now, kpi.Baseline{Of: "effort", Method: "measured", From: day.AddDate(0, -4, 0), To: day.AddDate(0, -1, 0)}); err != nil {
		t.Fatal(err)
	}
	confirmed := day.Add(time.Minute)
	cases := given{{ID: "a", Class: "parking.motor", FirstSource: "camera_auto", FirstSeenAt: day, ConfirmedAt: &confirmed}}
	o := kpi.Office{Definition: d, Cases: cases, Book: s, Published: s, Site: kpi.Site{Households: 4377, Cameras: 144}, Now: func() time.Time { return now }}
	share := func() (n float64) {
		t.Helper()
		figures, err := o.Month(t.Context(), "2025-06")
		if err != nil {
			t.Fatal(err)
		}
		if figures[0].ID != "camera_first_share" || figures[0].Companions["blind_audit"] == nil {
			t.Fatalf("%+v", figures[0])
		}
		return *figures[0].Denominator
	}
	if n := share(); n != 1 {
		t.Errorf("before it is settled: %v", n)
	}
	o.Cases = append(cases, cases[0])
	now = now.Add(2 * time.Minute)
	if n := share(); n != 2 {
		t.Errorf("a month that is not settled follows its cases: %v", n)
	}
	now = now.AddDate(0, 0, 10) // settled
	if n := share(); n != 2 {
		t.Errorf("settled: %v", n)
	}
	o.Cases = append(cases, cases[0], cases[0])
	if n := share(); n != 2 {
		t.Errorf("a settled month has changed: %v", n)
	}
}
