package console_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"eastgate/cloud/app/apptest"
	"eastgate/cloud/console/consoletest"
	"eastgate/shared/event"
)

// film makes a short clip as a box sends it: H.264 in fragmented MP4.
func film(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "clip.mp4")
	cmd := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=320x180:rate=10:duration=4", "-c:v", "libx264", "-threads", "1",
		"-pix_fmt", "yuv420p", "-g", "10", "-movflags", "frag_keyframe+empty_moov+default_base_moof", path)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, out)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// as lets another person come in, in the same browser.
func as(s *apptest.Site, name string) chromedp.Tasks {
	return chromedp.Tasks{
		chromedp.Navigate(s.URL + "/text/en"), // no page of ours runs meanwhile
		chromedp.Evaluate(`fetch("/api/v1/me").then(r => r.ok ? r.json() : null).then(me => me && fetch("/api/v1/session", {method: "DELETE", headers: {"X-CSRF-Token": me.csrf}})).then(() => 1)`, nil, awaited),
		consoletest.Login(s.URL, name, apptest.Password),
	}
}

// press does an action by its button, and fills its form in where it has one.
func press(action string, fields ...string) chromedp.Tasks {
	button := `[data-action="` + action + `"]`
	tasks := chromedp.Tasks{chromedp.WaitVisible(button, chromedp.ByQuery), tap(button)}
	for n := 0; n < len(fields); n += 2 {
		name := `.action [name="` + fields[n] + `"]`
		tasks = append(tasks, chromedp.WaitVisible(name, chromedp.ByQuery), chromedp.SendKeys(name, fields[n+1], chromedp.ByQuery))
	}
	if len(fields) > 0 {
		tasks = append(tasks, tap(`.action button[type="submit"]`))
	}
	return tasks
}

// An alarm arrives, sounds, is taken, confirmed and sent to who handles it; another
// person resolves it, a third one checks it, and the lead closes it. All of it in the
// browser, and each is offered only what is theirs to do.
func TestAnAlarmIsHandled(t *testing.T) {
	s := apptest.Start(t)
	s.Let(t, "duty", "handler", "check", "lead")
	e := s.Event(t, event.FireVisual, "courtyard", event.Start)
	clip := event.Evidence{SHA256: s.Keep(t, film(t)), Type: "video/mp4", Bytes: 1, From: e.Time.Add(-5 * time.Second), To: e.Time}
	e.Evidence = append(e.Evidence, clip)

	duty := consoletest.Browser(t)
	do(t, duty, "the duty officer is at the desk", consoletest.Login(s.URL, "duty", apptest.Password), shows(text("live", "Nothing to verify", "No alert has ever come")),
		chromedp.Click("h1", chromedp.ByQuery), shows(text("on watch ✓ 1")))
	fire := s.Tell(t, e)
	do(t, duty, "it sounds", shows(sounding))
	do(t, duty, "opened from the band, and taken with one key", tap(".band button"), shows(`document.activeElement.querySelector('[data-panel="`+fire.ID+`"]') !== null && location.pathname.startsWith("/incident/")`),
		chromedp.KeyEvent("\r"), shows(quiet), shows(text("duty looks after it", "You took")))
	do(t, duty, "what to say to 119", chromedp.KeyEvent("0"), shows(`document.querySelector("dialog .address")?.innerText.includes("Dongguan, Compound 3, Bins behind house 3")`),
		chromedp.KeyEvent("\x1b"), shows(`document.querySelector("dialog") === null`))
	do(t, duty, "its clip plays", chromedp.KeyEvent(" "), shows(`document.querySelector('.clip[data-clip="plays"] video')?.currentTime > 0.2`))
	shot(t, duty, "incident-clip")
	do(t, duty, "confirmed and sent, with one key", chromedp.KeyEvent("1"), shows(text("dispatched")))

	other := consoletest.Browser(t)
	do(t, other, "who handles it", consoletest.Login(s.URL, "handler", apptest.Password), chromedp.Navigate(s.URL+"/incident/"+fire.ID),
		press("accept"), press("arrive"), press("resolve", "result", "a bin burnt; put out", "no_photo", "too dark"))
	do(t, other, "cannot check it", shows(`document.querySelector(".detail").dataset.state === "resolved"`), shows(`document.querySelector('[data-action="check"]') === null`))
	do(t, other, "who checks", as(s, "check"), chromedp.Navigate(s.URL+"/incident/"+fire.ID), press("check"),
		press("review", "call_back", "the caretaker is content", "cause", "a cigarette"), shows(`document.querySelector(".detail").dataset.state === "reviewed"`))
	do(t, other, "who leads", as(s, "lead"), chromedp.Navigate(s.URL+"/incident/"+fire.ID), press("close"), shows(text("⑥ Close", "The record is whole")),
		shows(`["check", "review", "close", "resolve", "accept"].every((a) => document.querySelector('[data-step="' + a + '"]'))`))
	shot(t, other, "incident-closed")
	do(t, duty, "the duty officer's page says so without being asked", shows(text("closed")), shows(`document.querySelectorAll(".steps .done").length === 6`))
	narrow(t, other, "incident-phone")
}

// Two press at once: the second is told who was faster, and keeps what was typed.
func TestTheSlowerIsTold(t *testing.T) {
	s := apptest.Start(t)
	s.Let(t, "li")
	tab := consoletest.Browser(t)
	do(t, tab, "log in", consoletest.Login(s.URL, "li", apptest.Password), shows(text("live")))
	i := s.Happen(t, event.Tamper, "gate", event.Start)
	do(t, tab, "a form is open", chromedp.Navigate(s.URL+"/incident/"+i.ID), tap(`[data-action="decline"]`),
		chromedp.SendKeys(`.action [name="reason"]`, "half a sentence", chromedp.ByQuery))
	wang := s.As(t, "duty")
	if a := wang.Do(t, "POST", "/api/v1/incidents/"+i.ID+"/actions/reject", map[string]string{"verdict": "harmless"}, "If-Match", fmt.Sprintf("%q", fmt.Sprint(i.Version))); a.Status != 200 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	do(t, tab, "it has ended meanwhile", shows(text("real but harmless")))
	do(t, tab, "and what was typed is still there", shows(`document.querySelector('.action [name="reason"]').value === "half a sentence"`), shows(`document.querySelector('.action [type="submit"]').disabled`))
}

// Many alerts: few nodes, pages as they are needed, and what is new does not move the
// row under the hand.
func TestALongListIsShort(t *testing.T) {
	s := apptest.Start(t)
	s.Let(t, "li")
	const many = 260
	for n := range many {
		s.Happen(t, event.Tamper, fmt.Sprintf("cam-%03d", n), event.Start)
	}
	tab := consoletest.Browser(t)
	var nodes, usable int
	do(t, tab, "log in", consoletest.Login(s.URL, "li", apptest.Password), shows(`document.querySelectorAll("[data-incident]").length > 5`),
		shows(`performance.getEntriesByName("feed-usable").length === 1`), chromedp.Evaluate(`document.querySelectorAll("*").length`, &nodes),
		chromedp.Evaluate(`Math.round(performance.getEntriesByName("feed-usable")[0].startTime)`, &usable))
	if nodes > 600 {
		t.Errorf("%d nodes for %d rows, at most 600 are allowed", nodes, many)
	}
	t.Logf("usable after %d ms, %d nodes", usable, nodes)
	do(t, tab, "all pages come", shows(fmt.Sprintf(`document.querySelector("[data-incident]").ariaSetSize === "%d"`, many)))
	var before string
	first := `[...document.querySelectorAll("[data-incident]")].find((r) => r.getBoundingClientRect().top > 250).dataset.incident`
	do(t, tab, "scrolled down", chromedp.Evaluate(`document.querySelector(".feed").scrollTop = 4000`, nil),
		shows(`[...document.querySelectorAll("[data-incident]")].every((r) => Number(r.ariaPosInSet) > 30)`), chromedp.Evaluate(first, &before))
	fire := s.Happen(t, event.FireVisual, "courtyard", event.Start)
	var after string
	do(t, tab, "what is new waits above, and is in the band", shows(text("1 new ↑")), shows(`document.querySelector(".band") !== null`), chromedp.Evaluate(first, &after))
	if before != after {
		t.Error("the row under the hand has moved")
	}
	do(t, tab, "asked for, it comes", tap(".fresh"), shows(`document.querySelector(".row").dataset.incident === "`+fire.ID+`"`),
		shows(`performance.getEntriesByName("painted:`+fire.ID+`").length === 1`))
}

// A flood folds what is less urgent, and never a fire.
func TestAFloodFolds(t *testing.T) {
	s := apptest.Start(t)
	s.Let(t, "li")
	for n := range 12 {
		s.Happen(t, event.ParkingMotor, fmt.Sprintf("cam-%03d", n), event.Start)
	}
	fire := s.Happen(t, event.FireVisual, "courtyard", event.Start)
	s.Happen(t, event.Tamper, "gate", event.Start)
	tab := consoletest.Browser(t)
	rows := func(n int) chromedp.Action {
		return shows(fmt.Sprintf(`document.querySelector("[data-incident]")?.ariaSetSize === "%d"`, n))
	}
	do(t, tab, "log in", consoletest.Login(s.URL, "li", apptest.Password), shows(text("Flood: 14 in 10 min", "12 folded")), rows(3),
		shows(`document.querySelector(".row").dataset.incident === "`+fire.ID+`"`))
	shot(t, tab, "flood")
	do(t, tab, "opened", tap(".unfold"), rows(14))
	do(t, tab, "closed again, and shown as always", tap(".unfold"), rows(3), tap(".flooded button"), rows(14))
	do(t, tab, "filtered", tap(".filters .level1"), rows(1), tap(".filters .level1"), rows(14))
	do(t, tab, "searched, by key", chromedp.KeyEvent("/"), shows(`document.activeElement.type === "search"`),
		chromedp.Evaluate(`document.activeElement.select()`, nil), chromedp.KeyEvent("cam-003"), rows(1)) // a driver's key types also where a person's would not
}

// While the link is down an action waits, is said to wait, and is done once it is back.
func TestAnActionWaitsForTheLink(t *testing.T) {
	s := apptest.Start(t)
	s.Let(t, "li")
	tab := consoletest.Browser(t)
	i := s.Happen(t, event.Tamper, "gate", event.Start)
	do(t, tab, "log in", consoletest.Login(s.URL, "li", apptest.Password), shows(text("live")), chromedp.WaitVisible(`[data-incident="`+i.ID+`"]`, chromedp.ByQuery))
	do(t, tab, "the link is down, and somebody takes it", offline(true), tap(`[data-incident="`+i.ID+`"] .ack`), shows(text("1 not sent yet")))
	do(t, tab, "and is back", offline(false), shows(text("li looks after it")), shows(`document.querySelector(".unsent") === null`))
	history, err := s.Incidents().History(t.Context(), i.ID)
	if err != nil {
		t.Fatal(err)
	}
	taken := 0
	for _, step := range history {
		if strings.HasPrefix(string(step.Action), "taken") {
			taken++
		}
	}
	if taken != 1 {
		t.Errorf("taken %d times", taken)
	}
	do(t, tab, "and given back with one key", chromedp.KeyEvent("u"), shows(`document.querySelector('[data-incident="`+i.ID+`"] .ack') !== null`))
}

// offline cuts a page off, or joins it again.
func offline(on bool) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		return network.EmulateNetworkConditions(on, 0, -1, -1).Do(ctx)
	})
}
