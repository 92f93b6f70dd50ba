package console_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"eastgate/cloud/app/apptest"
	"eastgate/cloud/console/consoletest"
	"eastgate/shared/event"
)

// What is put aside leaves the list of every desk, is counted there, is silent, and can
// be brought back.
func TestAnAlertIsPutAside(t *testing.T) {
	s := apptest.Start(t)
	s.Let(t, "duty")
	tab := consoletest.Browser(t)
	do(t, tab, "log in", consoletest.Login(s.URL, "duty", apptest.Password), shows(text("live")), chromedp.Click("h1", chromedp.ByQuery))
	i := s.Happen(t, event.Tamper, "gate", event.Start)
	row := `[data-incident="` + i.ID + `"]`
	do(t, tab, "it beeps", shows(beeping))
	do(t, tab, "put aside by key", chromedp.KeyEvent("j"), shows(`document.querySelector(".detail h2") !== null`), chromedp.KeyEvent("s"),
		chromedp.WaitVisible(`.action [name="until"]`, chromedp.ByQuery), chromedp.SendKeys(`.action [name="reason"]`, "works in the lane", chromedp.ByQuery),
		tap(`.action [type="submit"]`), shows(quiet), shows(`document.querySelector('`+row+`') === null`))
	do(t, tab, "it is among those", tap(`[data-filter="shelved"]`), shows(`document.querySelector('`+row+`') !== null`), shows(text("put aside by duty", "works in the lane")))
	do(t, tab, "and brought back", tap(`[data-action="unshelve"]`), shows(beeping), tap(`[data-filter="shelved"]`),
		shows(`document.querySelector('`+row+`') !== null`))
}
