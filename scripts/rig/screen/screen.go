// Package screen looks at the console as people do, in a real browser: every page in
// both languages and both sizes, with a picture of each, what axe says of it, and how
// fast the desk is.
//
// It decides nothing: it returns what it saw.
package screen

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"strings"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// Languages are those of the console.
var Languages = []string{"zh-CN", "en"}

// A Size is a screen that people look at.
type Size struct {
	Name          string
	Width, Height int64 // in CSS pixels
	Phone         bool
	Scheme        string // light or dark
}

// Sizes are a control room's screen and a phone; between them both themes are seen.
var Sizes = []Size{
	{Name: "wall", Width: 1920, Height: 1080, Scheme: "dark"},
	{Name: "phone", Width: 390, Height: 844, Phone: true, Scheme: "light"},
}

// A Browser is one headless Chromium that shows one site.
type Browser struct {
	ctx     context.Context
	address string // http://host:port
	stop    []context.CancelFunc
}

// Open starts Chromium, which scripts/setup installs. profile is an empty folder.
func Open(ctx context.Context, address, profile string) (*Browser, error) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		return nil, fmt.Errorf("chromium is needed; scripts/setup installs it: %w", err)
	}
	b := &Browser{address: address}
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(profile),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("hide-scrollbars", true), chromedp.WSURLReadTimeout(time.Minute))
	alloc, stop := chromedp.NewExecAllocator(ctx, opts...)
	b.stop = append(b.stop, stop)
	b.ctx, stop = chromedp.NewContext(alloc)
	b.stop = append(b.stop, stop)
	if err := chromedp.Run(b.ctx); err != nil {
		b.Close()
		return nil, fmt.Errorf("start chromium: %w", err)
	}
	return b, nil
}

// Close ends Chromium.
func (b *Browser) Close() {
	for i := len(b.stop) - 1; i >= 0; i-- {
		b.stop[i]()
	}
}

// A Person is who looks: an account of the site.
type Person struct {
	Name, Password string
	// Code is what the person's second factor shows; nil: there is none. A code is good
	// once, so each call gives another.
	Code func(context.Context) (string, error)
}

// person opens a tab and logs p in; whoever was logged in before is not any more.
// Without a name nobody is logged in.
func (b *Browser) person(p Person) (context.Context, context.CancelFunc, error) {
	tab, stop := chromedp.NewContext(b.ctx)
	if err := chromedp.Run(tab, network.ClearBrowserCookies()); err != nil || p.Name == "" {
		return tab, stop, err
	}
	err := within(tab, time.Minute,
		chromedp.Navigate(b.address+"/login?lang=en"),
		chromedp.SendKeys("#name", p.Name, chromedp.ByQuery),
		chromedp.SendKeys("#password", p.Password, chromedp.ByQuery),
		chromedp.Submit("#password", chromedp.ByQuery),
		chromedp.ActionFunc(func(ctx context.Context) error { return b.second(ctx, p) }),
		chromedp.ActionFunc(welcomed))
	if err != nil {
		stop()
		return nil, nil, fmt.Errorf("log in as %s: %w", p.Name, err)
	}
	return tab, stop, nil
}

// second shows the second factor, where the person has one.
func (b *Browser) second(ctx context.Context, p Person) error {
	if p.Code == nil {
		return nil
	}
	code, err := p.Code(ctx)
	if err != nil {
		return err
	}
	return chromedp.Tasks{
		chromedp.WaitVisible("#code", chromedp.ByQuery), chromedp.SendKeys("#code", code, chromedp.ByQuery), chromedp.Submit("#code", chromedp.ByQuery),
	}.Do(ctx)
}

// welcomed waits until the login page has been left.
func welcomed(ctx context.Context) error {
	for {
		var at string
		if err := chromedp.Location(&at).Do(ctx); err != nil {
			return err
		}
		if !strings.Contains(at, "/login") {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.New("the password is refused, or the site does not answer")
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// fit gives the window a size and the site a language.
func (b *Browser) fit(tab context.Context, s Size, lang string) error {
	return chromedp.Run(tab,
		emulation.SetDeviceMetricsOverride(s.Width, s.Height, 1, s.Phone),
		emulation.SetTouchEmulationEnabled(s.Phone),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: s.Scheme}}),
		network.SetCookie("lang", lang).WithURL(b.address))
}

func (b *Browser) url(path string) string {
	if u, err := url.Parse(path); err == nil && u.IsAbs() {
		return path
	}
	return b.address + path
}

// within runs actions in tab with a limit of their own.
func within(tab context.Context, limit time.Duration, actions ...chromedp.Action) error {
	ctx, stop := context.WithTimeout(tab, limit)
	defer stop()
	return chromedp.Run(ctx, actions...)
}
