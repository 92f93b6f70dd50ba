package console_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"eastgate/cloud/app/apptest"
	"eastgate/cloud/console/consoletest"
	"eastgate/shared/event"
	"eastgate/shared/wire"
)

// The plan tells what is open and what is down, as a drawing and as a list; an
// administrator moves things with the keyboard, takes that back, and saves it.
func TestThePlan(t *testing.T) {
	s := apptest.Start(t)
	s.Let(t, "duty", "sysadmin")
	health, err := json.Marshal(wire.BoxHealth{At: time.Now(), Cameras: []wire.CameraHealth{{Camera: "courtyard", State: "credentials", Reason: "401 Unauthorized", Since: time.Now()}}})
	if err == nil {
		err = s.Store().Heard(t.Context(), "garden", "gate-1", "health", health)
	}
	if err != nil {
		t.Fatal(err)
	}
	fire := s.Happen(t, event.FireVisual, "courtyard", event.Start)
	tab := consoletest.Browser(t)
	do(t, tab, "the community's cards", consoletest.Login(s.URL, "duty", apptest.Password), chromedp.Navigate(s.URL+"/plan"),
		shows(`document.querySelector('.cards a.level1')?.innerText.includes('Compound 3')`))
	do(t, tab, "a compound's plan", chromedp.Click(`.cards a.level1`, chromedp.ByQuery),
		shows(`document.querySelector('.mark.camera.down.level1[data-code=cam1]')?.getAttribute('aria-label').includes('wrong password')`),
		shows(`document.querySelector('.planitems a[href="/incident/`+fire.ID+`"]') !== null`), shows(`document.querySelector('[data-do=edit]') === null`))
	shot(t, tab, "plan")
	do(t, tab, "a marker opens by keyboard", chromedp.Focus(`.mark[data-code=cam1]`, chromedp.ByQuery), chromedp.KeyEvent("\r"), shows(`location.pathname === '/incident/`+fire.ID+`'`))

	admin := consoletest.Browser(t)
	const x = `+document.querySelector('.mark[data-code=b07] g').getAttribute('transform').match(/translate\(([\d.]+)/)[1]`
	do(t, admin, "edit", second(t, s, "sysadmin"), chromedp.Navigate(s.URL+"/plan?place=dongguan/c3"),
		chromedp.WaitVisible(`[data-do=edit]`, chromedp.ByQuery), chromedp.Click(`[data-do=edit]`, chromedp.ByQuery), chromedp.WaitVisible(`.mark[data-code=b07]`, chromedp.ByQuery),
		chromedp.Evaluate(`window.before = `+x, nil), chromedp.Focus(`.mark[data-code=b07]`, chromedp.ByQuery),
		chromedp.KeyEvent(kb.ArrowRight), shows(x+` > window.before + 2`), chromedp.KeyEvent("z"), shows(x+` === window.before`), chromedp.KeyEvent("y"), shows(x+` > window.before + 2`),
		chromedp.Click(`[data-do=save]`, chromedp.ByQuery), shows(`document.querySelector('[data-do=save]').disabled`))
	p, err := s.Store().Plan(t.Context(), "dongguan/c3")
	if _, put := p.Positions["b07"]; err != nil || p.Version != 1 || !put || p.Who != "sysadmin" {
		t.Errorf("%+v %v", p, err)
	}
}
