package console_test

import (
	"bytes"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"eastgate/cloud/app/apptest"
	"eastgate/cloud/console/consoletest"
	"eastgate/cloud/deliver"
	"eastgate/shared/event"
)

// TestEvidenceLeavesByFormsAlone: asked on the incident's page, approved by another,
// downloaded by who asked; nobody is offered what he may not do.
func TestEvidenceLeavesByFormsAlone(t *testing.T) {
	s := apptest.Start(t)
	i := s.Happen(t, event.FireVisual, "courtyard", event.Start)
	at := "/incidents/" + i.ID
	duty, lead := s.As(t, "duty"), s.As(t, "lead")
	page := string(duty.Do(t, "GET", at+"?lang=en", nil).Body)
	if strings.Contains(page, at+"/bundle") || !strings.Contains(page, "show your second factor first") {
		t.Fatal("without a second factor the form is offered, or nobody says what lacks")
	}
	s.Show(t, duty, "duty")
	if a := fill(t, duty, at, at+"/bundle", url.Values{"bundle_for": {"typed already"}}); a.Status != 422 || !strings.Contains(string(a.Body), `value="typed already"`) {
		t.Errorf("half a form: %d %.3000s", a.Status, a.Body)
	}
	wanted := url.Values{"bundle_for": {"East station, letter 117"}, "bundle_purpose": {"authority"}, "bundle_reason": {"theft in the yard"}, "files_of": {i.Snapshot}}
	if a := fill(t, duty, at, at+"/bundle", wanted); a.Status != 303 {
		t.Fatalf("asked: %d %.3000s", a.Status, a.Body)
	}
	page = string(duty.Do(t, "GET", "/bundles?lang=en", nil).Body)
	if strings.Contains(page, "/approve") || strings.Contains(page, "/file") || !strings.Contains(page, "waiting for approval") || !strings.Contains(page, "files: 1") {
		t.Errorf("who asked is shown: %.6000s", page)
	}
	page = string(lead.Do(t, "GET", "/bundles?lang=en", nil).Body)
	if strings.Contains(page, "/approve") || !strings.Contains(page, "Show it") {
		t.Errorf("without a second factor it can be approved: %.6000s", page)
	}
	s.Show(t, lead, "lead")
	approve := regexp.MustCompile(`/bundles/[0-9A-Z]{26}/approve`).FindString(string(lead.Do(t, "GET", "/bundles", nil).Body))
	file := strings.TrimSuffix(approve, "approve") + "file"
	if a := duty.Do(t, "GET", file, nil); a.Status != 409 || !strings.Contains(string(a.Body), "<main") {
		t.Errorf("before it is approved: %d %.900s", a.Status, a.Body)
	}
	if a := fill(t, lead, "/bundles", approve, nil); a.Status != 422 {
		t.Errorf("without words: %d", a.Status)
	}
	if a := fill(t, lead, "/bundles", approve, url.Values{"words": {"the letter is on file"}}); a.Status != 303 {
		t.Fatalf("approved: %d %.3000s", a.Status, a.Body)
	}
	if page = string(lead.Do(t, "GET", "/bundles", nil).Body); strings.Contains(page, file) {
		t.Error("who approved is offered the file")
	}
	a := duty.Do(t, "GET", file, nil)
	if m, err := deliver.Verify(bytes.NewReader(a.Body), int64(len(a.Body))); err != nil || len(m.Files) != 2 || a.Header.Get("Content-Type") != "application/zip" {
		t.Errorf("the file: %d %v %+v", a.Status, err, m.Files)
	}
	if page = string(duty.Do(t, "GET", "/bundles?state=fetched&lang=en", nil).Body); !strings.Contains(page, "East station, letter 117") || !strings.Contains(page, "downloaded 20") {
		t.Errorf("afterwards: %.6000s", page)
	}
}

// In a real browser: the second factor is shown on the way, and who asked and who
// refuses press buttons.
func TestEvidenceInABrowser(t *testing.T) {
	s := apptest.Start(t)
	i := s.Happen(t, event.FireVisual, "courtyard", event.Start)
	duty, lead := consoletest.Browser(t), consoletest.Browser(t)
	do(t, duty, "log in", second(t, s, "duty"))
	form := `form[action="/incidents/` + i.ID + `/bundle"]`
	do(t, duty, "ask", chromedp.Navigate(s.URL+"/incidents/"+i.ID+"?lang=en"),
		chromedp.Evaluate(`document.querySelector('`+form+`').closest("details").open = true`, nil),
		chromedp.SendKeys(form+` [name="bundle_for"]`, "East station, letter 117", chromedp.ByQuery),
		chromedp.SetValue(form+` [name="bundle_purpose"]`, "authority", chromedp.ByQuery),
		chromedp.SendKeys(form+` textarea`, "theft in the yard", chromedp.ByQuery))
	shot(t, duty, "bundle-ask")
	do(t, duty, "send", chromedp.Click(form+` button`, chromedp.ByQuery), chromedp.WaitVisible("main .said", chromedp.ByQuery), shows(text("waiting for approval", "theft in the yard")))
	do(t, lead, "log in", second(t, s, "lead"))
	do(t, lead, "refuse", chromedp.Navigate(s.URL+"/bundles?lang=en"),
		chromedp.Evaluate(`document.querySelectorAll("tr.forms details").forEach(d => d.open = true)`, nil),
		chromedp.SendKeys(`form[action$="/refuse"] textarea`, "no letter came", chromedp.ByQuery))
	shot(t, lead, "bundle-decide")
	do(t, lead, "send it", chromedp.Click(`form[action$="/refuse"] button`, chromedp.ByQuery), chromedp.WaitVisible("main .said", chromedp.ByQuery), shows(text("Done: Refuse", "no letter came", "refused")))
	shot(t, lead, "bundle-refused")
}
