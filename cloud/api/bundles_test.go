package api_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"image/jpeg"
	"net/http"
	"slices"
	"strings"
	"testing"

	"eastgate/cloud/deliver"
	"eastgate/shared/event"
)

// TestEvidenceLeavesByTwoPeople asks, is approved, fetched and verified, and everything
// that must be refused is.
func TestEvidenceLeavesByTwoPeople(t *testing.T) {
	w := open(t)
	i := w.Happen(t, event.FireVisual, "courtyard", event.Start)
	if a := w.ask(t, "lead", "POST", "/api/v1/bundles", map[string]string{"incident": i.ID, "for": "x", "purpose": "authority", "reason": "y"}, "Idempotency-Key", "bundle-0"); a.Status != 403 || !strings.Contains(string(a.Body), "second-needed") {
		t.Errorf("without a second factor: %d %s", a.Status, a.Body)
	}
	for _, name := range []string{"duty", "lead", "super"} {
		w.Show(t, w.who(t, name), name)
	}
	wish := map[string]string{"incident": i.ID, "for": "East police station, 2026-117", "purpose": "authority", "reason": "theft reported at the yard"}
	status := func(who, method, path string, body any) int {
		t.Helper()
		return w.ask(t, who, method, path, body, "Idempotency-Key", who+path).Status
	}
	if got := status("grid", "POST", "/api/v1/bundles", wish); got != http.StatusForbidden {
		t.Errorf("a grid worker asks: %d", got)
	}
	if got := status("duty", "POST", "/api/v1/bundles", map[string]string{"incident": i.ID, "for": "x", "purpose": "", "reason": "y"}); got != http.StatusUnprocessableEntity && got != http.StatusBadRequest {
		t.Errorf("without a purpose: %d", got)
	}
	var b deliver.Bundle
	asked := w.ask(t, "lead", "POST", "/api/v1/bundles", wish, "Idempotency-Key", "bundle-1")
	if asked.Status != http.StatusCreated {
		t.Fatalf("asked: %d %s", asked.Status, asked.Body)
	}
	asked.Into(t, &b)
	path := "/api/v1/bundles/" + b.ID
	yes := map[string]any{"approve": true, "words": "the letter is on file"}
	for _, c := range []struct {
		who, method, path string
		body              any
		want              int
	}{
		{"lead", "GET", path + "/file", nil, http.StatusConflict},       // not approved yet
		{"lead", "POST", path + "/decision", yes, http.StatusForbidden}, // the same person
		{"duty", "POST", path + "/decision", yes, http.StatusForbidden}, // no right to
		{"super", "POST", path + "/decision", yes, http.StatusOK},
		{"super", "POST", path + "/decision", yes, http.StatusConflict}, // decided already
		{"grid", "GET", path + "/file", nil, http.StatusForbidden},
		{"lead", "GET", "/api/v1/bundles/01M885N46G188XQ6MNTF3YVRYW/file", nil, http.StatusNotFound},
	} {
		if a := w.ask(t, c.who, c.method, c.path, c.body); a.Status != c.want && (c.want != http.StatusForbidden || a.Status != http.StatusConflict) {
			t.Errorf("%s %s %s: %d %s, want %d", c.who, c.method, c.path, a.Status, a.Body, c.want)
		}
	}
	a := w.ask(t, "lead", "GET", path+"/file", nil)
	if a.Status != http.StatusOK || a.Header.Get("Content-Type") != "application/zip" {
		t.Fatalf("fetched: %d %s", a.Status, a.Body)
	}
	m, err := deliver.Verify(bytes.NewReader([]byte(a.Body)), int64(len(a.Body)))
	if err != nil {
		t.Fatal(err)
	}
	if m.Number != i.Number || m.Taken.By != "lead" || m.Bundle.DecidedBy != "super" || m.Taken.Register == 0 || len(m.Cameras) != 1 {
		t.Errorf("manifest: %+v", m)
	}
	pictures(t, []byte(a.Body), m, i.Snapshot)
	var page struct {
		Rows []struct{ Object, Act, Result, Who string }
	}
	w.ask(t, "auditor", "GET", "/api/v1/register?purpose=audit&reason=look&object=bundle/"+b.ID, nil).Into(t, &page)
	var acts []string
	for _, e := range page.Rows {
		acts = append(acts, e.Who+" "+e.Result)
	}
	slices.Sort(acts)
	if text := strings.Join(acts, ", "); !strings.Contains(text, "lead denied") || !strings.Contains(text, "super done") || strings.Count(text, "lead done") < 2 {
		t.Errorf("the register says: %s", text)
	}
}

// pictures holds the original against its name, and the viewing copy against it.
func pictures(t *testing.T, body []byte, m deliver.Manifest, sum string) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	sizes := map[string][2]int{}
	for _, f := range m.Files {
		r, err := z.Open(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		c, err := jpeg.DecodeConfig(r)
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		sizes[f.Name] = [2]int{c.Width, c.Height}
	}
	original, viewing := "original/"+sum+".jpg", "viewing/"+sum+".jpg"
	if sizes[original] == [2]int{} || sizes[original] != sizes[viewing] {
		t.Errorf("original and viewing copy: %v", sizes)
	}
	text, err := json.Marshal(m.Files)
	if err != nil || !strings.Contains(string(text), `"of":"`+original) || strings.Count(string(text), `"masks":"v4/9f86d081884c7d65"`) != 2 {
		t.Errorf("%s, %v", text, err)
	}
}
