package console_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"eastgate/cloud/app/apptest"
	"eastgate/cloud/console/consoletest"
	"eastgate/cloud/incident"
	"eastgate/shared/event"
)

// The main path of an incident through the desk, each step by its own person in a
// real browser: alarm → taken → confirmed and dispatched → accepted → arrived →
// resolved → checked by somebody else → reviewed → closed.
func TestTheSixSteps(t *testing.T) {
	s := apptest.Start(t)
	tab := consoletest.Browser(t)
	i := s.Happen(t, event.FireVisual, "courtyard", event.Start)
	by := func(name string, steps ...chromedp.Action) {
		t.Helper()
		s.Let(t, name)
		do(t, tab, name+" logs in", as(s, name))
		do(t, tab, name+" opens it", chromedp.Navigate(s.URL+"/?incident="+i.ID), chromedp.WaitVisible(".detail h2", chromedp.ByQuery))
		do(t, tab, name+" acts", steps...)
	}
	press := func(action string) chromedp.Action {
		return tap(`[data-action="` + action + `"]`)
	}
	state := func(s incident.State) chromedp.Action {
		return shows(`document.querySelector('.detail').dataset.state === '` + string(s) + `'`)
	}
	send := tap(".action [type=submit]")

	by("duty", shows(text("Suspected flame or smoke", "三号院院子", "camera", "signalled")), chromedp.KeyEvent("\r"), shows(text("duty looks after it")),
		chromedp.KeyEvent("1"), state(incident.Dispatched))
	by("handler", press("accept"), state(incident.Accepted), press("arrive"), state(incident.InProgress), press("resolve"),
		chromedp.SendKeys(`[name=result]`, "put out with sand", chromedp.ByQuery), chromedp.SendKeys(`[name=no_photo]`, "smoke", chromedp.ByQuery), send, state(incident.Resolved))
	by("check", shows(`document.querySelector('[data-action="close"]') === null`), press("check"), state(incident.Checked), press("review"),
		chromedp.SendKeys(`[name=call_back]`, "no reporter", chromedp.ByQuery), chromedp.SendKeys(`[name=cause]`, "cigarette", chromedp.ByQuery), send, state(incident.Reviewed))
	by("lead", press("close"), state(incident.Closed))
	shot(t, tab, "closed")
	do(t, tab, "the whole way", chromedp.Navigate(s.URL+"/incidents/"+i.ID+"?lang=en"), shows(text("The chain of hashes holds", "Accept", "handler", "Close", "closed")))
	shot(t, tab, "history")

	after, err := s.Incidents().Get(t.Context(), i.ID)
	if err != nil || after.State != "closed" || after.Verdict != "genuine" || after.Handler != "handler" || after.Checker != "check" || after.Result != "put out with sand" {
		t.Errorf("%+v %v", after, err)
	}
	if after.FirstSource != "camera_auto" || after.Discoveries[0].Shown == nil {
		t.Errorf("the desk did not tell what it showed: %+v", after.Discoveries)
	}
}
