package app_test

import (
	"net/http"
	"testing"
	"time"

	"eastgate/cloud/app/apptest"
	"eastgate/cloud/kpi"
)

// TestWhatNoMachineCounts: the supervisor enters hours and the fire authority's
// count, which the figures then hold; the centre lead, whom they score, may not.
func TestWhatNoMachineCounts(t *testing.T) {
	s := apptest.Start(t)
	now := time.Now()
	month := now.In(time.FixedZone("", 8*3600)).Format("2006-01")
	entry := map[string]any{
		"efforts": []any{map[string]any{"day": now, "role": "grid_worker", "worker": "grid", "task": "patrol", "method": "diary", "hours": 3.5}},
		"fires":   []any{map[string]any{"month": month, "fires": 1}},
	}
	enter := func(name string, body map[string]any, want int) {
		t.Helper()
		if a := s.As(t, name).Do(t, "POST", "/api/v1/figures/entries", body, "Idempotency-Key", "entry-by-"+name); a.Status != want {
			t.Fatalf("%s enters: %d %s, want %d", name, a.Status, a.Body, want)
		}
	}
	enter("lead", entry, http.StatusForbidden)
	enter("super", map[string]any{"audits": []any{map[string]any{"at": now, "place": "dongguan/c3", "hours": 1, "found": 1, "known": 2}}}, http.StatusUnprocessableEntity)
	if a := s.As(t, "super").Do(t, "POST", "/api/v1/figures/entries", entry, "Idempotency-Key", "the-entry"); a.Status != http.StatusNoContent {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	var figures []kpi.Figure
	if status := s.As(t, "lead").Do(t, "GET", "/api/v1/figures?month="+month, nil).Into(t, &figures); status != http.StatusOK {
		t.Fatal(status)
	}
	got := map[string]kpi.Figure{}
	for _, f := range figures {
		got[f.ID] = f
	}
	if f := got["effort_per_1000_households"]; f.Numerator == nil || *f.Numerator != 3.5 || f.Verdict != kpi.NoBaseline {
		t.Errorf("effort: %+v", f)
	}
	if f := got["fires_official"]; f.Value == nil || *f.Value != 1 || f.Verdict != kpi.NotMet {
		t.Errorf("fires: %+v", f)
	}
}
