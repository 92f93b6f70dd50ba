// Package coverage says how much of the time each device was watched, and tells
// when a box or a whole site cannot be heard.
//
// It promises that a figure is never better than what is known: time of which a
// box has not told yet is not seen, with a cause of its own (box_away), until the
// box tells what really was. It answers from what boxes counted themselves; the
// counting is told in edge/coverage.
package coverage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"eastgate/shared/wire"
)

// A Store keeps what boxes told.
type Store interface {
	// CoverageDays returns the days from one date to another, both included, of one
	// site or, where it is empty, of all; by site, box, device and day.
	CoverageDays(ctx context.Context, from, to, site string) ([]Told, error)
	// CoverageNewest returns up to when each device was told of.
	CoverageNewest(ctx context.Context, site string) ([]Newest, error)
}

// A Told is a day as a box told it.
type Told struct {
	Site, Box string
	wire.CoverageDay
}

// A Newest is up to when a device was told of, in milliseconds since 1970. Revoked
// is when its box was, 0 while it may speak.
type Newest struct {
	Site, Box, Device, Timezone string
	Through, Revoked            int64
}

// A Report is what was watched of what should have been. Lengths are seconds.
type Report struct {
	From    string    `json:"from"` // local dates, both included
	To      string    `json:"to"`
	At      time.Time `json:"at"`
	Sites   []Site    `json:"sites"`
	Devices []Device  `json:"devices"`
	Open    []Open    `json:"open"` // gaps that go on now
}

// A Figure is a share of time.
type Figure struct {
	Due   float64            `json:"due_s"`
	Seen  float64            `json:"seen_s"`
	Share *float64           `json:"share"`             // null where nothing was due
	Blind map[string]float64 `json:"blind_s,omitempty"` // by cause
}

// A Site is all its devices together.
type Site struct {
	Site    string `json:"site"`
	Devices int    `json:"devices"`
	Figure
}

// A Device is one camera or sensor over the whole time, and day by day.
type Device struct {
	Site   string `json:"site"`
	Box    string `json:"box"`
	Device string `json:"device"`
	Figure
	Days []Day `json:"days"`
}

// A Day is one local day of a device.
type Day struct {
	Day string `json:"day"`
	Figure
	Gaps []Gap `json:"gaps"`
	More int   `json:"more,omitempty"` // short gaps that are in the sums only
}

// A Gap is one stretch of not watching.
type Gap struct {
	From  time.Time `json:"from"`
	To    time.Time `json:"to"`
	Cause string    `json:"cause"`
}

// An Open gap goes on.
type Open struct {
	Site   string    `json:"site"`
	Box    string    `json:"box"`
	Device string    `json:"device"`
	Cause  string    `json:"cause"`
	Since  time.Time `json:"since"`
}

// Away is how long a box may say nothing before the time counts as not seen. Boxes
// tell every 30 s.
const Away = 2 * time.Minute

// Figures answers questions.
type Figures struct {
	store Store
	now   func() time.Time
}

// New returns the figures over a store; now is the cloud's clock.
func New(s Store, now func() time.Time) *Figures { return &Figures{s, now} }

// MaxDays bounds one question.
const MaxDays = 92

// ErrRange says that a question is not about a range of days.
var ErrRange = errors.New("coverage: from and to are dates such as 2026-11-25, at most 92 days apart")

// Report says what was watched from one local date to another, both included, at
// one site or, where it is empty, at all.
func (f *Figures) Report(ctx context.Context, from, to, site string) (Report, error) {
	first, err1 := time.Parse(time.DateOnly, from)
	last, err2 := time.Parse(time.DateOnly, to)
	if err1 != nil || err2 != nil || last.Before(first) || last.Sub(first) >= MaxDays*24*time.Hour {
		return Report{}, ErrRange
	}
	newest, err := f.store.CoverageNewest(ctx, site)
	if err != nil {
		return Report{}, fmt.Errorf("coverage: %w", err)
	}
	told, err := f.store.CoverageDays(ctx, from, to, site)
	if err != nil {
		return Report{}, fmt.Errorf("coverage: %w", err)
	}
	now := f.now()
	s := sheet{from: from, to: to, now: now.UnixMilli(), devices: map[place]*Device{}}
	for _, t := range told {
		s.take(t)
	}
	s.away(newest)
	r := Report{From: from, To: to, At: now.UTC(), Devices: s.list(), Open: s.open}
	r.Sites = sites(r.Devices)
	return r, nil
}

func sites(devices []Device) []Site {
	out := []Site{}
	for _, d := range devices {
		if n := len(out); n == 0 || out[n-1].Site != d.Site {
			out = append(out, Site{Site: d.Site})
		}
		s := &out[len(out)-1]
		s.Devices++
		s.plus(d.Figure)
	}
	for i := range out {
		out[i].settle()
	}
	return out
}

func (f *Figure) plus(g Figure) {
	f.Due += g.Due
	f.Seen += g.Seen
	for cause, s := range g.Blind {
		f.blind(cause, s)
	}
}

func (f *Figure) blind(cause string, seconds float64) {
	if f.Blind == nil {
		f.Blind = map[string]float64{}
	}
	f.Blind[cause] += seconds
}

func (f *Figure) settle() {
	if f.Due > 0 {
		share := f.Seen / f.Due
		f.Share = &share
	}
}

func seconds(ms int64) float64 { return float64(ms) / 1000 }

func (s *sheet) list() []Device {
	out := make([]Device, 0, len(s.devices))
	for _, d := range s.devices {
		slices.SortFunc(d.Days, func(a, b Day) int { return cmp.Compare(a.Day, b.Day) })
		for i := range d.Days {
			d.Days[i].settle()
			d.plus(d.Days[i].Figure)
		}
		d.settle()
		out = append(out, *d)
	}
	slices.SortFunc(out, func(a, b Device) int {
		return cmp.Or(cmp.Compare(a.Site, b.Site), cmp.Compare(a.Box, b.Box), cmp.Compare(a.Device, b.Device))
	})
	return out
}
