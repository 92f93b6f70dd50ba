package screen

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// A Page is one address, as one person sees it.
type Page struct {
	Name   string // of its pictures
	Path   string
	Person Person
}

// A Look is one page in one language at one size.
type Look struct {
	Page       string      `json:"page"`
	Lang       string      `json:"lang"`
	Size       string      `json:"size"`
	Picture    string      `json:"picture"`
	Violations []Violation `json:"violations"`
	// Wider is by how many pixels the page is wider than its window: it must be
	// pushed sideways to be read.
	Wider int `json:"wider"`
	// Faults are what the page's script throws, and what hinders the look.
	Faults []string `json:"faults,omitempty"`
}

// A Violation is a rule of axe that the page breaks, and where.
type Violation struct {
	Rule   string   `json:"id"`
	Impact string   `json:"impact"`
	Help   string   `json:"help"`
	Nodes  []string `json:"nodes"`
}

// rules are the rules of WCAG 2.2 up to level AA, and what axe calls best practice.
const rules = `["wcag2a","wcag2aa","wcag21a","wcag21aa","wcag22aa","best-practice"]`

// judge runs axe and tells how much too wide the page is.
const judge = `axe.run(document, {runOnly: {type: "tag", values: ` + rules + `}}).then(r => JSON.stringify({
	violations: r.violations.map(v => ({id: v.id, impact: v.impact, help: v.help, nodes: v.nodes.map(n => n.html.slice(0, 200) + "  ⟶ " + n.failureSummary.replaceAll("\n", " ").slice(0, 300))})),
	wider: Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth),
}))`

// settled is true when the page has loaded what it will: nothing says that it is
// busy and nothing has changed for half a second.
const settled = `(() => {
	const w = window;
	if (!w.settling) {
		w.settling = {at: performance.now()};
		new MutationObserver(() => { w.settling.at = performance.now(); }).observe(document, {subtree: true, childList: true});
	}
	return document.readyState === "complete" && !document.querySelector("[aria-busy=true]") && performance.now() - w.settling.at > 500;
})()`

// Walk visits every page in each language and size, and tells each look as it is
// made. Pictures go to dir. axe is the source of axe-core. Pages of one person belong
// together: between two persons somebody logs in.
func (b *Browser) Walk(pages []Page, axe, dir string, tell func(Look)) error {
	for len(pages) > 0 {
		same := 1
		for same < len(pages) && pages[same].Person.Name == pages[0].Person.Name {
			same++
		}
		if err := b.tour(pages[:same], axe, dir, tell); err != nil {
			return err
		}
		pages = pages[same:]
	}
	return nil
}

// tour visits pages of one person.
func (b *Browser) tour(pages []Page, axe, dir string, tell func(Look)) error {
	tab, stop, err := b.person(pages[0].Person)
	if err != nil {
		return err
	}
	defer stop()
	for _, p := range pages {
		for _, lang := range Languages {
			for _, size := range Sizes {
				look, err := b.look(tab, p, lang, size, axe, dir)
				if err != nil {
					return fmt.Errorf("%s (%s, %s): %w", p.Name, lang, size.Name, err)
				}
				tell(look)
			}
		}
	}
	return nil
}

// look opens one page in a tab of its own beside the person's first one.
func (b *Browser) look(person context.Context, p Page, lang string, size Size, axe, dir string) (Look, error) {
	look := Look{Page: p.Name, Lang: lang, Size: size.Name, Violations: []Violation{}}
	tab, stop := chromedp.NewContext(person)
	defer stop()
	if err := chromedp.Run(tab); err != nil {
		return look, err
	}
	thrown := make(chan string, 10)
	chromedp.ListenTarget(tab, func(e any) {
		if x, ok := e.(*runtime.EventExceptionThrown); ok {
			select {
			case thrown <- x.ExceptionDetails.Error():
			default: // ten are enough
			}
		}
	})
	if err := b.fit(tab, size, lang); err != nil {
		return look, err
	}
	resp, err := chromedp.RunResponse(tab, chromedp.Navigate(b.url(p.Path)))
	switch {
	case err != nil:
		return look, err
	case resp.Status >= 400:
		look.Faults = append(look.Faults, fmt.Sprintf("%s answers %d", p.Path, resp.Status))
		return look, nil
	}
	err = within(tab, 30*time.Second, chromedp.Poll(settled, nil, chromedp.WithPollingInterval(100*time.Millisecond)))
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		look.Faults = append(look.Faults, "the page is still busy after 30 s")
	case err != nil:
		return look, err
	}
	if look.Picture, err = picture(tab, p, lang, size, dir); err != nil {
		return look, err
	}
	if err := look.judge(tab, axe); err != nil {
		return look, err
	}
	for {
		select {
		case s := <-thrown:
			look.Faults = append(look.Faults, s)
		default:
			return look, nil
		}
	}
}

// picture keeps what the window shows, and of a long page also what is below.
func picture(tab context.Context, p Page, lang string, size Size, dir string) (string, error) {
	var png []byte
	if err := within(tab, time.Minute, chromedp.FullScreenshot(&png, 100)); err != nil {
		return "", fmt.Errorf("picture: %w", err)
	}
	name := fmt.Sprintf("%s.%s.%s.png", p.Name, lang, size.Name)
	return name, os.WriteFile(filepath.Join(dir, name), png, 0o644)
}

// judge lets axe look. The script comes in past the page's content security policy,
// as a person's own tools would.
func (l *Look) judge(tab context.Context, axe string) error {
	var said string
	err := within(tab, time.Minute,
		chromedp.Evaluate(axe+";0", nil),
		chromedp.Evaluate(judge, &said, await))
	if err != nil {
		return fmt.Errorf("axe: %w", err)
	}
	return json.Unmarshal([]byte(said), l)
}

// await lets an evaluation end when its promise does.
func await(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }
