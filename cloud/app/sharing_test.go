package app_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"eastgate/cloud/api"
	"eastgate/cloud/app/apptest"
	"eastgate/cloud/incident"
	"eastgate/cloud/register"
	"eastgate/shared/event"
)

// TestAPartnerIsToldWhatItsAgreementSays: two people sign an agreement with the
// owners' committee; its people are told the fields in it, of confirmed incidents
// only, and every telling and refusal stands in the register.
func TestAPartnerIsToldWhatItsAgreementSays(t *testing.T) {
	s := apptest.Start(t)
	owner, stranger := s.As(t, "reporter"), s.As(t, "handler")
	fire := s.Happen(t, event.FireVisual, "courtyard", event.Start)
	path := "/api/v1/organisations/owners/incidents/" + fire.ID
	told := func(v *apptest.Visitor, want int) map[string]any {
		t.Helper()
		var got map[string]any
		if status := v.Do(t, "GET", path, nil).Into(t, &got); status != want {
			t.Fatalf("told %d %v, want %d", status, got, want)
		}
		return got
	}
	told(owner, http.StatusForbidden) // no agreement yet

	terms := map[string]any{
		"organisation": "owners", "purpose": "消防共治", "basis": "业委会约定", "classes": []string{"fire.*"}, "fields": []string{"state", "place_name", "confirmed_at"},
		"from": time.Now().Add(-time.Hour), "to": time.Now().AddDate(0, 6, 0),
	}
	if a := owner.Do(t, "POST", "/api/v1/agreements", terms, "Idempotency-Key", "agreement-0"); a.Status != http.StatusForbidden {
		t.Fatalf("an owner drafts an agreement: %d", a.Status)
	}
	var drafted api.Agreement
	lead, super := s.As(t, "lead"), s.As(t, "super")
	if status := lead.Do(t, "POST", "/api/v1/agreements", terms, "Idempotency-Key", "agreement-1").Into(t, &drafted); status != http.StatusCreated {
		t.Fatal(status)
	}
	sign := func(v *apptest.Visitor, version, want int) {
		t.Helper()
		if a := v.Do(t, "POST", "/api/v1/agreements/"+drafted.ID+"/actions/sign", map[string]string{}, "If-Match", fmt.Sprintf("%q", fmt.Sprint(version))); a.Status != want {
			t.Fatalf("sign version %d: %d %s, want %d", version, a.Status, a.Body, want)
		}
	}
	sign(lead, 1, http.StatusOK)
	sign(lead, 2, http.StatusForbidden) // one person signs once
	sign(super, 2, http.StatusOK)

	told(owner, http.StatusForbidden) // nobody has confirmed it
	if _, err := s.Incidents().Do(t.Context(), incident.Actor{Name: "duty", Roles: []incident.Role{incident.DutyOfficer}}, fire.ID, fire.Version, incident.Command{Action: incident.Confirm}); err != nil {
		t.Fatal(err)
	}
	got := told(owner, http.StatusOK)
	var fields []string
	for f := range got {
		fields = append(fields, f)
	}
	slices.Sort(fields)
	if want := []string{"class", "confirmed_at", "id", "number", "place_name", "state"}; !slices.Equal(fields, want) {
		t.Errorf("told %v, want %v", fields, want)
	}
	told(stranger, http.StatusForbidden) // not of that organisation

	done, denied := 0, 0
	for _, e := range rows(t, s) {
		if e.Object == "incident/"+fire.ID && e.Act == register.View && e.Who == "reporter" {
			switch e.Result {
			case register.Done:
				done++
				if e.Agreement != drafted.ID {
					t.Errorf("a telling under %q", e.Agreement)
				}
			case register.Denied:
				denied++
			}
		}
	}
	if done != 1 || denied != 2 {
		t.Errorf("the register holds %d tellings and %d refusals, want 1 and 2", done, denied)
	}
}

func rows(t *testing.T, s *apptest.Site) []register.Entry {
	t.Helper()
	list, err := s.Store().Register(t.Context(), register.Query{Limit: 500})
	if err != nil {
		t.Fatal(err)
	}
	return list
}
