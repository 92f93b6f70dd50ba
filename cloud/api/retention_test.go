package api_test

import (
	"strings"
	"testing"

	"eastgate/cloud/retention"
	"eastgate/shared/event"
)

// TestEvidenceIsHeldAndReleased by those who may, with a reason; others are refused.
func TestEvidenceIsHeldAndReleased(t *testing.T) {
	w := open(t)
	i := w.Happen(t, event.FireVisual, "courtyard", event.Start)
	w.Show(t, w.who(t, "auditor"), "auditor")
	say := func(incident, reason string) map[string]string {
		return map[string]string{"incident": incident, "purpose": "authority", "reason": reason}
	}
	var h retention.Hold
	for n, c := range []struct {
		who, incident, reason string
		want                  int
	}{
		{"watch", i.ID, "x", 403}, {"duty", "01M885N46G188XQ6MNTF3YVRYW", "x", 404}, {"duty", i.ID, " ", 422}, {"duty", i.ID, "the police ask, 2026-117", 201},
	} {
		a := w.ask(t, c.who, "POST", "/api/v1/holds", say(c.incident, c.reason), "Idempotency-Key", "hold-key-"+string(rune('0'+n)))
		if a.Status != c.want {
			t.Errorf("%+v: %d %s", c, a.Status, a.Body)
		}
		if a.Status == 201 {
			a.Into(t, &h)
		}
	}
	var list struct{ Holds []retention.Hold }
	w.ask(t, "duty", "GET", "/api/v1/holds", nil).Into(t, &list)
	if len(list.Holds) != 1 || list.Holds[0].Incident != i.ID || list.Holds[0].By != "duty" {
		t.Errorf("%+v", list)
	}
	path := "/api/v1/holds/" + h.ID + "/release"
	body := map[string]string{"purpose": "authority", "reason": "they have it"}
	for _, c := range []struct {
		who  string
		want int
	}{{"duty", 403}, {"lead", 200}, {"super", 409}} {
		if a := w.ask(t, c.who, "POST", path, body); a.Status != c.want {
			t.Errorf("%s releases: %d %s", c.who, a.Status, a.Body)
		}
	}
	for who, want := range map[string]int{"duty": 200, "auditor": 200, "watch": 403} {
		a := w.ask(t, who, "GET", "/api/v1/retention", nil)
		if a.Status != want || want == 200 && !strings.Contains(string(a.Body), `"min_days":30,"max_days":90`) {
			t.Errorf("%s reads the rules: %d %s", who, a.Status, a.Body)
		}
	}
}
