package console_test

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"eastgate/cloud/app/apptest"
	"eastgate/cloud/console/consoletest"
	"eastgate/shared/event"
)

// heard are conditions on how a desk sounds: what plays, and that it was measured on
// its way to the speaker.
const (
	sounding = `document.documentElement.dataset.alarm === "alarm" && Number(document.documentElement.dataset.loud) > 0.05`
	beeping  = `document.documentElement.dataset.alarm === "beeps"`
	quiet    = `document.documentElement.dataset.alarm === ""`
)

// A fire sounds at every desk, with the place shown, until somebody takes it; silencing
// is for one desk and takes nothing; a second fire sounds again.
func TestAFireSoundsUntilSomebodyTakesIt(t *testing.T) {
	s := apptest.Start(t)
	s.Let(t, "li", "wang")
	li, wang := consoletest.Browser(t), consoletest.Browser(t)
	do(t, li, "log in", consoletest.Login(s.URL, "li", apptest.Password), shows(text("live")), chromedp.Click("h1", chromedp.ByQuery), shows(`document.documentElement.dataset.sound === "running"`))
	do(t, wang, "log in", consoletest.Login(s.URL, "wang", apptest.Password), shows(text("live")), chromedp.Click("h1", chromedp.ByQuery))
	do(t, li, "two desks are on watch", shows(text("on watch ✓ 2")))

	fire := s.Happen(t, event.FireVisual, "courtyard", event.Start)
	do(t, li, "it sounds here", shows(sounding), shows(`document.querySelector(".band").innerText.includes("Compound 3")`), shows(`document.title.startsWith("▲")`))
	do(t, wang, "and there", shows(sounding))
	do(t, li, "silenced by key", chromedp.KeyEvent("."), shows(quiet), shows(text("silenced")))
	do(t, wang, "which takes nothing", shows(sounding))

	second := s.Happen(t, event.Smoke, "lane", event.Start)
	do(t, li, "a second alarm sounds again", shows(sounding), shows(text("and 1 more")))
	row := func(id string) string { return `[data-incident="` + id + `"] .ack` }
	do(t, wang, "one is taken, and the other still sounds", tap(row(fire.ID)), shows(`!document.querySelector(".band").innerText.includes("and 1 more")`), shows(sounding))
	do(t, li, "all are told who has it", shows(text("wang took it")))
	do(t, li, "and the other", tap(row(second.ID)), shows(quiet), shows(`document.querySelector(".band") === null`), shows(`!document.title.startsWith("▲")`))
	do(t, wang, "quiet everywhere", shows(quiet))

	s.Happen(t, event.Tamper, "gate", event.Start)
	do(t, li, "a serious alert beeps", shows(beeping))
}

// A browser that blocks sound is said so, in words and with a button. Whether it blocks
// is asked by a script of the page's own: what a test evaluates counts as a touch.
func TestBlockedSoundIsSaid(t *testing.T) {
	s := apptest.Start(t)
	s.Let(t, "li")
	tab := consoletest.Browser(t)
	do(t, tab, "log in", consoletest.Login(s.URL, "li", apptest.Password), shows(text("live")))
	s.Happen(t, event.FireVisual, "courtyard", event.Start)
	var first string
	do(t, tab, "a page that nobody touched", chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := page.AddScriptToEvaluateOnNewDocument(`
			addEventListener("DOMContentLoaded", () => new MutationObserver(() => {
				const b = document.querySelector(".top .sound");
				if (b && !window.firstSound) window.firstSound = b.className + " " + b.innerText;
			}).observe(document, {childList: true, subtree: true}))`).Do(ctx)
		return err
	}), chromedp.Reload(), chromedp.WaitVisible(".band", chromedp.ByQuery), chromedp.Evaluate(`window.firstSound`, &first))
	if !strings.Contains(first, "blocked") || !strings.Contains(first, "Sound is blocked") {
		t.Errorf("the sound's button says %q", first)
	}
	do(t, tab, "a click allows it", chromedp.Click(".top .sound", chromedp.ByQuery), shows(sounding))
	do(t, tab, "the self-test", chromedp.Click(".top .sound summary", chromedp.ByQuery), tap(".selftest"), shows(text("The sound works")))
}
