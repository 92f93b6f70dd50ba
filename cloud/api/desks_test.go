package api_test

import (
	"strings"
	"testing"
)

// What one desk tells is seen by all, and whether an alarm reaches somebody.
func TestDesksTellHowTheyAre(t *testing.T) {
	w := open(t)
	type page struct {
		Armed int
		Desks []struct {
			Who, Sound, Looking string
			Armed               bool
		}
	}
	tell := func(who, id, sound string, looking string) (p page) {
		t.Helper()
		a := w.ask(t, who, "POST", "/api/v1/desks", map[string]any{
			"desk": strings.Repeat(id, 32), "sound": sound, "visible": true, "input_ago_s": 12.5, "self_test_ago_s": 60, "looking": looking,
		})
		if a.Status != 200 {
			t.Fatalf("%s: %d %s", who, a.Status, a.Body)
		}
		a.Into(t, &p)
		return p
	}
	if p := tell("duty", "a", "blocked", ""); p.Armed != 0 || len(p.Desks) != 1 {
		t.Errorf("one blocked desk: %+v", p)
	}
	if p := tell("watch", "b", "running", "01M885N46G188XQ6MNTF3YVRYW"); p.Armed != 1 || len(p.Desks) != 2 {
		t.Errorf("and a good one: %+v", p)
	}
	var p page
	w.ask(t, "lead", "GET", "/api/v1/desks", nil).Into(t, &p)
	if p.Armed != 1 || len(p.Desks) != 2 || p.Desks[0].Who != "watch" || p.Desks[0].Looking == "" || !p.Desks[0].Armed {
		t.Errorf("the lead sees %+v", p)
	}
	for _, who := range []string{"reporter", "sysadmin", "auditor"} {
		if a := w.ask(t, who, "GET", "/api/v1/desks", nil); a.Status != 403 {
			t.Errorf("%s: %d", who, a.Status)
		}
	}
	if a := w.ask(t, "duty", "POST", "/api/v1/desks", map[string]any{"desk": "x", "sound": "loud", "visible": true, "input_ago_s": -1}); a.Status != 422 {
		t.Errorf("nonsense: %d %s", a.Status, a.Body)
	}
}
