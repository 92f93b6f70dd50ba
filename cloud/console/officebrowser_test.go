package console_test

import (
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"eastgate/cloud/app/apptest"
	"eastgate/cloud/console/consoletest"
	"eastgate/cloud/incident"
	"eastgate/shared/event"
)

// In a real browser: an action is taken by its button, one with fields is filled in,
// and on a phone no page of the office is wider than the screen.
func TestTheOfficeInABrowser(t *testing.T) {
	s := apptest.Start(t)
	s.Let(t, "duty")
	i := s.Happen(t, event.FireLaneBlocked, "courtyard", event.Start)
	tab := consoletest.Browser(t)
	form := `form[action="/incidents/` + i.ID + `/do/`
	do(t, tab, "log in", consoletest.Login(s.URL, "duty", apptest.Password))
	do(t, tab, "confirm it from the tasks", chromedp.Navigate(s.URL+"/tasks?lang=en"), chromedp.Click(form+`confirm"] button`, chromedp.ByQuery), chromedp.WaitVisible(".said", chromedp.ByQuery), shows(text("Done: Confirm")))
	do(t, tab, "comment on its page", chromedp.Navigate(s.URL+"/incidents/"+i.ID+"?lang=en"),
		chromedp.Evaluate(`document.querySelector('`+form+`comment"]').closest("details").open = true`, nil),
		chromedp.SendKeys(form+`comment"] textarea`, "cars of the market", chromedp.ByQuery), chromedp.Click(form+`comment"] button`, chromedp.ByQuery),
		chromedp.WaitVisible(".said", chromedp.ByQuery), shows(text("Done: Comment", "cars of the market")))
	got, err := s.Incidents().Get(t.Context(), i.ID)
	if err != nil || got.State != incident.Confirmed {
		t.Errorf("%s %v", got.State, err)
	}
	for _, path := range []string{"/tasks", "/domains", "/incidents", "/incidents/" + i.ID, "/whistles", "/reminders", "/figures", "/coverage", "/boxes", "/bundles", "/health", "/handover", "/account"} {
		var wide int
		do(t, tab, path, emulation.SetDeviceMetricsOverride(390, 844, 1, true), chromedp.Navigate(s.URL+path+"?lang=en"),
			chromedp.WaitVisible("main h1", chromedp.ByQuery), chromedp.Evaluate(`document.documentElement.scrollWidth`, &wide))
		if wide > 390 {
			t.Errorf("%s is %d wide on a phone", path, wide)
		}
	}
}
