package screen

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// First is what the first load of the desk costs.
type First struct {
	ScriptKB float64 // of all scripts, as they cross the wire, in 1,000 bytes
	UsableMS float64 // until the list shows what there is, median of the loads
}

// usable waits for the mark that the desk sets when its list stands.
const usable = `performance.getEntriesByName("feed-usable").length > 0`

// First loads the desk n times, each time as if it had never been there.
func (b *Browser) First(p Person, n int) (First, error) {
	var f First
	tab, stop, err := b.person(p)
	if err != nil {
		return f, err
	}
	defer stop()
	if err := b.fit(tab, Sizes[0], "en"); err != nil {
		return f, err
	}
	weigh := scripts(tab)
	if err := chromedp.Run(tab, network.Enable(), network.SetCacheDisabled(true)); err != nil {
		return f, err
	}
	var times []float64
	for range n {
		weigh.reset()
		var at float64
		err := within(tab, time.Minute,
			chromedp.Navigate(b.address+"/"),
			chromedp.Poll(usable, nil, chromedp.WithPollingInterval(50*time.Millisecond)),
			chromedp.Evaluate(`performance.getEntriesByName("feed-usable")[0].startTime`, &at))
		if err != nil {
			return f, fmt.Errorf("the desk is not usable: %w", err)
		}
		times = append(times, at)
		f.ScriptKB = weigh.bytes() / 1000
	}
	f.UsableMS = quantile(times, 0.5)
	return f, nil
}

// A scale adds up what scripts weigh on the wire.
type scale struct {
	mu      sync.Mutex
	scripts map[network.RequestID]bool
	sum     float64
}

func scripts(tab context.Context) *scale {
	s := &scale{scripts: map[network.RequestID]bool{}}
	chromedp.ListenTarget(tab, func(e any) {
		s.mu.Lock()
		defer s.mu.Unlock()
		switch e := e.(type) {
		case *network.EventResponseReceived:
			s.scripts[e.RequestID] = strings.Contains(e.Response.MimeType, "javascript")
		case *network.EventLoadingFinished:
			if s.scripts[e.RequestID] {
				s.sum += e.EncodedDataLength
			}
		}
	})
	return s
}

func (s *scale) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.scripts)
	s.sum = 0
}

func (s *scale) bytes() float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sum
}

// A Watch is a desk that stays open and notes when rows are painted.
type Watch struct {
	tab  context.Context
	stop context.CancelFunc
}

// Watch opens the desk and leaves it open.
func (b *Browser) Watch(p Person) (*Watch, error) {
	tab, stop, err := b.person(p)
	if err != nil {
		return nil, err
	}
	w := &Watch{tab, stop}
	err = errors.Join(b.fit(tab, Sizes[0], "en"),
		within(tab, time.Minute, chromedp.Navigate(b.address+"/"), chromedp.Poll(usable, nil)))
	if err != nil {
		stop()
		return nil, fmt.Errorf("the desk is not usable: %w", err)
	}
	return w, nil
}

// Reload opens the desk anew.
func (w *Watch) Reload() error {
	return within(w.tab, 2*time.Minute, chromedp.Reload(), chromedp.Poll(usable, nil))
}

// Close closes the desk.
func (w *Watch) Close() { w.stop() }

// Painted returns when the row of each incident was first painted, by its id.
func (w *Watch) Painted() (map[string]time.Time, error) {
	var said string
	err := within(w.tab, 30*time.Second, chromedp.Evaluate(`JSON.stringify(performance.getEntriesByType("mark")
		.filter(m => m.name.startsWith("painted:")).reduceRight((o, m) => (o[m.name.slice(8)] = performance.timeOrigin + m.startTime, o), {}))`, &said))
	if err != nil {
		return nil, fmt.Errorf("ask the desk what it has painted: %w", err)
	}
	var ms map[string]float64
	if err := json.Unmarshal([]byte(said), &ms); err != nil {
		return nil, err
	}
	out := make(map[string]time.Time, len(ms))
	for id, at := range ms {
		out[id] = time.UnixMicro(int64(at * 1000))
	}
	return out, nil
}

// scroll pushes the list up and down for five seconds and returns how long each
// frame took, in milliseconds.
const scroll = `new Promise(done => {
	const list = document.querySelector(".feed");
	let box = list;
	while (box && box !== document.documentElement && !(box.scrollHeight > box.clientHeight && /auto|scroll/.test(getComputedStyle(box).overflowY))) box = box.parentElement;
	box = box || document.scrollingElement;
	const frames = [], began = performance.now();
	let last = began, step = 120;
	requestAnimationFrame(function next(now) {
		frames.push(now - last);
		last = now;
		const before = box.scrollTop;
		box.scrollTop += step;
		if (box.scrollTop === before) step = -step;
		if (now - began < 5000) requestAnimationFrame(next); else done(JSON.stringify(frames.slice(1)));
	});
})`

// Scroll returns the median and the 95th percentile of the time from frame to frame
// while the list is scrolled, in milliseconds.
func (w *Watch) Scroll() (p50, p95 float64, err error) {
	var said string
	if err := within(w.tab, time.Minute, chromedp.Evaluate(scroll, &said, chromedp.EvalAsValue, await)); err != nil {
		return 0, 0, fmt.Errorf("scroll the list: %w", err)
	}
	var frames []float64
	if err := json.Unmarshal([]byte(said), &frames); err != nil {
		return 0, 0, err
	}
	if len(frames) < 10 {
		return 0, 0, fmt.Errorf("only %d frames in five seconds", len(frames))
	}
	return quantile(frames, 0.5), quantile(frames, 0.95), nil
}

// Nodes is how many elements the page has.
func (w *Watch) Nodes() (n int, err error) {
	err = within(w.tab, 30*time.Second, chromedp.Evaluate(`document.querySelectorAll("*").length`, &n))
	return n, err
}

// quantile returns the q-quantile of what is not empty, by the nearest rank.
func quantile(v []float64, q float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return s[min(len(s)-1, int(q*float64(len(s))))]
}
