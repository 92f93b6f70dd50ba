package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"eastgate/cloud/access"
	"eastgate/scripts/rig/screen"
	"eastgate/shared/event"
)

// A figure of the console, the last line that `rig console-check -json` prints.
type consoleProof struct {
	Pages      int     `json:"pages"` // looks: pages × languages × sizes
	Violations int     `json:"axe_violations"`
	TooWide    int     `json:"too_wide"` // looks at which the page is wider than its window
	Faults     int     `json:"page_faults"`
	ScriptKB   float64 `json:"desk_js_gz_kb"`
	UsableMS   float64 `json:"usable_ms"`
	EventP50   float64 `json:"event_to_screen_p50_ms"`
	EventP95   float64 `json:"event_to_screen_p95_ms"`
	Frame50    float64 `json:"rows_10000_frame_p50_ms"`
	Frame95    float64 `json:"rows_10000_frame_p95_ms"`
	Nodes      int     `json:"rows_10000_nodes"`
}

const (
	samples  = 100    // events that are timed to the screen
	manyRows = 10_000 // alerts that the list must carry
)

// people are the accounts that look at the pages, by their role.
var people = []string{"duty_officer", "dispatcher", "handler", "checker", "centre_lead", "supervisor", "system_admin", "security_admin", "audit_admin"}

const axeFile = "cloud/console/desk/node_modules/axe-core/axe.min.js"

// checkConsole shows a site with a month behind it to a browser, and writes what it saw
// and a picture of each page to out.
func checkConsole(ctx context.Context, out string, asJSON bool) error {
	axe, err := os.ReadFile(axeFile)
	if err != nil {
		return fmt.Errorf("%w: scripts/setup test fetches it", err)
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "eastgate-console-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s, err := newSite(filepath.Join(dir, "site"), "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer s.down()
	persons, err := s.furnish(ctx)
	if err != nil {
		return err
	}
	b, err := screen.Open(ctx, "http://"+s.console, filepath.Join(dir, "chromium"))
	if err != nil {
		return err
	}
	defer b.Close()
	var p consoleProof
	if err := errors.Join(s.walk(ctx, b, persons, string(axe), out, &p), s.race(ctx, b, persons, &p)); err != nil {
		return err
	}
	return p.tell(asJSON)
}

// furnish starts a site that has a past: the last month as the seed plays it, then
// real cameras, and one account for each role.
func (s *site) furnish(ctx context.Context) (map[string]screen.Person, error) {
	views, err := drawn(ctx)
	if err != nil {
		return nil, err
	}
	fmt.Fprintln(os.Stderr, "playing a month …")
	today := time.Now()
	_, err = output(ctx, "bin/cloud", "seed", "-store", "sqlite:"+filepath.Join(s.dir, "cloud.db"), "-seed", "7",
		"-from", today.AddDate(0, 0, -31).Format(time.DateOnly), "-to", today.AddDate(0, 0, -1).Format(time.DateOnly))
	if err != nil {
		return nil, err
	}
	if err := s.up(ctx, views); err != nil {
		return nil, err
	}
	config := filepath.Join(s.dir, "cloud.yml")
	if err := s.enrol(ctx, pulseBox, filepath.Join(s.dir, pulseBox)); err != nil {
		return nil, err
	}
	persons := map[string]screen.Person{"": {}}
	for _, role := range people {
		name := strings.ReplaceAll(role, "_", "-")
		said, err := output(ctx, "bin/cloud", "user", "add", "-config", config, "-role", role, name)
		if err != nil {
			return nil, err
		}
		p := screen.Person{Name: name, Password: lastWord(said)}
		if access.Role(role).Administers() {
			seed, err := secondFactor(ctx, config, name)
			if err != nil {
				return nil, err
			}
			p.Code = func(ctx context.Context) (string, error) { return seed.code(ctx) }
		}
		persons[role] = p
	}
	return persons, s.alarmed(ctx, persons["duty_officer"])
}

// alarmed waits until a camera's fire has come with its picture and its clip.
func (s *site) alarmed(ctx context.Context, p screen.Person) error {
	fmt.Fprintln(os.Stderr, "waiting for a camera's alarm with its clip …")
	api, err := s.ask(ctx, p)
	if err != nil {
		return err
	}
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end) && ctx.Err() == nil; time.Sleep(time.Second) {
		if _, err := api.fire(ctx); !errors.Is(err, errNoFire) {
			return err
		}
	}
	return errors.Join(ctx.Err(), errNoFire)
}

// walk looks at every page.
func (s *site) walk(ctx context.Context, b *screen.Browser, persons map[string]screen.Person, axe, out string, p *consoleProof) error {
	pages, err := s.pages(ctx, persons)
	if err != nil {
		return err
	}
	var looks []screen.Look
	err = b.Walk(pages, axe, out, func(l screen.Look) {
		looks = append(looks, l)
		p.Pages++
		p.Violations += len(l.Violations)
		p.Faults += len(l.Faults)
		if l.Wider > 0 {
			p.TooWide++
		}
		fmt.Fprintf(os.Stderr, "%-24s %-6s %-6s %d violations%s\n", l.Page, l.Lang, l.Size, len(l.Violations), remarks(l))
	})
	report, failed := json.MarshalIndent(looks, "", "  ")
	return errors.Join(err, failed, os.WriteFile(filepath.Join(out, "looks.json"), report, 0o644))
}

func remarks(l screen.Look) string {
	var b strings.Builder
	for _, v := range l.Violations {
		fmt.Fprintf(&b, "\n    %s (%s): %s", v.Rule, v.Impact, v.Help)
	}
	for _, f := range l.Faults {
		fmt.Fprintf(&b, "\n    fault: %s", f)
	}
	if l.Wider > 0 {
		fmt.Fprintf(&b, "\n    %d pixels too wide", l.Wider)
	}
	return b.String()
}

// race measures how fast the desk is: first alone, then with 10,000 rows.
func (s *site) race(ctx context.Context, b *screen.Browser, persons map[string]screen.Person, p *consoleProof) error {
	duty := persons["duty_officer"]
	first, err := b.First(duty, 5)
	if err != nil {
		return err
	}
	p.ScriptKB, p.UsableMS = first.ScriptKB, first.UsableMS
	box, err := s.startPulse(ctx)
	if err != nil {
		return err
	}
	w, err := b.Watch(duty)
	if err != nil {
		return errors.Join(err, box.close())
	}
	defer w.Close()
	err = errors.Join(s.toScreen(ctx, box, w, duty, p), s.crowd(ctx, box, w, p))
	return errors.Join(err, box.close())
}

// toScreen times events from the edge's disk to the painted row.
func (s *site) toScreen(ctx context.Context, box *pulse, w *screen.Watch, duty screen.Person, p *consoleProof) error {
	put := map[string]time.Time{} // by device
	for i := range samples {
		device := fmt.Sprintf("p-%05d", i)
		at, err := box.put(ctx, device, event.FireLaneBlocked)
		if err != nil {
			return err
		}
		put[device] = at
		time.Sleep(100 * time.Millisecond)
	}
	if err := box.drained(ctx); err != nil {
		return err
	}
	api, err := s.ask(ctx, duty)
	if err != nil {
		return err
	}
	incidents, err := api.incidents(ctx, "state=open&class="+string(event.FireLaneBlocked), 2*samples)
	if err != nil {
		return err
	}
	var took []float64
	for end := time.Now().Add(10 * time.Second); len(took) < len(put) && time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		painted, err := w.Painted()
		if err != nil {
			return err
		}
		took = took[:0]
		for _, i := range incidents {
			at, shown := painted[i.ID]
			if began := put[i.Device]; shown && i.Box == pulseBox && !began.IsZero() {
				took = append(took, float64(at.Sub(began).Microseconds())/1000)
			}
		}
	}
	if len(took) < len(put) {
		return fmt.Errorf("only %d of %d new alarms were painted", len(took), len(put))
	}
	slices.Sort(took)
	p.EventP50, p.EventP95 = took[len(took)/2], took[len(took)*95/100]
	return nil
}

// crowd fills the list and scrolls it.
func (s *site) crowd(ctx context.Context, box *pulse, w *screen.Watch, p *consoleProof) error {
	fmt.Fprintf(os.Stderr, "putting %d alerts …\n", manyRows)
	put := make(chan string)
	failed := make(chan error, 64)
	for range cap(failed) { // as many at a time as one commit takes
		go func() {
			var err error
			for device := range put {
				_, again := box.put(ctx, device, event.FireLaneBlocked)
				err = errors.Join(err, again)
			}
			failed <- err
		}()
	}
	for i := samples; i < manyRows; i++ {
		put <- fmt.Sprintf("p-%05d", i)
	}
	close(put)
	var err error
	for range cap(failed) {
		err = errors.Join(err, <-failed)
	}
	if err = errors.Join(err, box.drained(ctx)); err != nil {
		return err
	}
	if err := w.Reload(); err != nil {
		return err
	}
	if p.Frame50, p.Frame95, err = w.Scroll(); err != nil {
		return err
	}
	p.Nodes, err = w.Nodes()
	return err
}

// table tells people, with the goals beside it.
func (p *consoleProof) table(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, r := range []struct {
		what  string
		value float64
		unit  string
		goal  string
	}{
		{"looks (pages × languages × sizes)", float64(p.Pages), "", ""},
		{"violations found by axe", float64(p.Violations), "", "0"},
		{"looks wider than the window", float64(p.TooWide), "", "0"},
		{"faults of pages", float64(p.Faults), "", "0"},
		{"scripts of the first load, gzip", p.ScriptKB, "kB", "60"},
		{"first load until the list is usable", p.UsableMS, "ms", "800"},
		{"on the edge's disk → row painted, median", p.EventP50, "ms", ""},
		{"on the edge's disk → row painted, p95", p.EventP95, "ms", "150"},
		{"10,000 rows scrolled, frame, median", p.Frame50, "ms", "16.7"},
		{"10,000 rows scrolled, frame, p95", p.Frame95, "ms", "34"},
		{"10,000 rows, elements of the page", float64(p.Nodes), "", "600"},
	} {
		fmt.Fprintf(w, "%s\t%.4g %s\t%s\n", r.what, r.value, r.unit, cmp.Or(r.goal, "–"))
	}
	return w.Flush()
}

func (p *consoleProof) tell(asJSON bool) error {
	if asJSON {
		if err := json.NewEncoder(os.Stdout).Encode(p); err != nil {
			return err
		}
	} else if err := p.table(os.Stdout); err != nil {
		return err
	}
	if p.Violations+p.Faults+p.TooWide > 0 {
		return fmt.Errorf("%d violations, %d faults, %d pages too wide: looks.json tells each", p.Violations, p.Faults, p.TooWide)
	}
	return nil
}
