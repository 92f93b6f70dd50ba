package api_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestCamerasAreFiled by who manages places, with a row in the register for each change
// and for the export.
func TestCamerasAreFiled(t *testing.T) {
	w := open(t)
	w.Show(t, w.who(t, "sysadmin"), "sysadmin")
	w.Show(t, w.who(t, "auditor"), "auditor")
	const path = "/api/v1/cameras/garden/gate-1/courtyard/filing"
	body := map[string]string{"angle": "3.5 m, to the bins", "sign": "beside the bins", "basis": "art. 9", "filed": "2026-10-01", "number": "7"}
	for who, want := range map[string]int{"duty": http.StatusForbidden, "lead": http.StatusForbidden, "sysadmin": http.StatusNoContent} {
		if a := w.ask(t, who, "PUT", path, body); a.Status != want {
			t.Errorf("%s: %d %s, want %d", who, a.Status, a.Body, want)
		}
	}
	body["filed"] = "soon"
	if a := w.ask(t, "sysadmin", "PUT", path, body); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("no day: %d %s", a.Status, a.Body)
	}
	a := w.ask(t, "sysadmin", "GET", "/api/v1/export/filing?format=csv", nil)
	if text := string(a.Body); a.Status != http.StatusOK || !strings.Contains(text, `garden,gate-1,courtyard,`) || !strings.Contains(text, ",beside the bins,30,90,,") || !strings.Contains(text, ",2026-10-01,7,false,") {
		t.Errorf("%d %s", a.Status, text)
	}
	if a := w.ask(t, "lead", "GET", "/api/v1/export/filing?format=csv", nil); a.Status != http.StatusForbidden {
		t.Errorf("the lead takes it out: %d", a.Status)
	}
	if a := w.ask(t, "auditor", "GET", "/api/v1/register?purpose=audit&reason=look&object=filing", nil); !strings.Contains(string(a.Body), `"act":"export"`) {
		t.Errorf("the register: %s", a.Body)
	}
}
