// Package consoletest drives the pages in a real browser.
package consoletest

import (
	"context"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// limit is how long one test may take in the browser.
const limit = 4 * time.Minute

// Browser starts a browser of its own for t, and returns the context of its first
// tab; more are further flags. What the page complains about on its console fails t.
func Browser(t testing.TB, more ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatalf("chromium is needed; scripts/setup installs it: %v", err)
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.WindowSize(1440, 900))
	opts = append(opts, more...)
	ctx, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(stop)
	ctx, stop = context.WithTimeout(ctx, limit)
	t.Cleanup(stop)
	tab, stop := chromedp.NewContext(ctx)
	t.Cleanup(stop)
	complain(t, tab)
	if err := chromedp.Run(tab); err != nil {
		t.Fatalf("start chromium: %v", err)
	}
	return tab
}

// complain fails t for each exception that a page throws.
func complain(t testing.TB, tab context.Context) {
	var mu sync.Mutex
	over := false
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		over = true
	})
	chromedp.ListenTarget(tab, func(e any) {
		mu.Lock()
		defer mu.Unlock()
		if x, ok := e.(*runtime.EventExceptionThrown); ok && !over {
			t.Errorf("the page throws: %s", x.ExceptionDetails.Error())
		}
	})
}

// Login opens the login page of a site and comes in.
func Login(address, name, password string) chromedp.Tasks {
	return chromedp.Tasks{Password(address, name, password), chromedp.WaitVisible(".feed", chromedp.ByQuery)}
}

// Password is the first step of a login.
func Password(address, name, password string) chromedp.Tasks {
	return chromedp.Tasks{
		chromedp.Navigate(address + "/login?lang=en"),
		chromedp.SendKeys("#name", name, chromedp.ByQuery),
		chromedp.SendKeys("#password", password, chromedp.ByQuery),
		chromedp.Submit("#password", chromedp.ByQuery),
	}
}
