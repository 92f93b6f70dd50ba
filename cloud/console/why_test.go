package console_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"eastgate/cloud/app/apptest"
	"eastgate/cloud/console/consoletest"
	"eastgate/shared/event"
)

// TestWhyIsToldInWords: on the desk, folded until somebody asks, and on the office's
// page; a name that nobody has words for is shown as it is.
func TestWhyIsToldInWords(t *testing.T) {
	s := apptest.Start(t)
	e := s.Event(t, event.FireVisual, "courtyard", event.Start)
	e.Why = event.Why{"area": 0.012, "pace_s": 0.5, "red": 41.5, "novel": 3}
	i := s.Tell(t, e)
	s.Let(t, "duty")
	page := string(s.As(t, "duty").Do(t, "GET", "/incidents/"+i.ID+"?lang=en", nil).Body)
	for _, want := range []string{`<details class="why">`, "Share of the picture that flickers</dt><dd>1.2 %", "Time between pictures</dt><dd>0.5 s", "<dt>novel</dt><dd>3.00"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	tab := consoletest.Browser(t)
	var folded bool
	do(t, tab, "log in", consoletest.Login(s.URL, "duty", apptest.Password))
	do(t, tab, "it is folded", chromedp.Navigate(s.URL+"/incident/"+i.ID), chromedp.WaitReady(".why", chromedp.ByQuery),
		chromedp.Evaluate(`!document.querySelector(".why").open`, &folded), tap(".why summary"),
		shows(text("Share of the picture that flickers", "1.2 %", "novel", "41.5")), chromedp.ScrollIntoView(".why table", chromedp.ByQuery))
	if !folded {
		t.Error("it is open before anybody asks")
	}
	shot(t, tab, "why")
}
