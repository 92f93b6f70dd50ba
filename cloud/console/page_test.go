package console_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"eastgate/cloud/app/apptest"
	"eastgate/cloud/console/consoletest"
	"eastgate/shared/event"
)

// patience is for what a person would call one thing, on a busy machine.
const patience = time.Minute

// do runs steps in the browser.
func do(t *testing.T, tab context.Context, what string, steps ...chromedp.Action) {
	t.Helper()
	ctx, stop := context.WithTimeout(tab, patience)
	defer stop()
	if err := chromedp.Run(ctx, steps...); err != nil {
		var png []byte
		if dir := os.Getenv("SCREENSHOTS"); dir != "" && chromedp.Run(tab, chromedp.CaptureScreenshot(&png)) == nil {
			os.WriteFile(filepath.Join(dir, "failed.png"), png, 0o600) //nolint:errcheck // a help, no more
		}
		t.Fatalf("%s: %v", what, err)
	}
}

// shows waits until an expression is true on the page.
func shows(expression string) chromedp.Action {
	return chromedp.Poll(expression, nil, chromedp.WithPollingTimeout(30*time.Second))
}

func text(parts ...string) string {
	checks := make([]string, len(parts))
	for i, p := range parts {
		quoted, _ := json.Marshal(p)
		checks[i] = "document.body.innerText.includes(" + string(quoted) + ")"
	}
	return strings.Join(checks, " && ")
}

// tap presses a button wherever it is by then: what is above it may still grow, and a
// driver's pointer would miss.
func tap(selector string) chromedp.Tasks {
	quoted, _ := json.Marshal(selector) //nolint:errcheck // a string
	return chromedp.Tasks{chromedp.WaitVisible(selector, chromedp.ByQuery), chromedp.Evaluate(`document.querySelector(`+string(quoted)+`).click()`, nil)}
}

func TestAGuardsNight(t *testing.T) {
	s := apptest.Start(t)
	s.Let(t, "li", "wang")
	li := consoletest.Browser(t)
	do(t, li, "log in", consoletest.Login(s.URL, "li", apptest.Password), shows(text("Nothing to verify", "live")))
	wang := consoletest.Browser(t)
	do(t, wang, "second log in", consoletest.Login(s.URL, "wang", apptest.Password))

	s.Happen(t, event.Motion, "lane", event.Start)
	fire := s.Happen(t, event.FireVisual, "courtyard", event.Start)
	row := `[data-incident="` + fire.ID + `"]`
	do(t, li, "a fire comes without reloading, above the motion", shows(text("Suspected flame or smoke", "Compound 3, Bins behind house 3", "Movement", "lane")),
		shows(`document.querySelector('.row').dataset.kind === 'fire.visual'`),
		shows(`document.querySelector('`+row+` img').naturalWidth > 0`), shows(`document.querySelector('.clock') !== null`))
	shot(t, li, "feed")
	do(t, li, "take it by keyboard", chromedp.KeyEvent("j"), shows(`document.querySelector('.detail h2') !== null`),
		chromedp.KeyEvent("\r"), shows(text("li looks after it")))
	do(t, wang, "the other desk sees who", shows(text("li looks after it")))
	shot(t, wang, "other")

	do(t, wang, "take by button", tap(`[data-kind="security.motion"] .ack`), shows(text("wang looks after it")))
	do(t, li, "a verdict by keyboard", tap(row), shows(`document.querySelector('`+row+`').ariaCurrent === 'true'`),
		chromedp.KeyEvent("3"), shows(text("Why was the detector wrong?")), chromedp.KeyEvent("4"), shows(`document.querySelector('`+row+`') === null`), shows(text("detector wrong")))
	do(t, li, "it is among the ended", tap(`[data-tab="ended"]`), shows(`document.querySelector('`+row+`') !== null`),
		tap(`[data-tab="todo"]`), shows(`document.querySelector('[data-tab="todo"]').ariaPressed === 'true'`),
		shows(`document.querySelector('.link.on') !== null`))

	go s.CloseClientConnections() // it waits for them to end, and the page is back by then
	do(t, li, "a lost link is said", shows(text("Connection lost")))
	s.Happen(t, event.Tamper, "gate", event.Start)
	do(t, li, "and it catches up", shows(text("live", "Camera tampered with")))

	do(t, li, "Chinese", tap(".lang"), shows(text("摄像机遮挡或移位")))
	do(t, li, "light", chromedp.Evaluate(`document.documentElement.dataset.theme = "light"`, nil))
	do(t, li, "the large picture", shows(`document.querySelector('.detail .picture svg') !== null`))
	shot(t, li, "light-zh")
	narrow(t, li, "phone")
	for _, path := range []string{"/tasks", "/incidents", "/domains", "/report", "/incidents/" + fire.ID} {
		do(t, li, path, chromedp.Navigate(s.URL+path), chromedp.WaitVisible("main", chromedp.ByQuery))
		narrow(t, li, "phone"+strings.ReplaceAll(path, "/", "-"))
	}
}

// narrow shows a page on a phone, where nothing may stand out to the side.
func narrow(t *testing.T, tab context.Context, name string) {
	t.Helper()
	var overflow bool
	do(t, tab, name, chromedp.EmulateViewport(390, 844), chromedp.Sleep(300*time.Millisecond),
		chromedp.Evaluate(`document.documentElement.scrollWidth > innerWidth`, &overflow))
	shot(t, tab, name)
	if overflow {
		t.Errorf("%s: the page is wider than a phone's screen", name)
	}
}

// awaited waits for a promise.
func awaited(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }

// shot keeps a picture of the page where SCREENSHOTS names a folder.
func shot(t *testing.T, tab context.Context, name string) {
	t.Helper()
	dir := os.Getenv("SCREENSHOTS")
	if dir == "" {
		return
	}
	var png []byte
	do(t, tab, "screenshot", chromedp.CaptureScreenshot(&png))
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
		t.Error(err)
	}
}

func TestTextsAreWhole(t *testing.T) {
	texts := map[string]map[string]string{}
	for _, lang := range []string{"zh-CN", "en"} {
		data, err := os.ReadFile("text/" + lang + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]string
		if err := json.Unmarshal(data, &m); err != nil {
			t.Fatal(err)
		}
		texts[lang] = m
	}
	for key := range texts["zh-CN"] {
		if texts["en"][key] == "" {
			t.Errorf("%s has no English", key)
		}
	}
	for key := range texts["en"] {
		if texts["zh-CN"][key] == "" {
			t.Errorf("%s has no Chinese", key)
		}
	}
	for _, k := range event.Kinds() {
		if texts["en"]["kind."+string(k)] == "" {
			t.Errorf("kind %s has no words", k)
		}
	}
	sources := deskSources(t)
	used := regexp.MustCompile(`\bt\("([a-z.]+)"`)
	han := regexp.MustCompile(`\p{Han}`)
	for _, file := range sources {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if han.Match(src) {
			t.Errorf("%s holds Chinese: texts belong into text/", file)
		}
		for _, m := range used.FindAllStringSubmatch(string(src), -1) {
			if texts["en"][m[1]] == "" {
				t.Errorf("%s uses %q, which has no text", file, m[1])
			}
		}
	}
}

func TestVendoredFilesAreUnchanged(t *testing.T) {
	cmd := exec.Command("sha256sum", "--check", "--quiet", "SHA256SUMS")
	cmd.Dir = "desk/third_party/preact"
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
