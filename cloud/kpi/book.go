package kpi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"eastgate/shared/event"
)

// A Book holds what people enter for the figures. Whoever is scored by a figure
// must not be the one who enters it: callers ask access for that.
type Book interface {
	AddEffort(ctx context.Context, who string, now time.Time, entries ...Effort) error
	AddAudit(ctx context.Context, who string, now time.Time, entries ...Audit) error
	SetOfficial(ctx context.Context, who string, now time.Time, entries ...Official) error
	SetBaseline(ctx context.Context, who string, now time.Time, b Baseline) error
	// Entered returns what falls into a time; baselines always.
	Entered(ctx context.Context, from, to time.Time) (Entries, error)
}

// Entries are what people have entered.
type Entries struct {
	Effort    []Effort
	Audits    []Audit
	Official  []Official
	Baselines []Baseline
}

// Published keeps figures as they were first said.
type Published interface {
	// Figures returns the newest revision of a settled month.
	Figures(ctx context.Context, month, definition string) (body []byte, ok bool, err error)
	KeepFigures(ctx context.Context, month, definition string, now time.Time, body []byte) error
}

// Cases gives the rows of a time by when they were first seen.
type Cases interface {
	Cases(ctx context.Context, from, to time.Time) ([]Case, error)
}

// Site is what the figures need to know of the place.
type Site struct {
	Households int
	Cameras    int // 0 when not known
	// Coverage is the share of due camera time that was seen; nil when not known.
	Coverage func(ctx context.Context, from, to time.Time) (*float64, error)
	Working  func(from, to time.Time) time.Duration
}

// An Office computes and publishes figures.
type Office struct {
	Definition *Definition
	Cases      Cases
	Book       Book
	Published  Published
	Site       Site
	Now        func() time.Time

	mu     sync.Mutex
	recent map[string]recent
}

// recent figures are of a month that is not settled: they are asked for by every
// reader of a page, and need not be newer than a minute.
type recent struct {
	at      time.Time
	figures []Figure
}

const freshFor = time.Minute

// Month returns the figures of a month such as "2025-06". A settled month is
// computed once and never changes; before that figures are as of now.
func (o *Office) Month(ctx context.Context, month string) ([]Figure, error) {
	p, err := o.Definition.Month(month)
	if err != nil {
		return nil, err
	}
	now := o.Now()
	if now.Before(p.AsOf) {
		p.AsOf = now
		return o.unsettled(ctx, month, p)
	}
	body, ok, err := o.Published.Figures(ctx, month, o.Definition.Version)
	if err != nil {
		return nil, fmt.Errorf("figures of %s: %w", month, err)
	}
	if ok {
		var out []Figure
		return out, json.Unmarshal(body, &out)
	}
	out, err := o.compute(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("figures of %s: %w", month, err)
	}
	if body, err = json.Marshal(out); err != nil {
		return nil, err
	}
	return out, o.Published.KeepFigures(ctx, month, o.Definition.Version, now, body)
}

func (o *Office) unsettled(ctx context.Context, month string, p Period) ([]Figure, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if r, ok := o.recent[month]; ok && p.AsOf.Sub(r.at) < freshFor {
		return r.figures, nil
	}
	out, err := o.compute(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("figures of %s: %w", month, err)
	}
	maps.DeleteFunc(o.recent, func(_ string, r recent) bool { return p.AsOf.Sub(r.at) >= freshFor })
	if o.recent == nil {
		o.recent = map[string]recent{}
	}
	o.recent[month] = recent{p.AsOf, out}
	return out, nil
}

func (o *Office) compute(ctx context.Context, p Period) ([]Figure, error) {
	data := Data{Households: o.Site.Households, Working: o.Site.Working}
	spans := []Period{p}
	entries, err := o.Book.Entered(ctx, p.From, p.To)
	if err != nil {
		return nil, err
	}
	data.Effort, data.Audits, data.Official, data.Baselines = entries.Effort, entries.Audits, entries.Official, entries.Baselines
	for _, b := range entries.Baselines {
		spans = append(spans, Period{From: b.From, To: b.To})
		if b.Of != "effort" {
			continue
		}
		before, err := o.Book.Entered(ctx, b.From, b.To)
		if err != nil {
			return nil, err
		}
		data.Effort = append(data.Effort, before.Effort...)
	}
	for _, s := range union(spans) {
		cases, err := o.Cases.Cases(ctx, s.From, s.To)
		if err != nil {
			return nil, err
		}
		data.Cases = append(data.Cases, cases...)
	}
	if o.Site.Cameras > 0 {
		data.CameraDays = num(float64(o.Site.Cameras) * p.days())
	}
	if o.Site.Coverage != nil {
		if data.Coverage, err = o.Site.Coverage(ctx, p.From, p.To); err != nil {
			return nil, err
		}
	}
	return Compute(o.Definition, p, data), nil
}

// union joins times that overlap, so that no case is read twice.
func union(spans []Period) []Period {
	slices.SortFunc(spans, func(a, b Period) int { return a.From.Compare(b.From) })
	out := spans[:1]
	for _, s := range spans[1:] {
		last := &out[len(out)-1]
		if s.From.After(last.To) {
			out = append(out, s)
		} else if s.To.After(last.To) {
			last.To = s.To
		}
	}
	return out
}

// Check returns every fault of an entry of effort.
func (e Effort) Check() error {
	var faults []error
	if !slices.Contains([]string{"clock", "diary", "roster"}, e.Method) {
		faults = append(faults, fmt.Errorf("method %.20q is not clock, diary or roster", e.Method))
	}
	if e.Hours <= 0 || e.Hours > 24 {
		faults = append(faults, fmt.Errorf("hours %v are not within a day", e.Hours))
	}
	if e.Role == "" || !event.ValidName(e.Worker) {
		faults = append(faults, fmt.Errorf("role and worker are needed; a worker is an account name of %s", event.NameRule))
	}
	return errors.Join(faults...)
}

// Check returns every fault of an audit.
func (a Audit) Check() error {
	if a.Known < 0 || a.Found < a.Known || a.Hours <= 0 {
		return fmt.Errorf("audit: found %d, of them known %d, in %v hours cannot be", a.Found, a.Known, a.Hours)
	}
	return nil
}

// Check returns every fault of a baseline.
func (b Baseline) Check() error {
	var faults []error
	if !slices.Contains([]string{"handling", "enforcement", "effort"}, b.Of) {
		faults = append(faults, fmt.Errorf("baseline of %.20q: handling, enforcement or effort", b.Of))
	}
	if b.Method != "measured" && b.Method != "recalled" {
		faults = append(faults, fmt.Errorf("baseline method %.20q: measured or recalled", b.Method))
	}
	if !b.From.Before(b.To) {
		faults = append(faults, errors.New("baseline: it ends before it begins"))
	}
	return errors.Join(faults...)
}
