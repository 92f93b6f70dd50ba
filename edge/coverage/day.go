package coverage

import (
	"maps"
	"slices"
	"time"

	"eastgate/shared/wire"
)

// A day is one device's day as far as it is known; what is open still is added
// when it is told. All times are positions: milliseconds since 1970.
type day struct {
	due     int64
	through int64
	blind   map[string]int64
	gaps    []wire.CoverageGap
	more    int
	version int64 // of what was last told
	held    int64 // the version that the cloud holds
	changed bool  // since it was last told
}

// expect adds time that is due.
func (d *day) expect(from, to int64) {
	d.due += to - from
	d.through = max(d.through, to)
	d.changed = true
}

// add adds a gap. Where there are too many, the shortest is left to the sums.
func (d *day) add(g wire.CoverageGap) {
	if d.blind == nil {
		d.blind = map[string]int64{}
	}
	d.blind[g.Cause] += g.To - g.From
	d.changed = true
	if n := len(d.gaps); n > 0 && d.gaps[n-1].To == g.From && d.gaps[n-1].Cause == g.Cause {
		d.gaps[n-1].To = g.To
		return
	}
	d.gaps = append(d.gaps, g)
	if len(d.gaps) <= wire.MaxGaps {
		return
	}
	short := 0
	for i, g := range d.gaps {
		if g.To-g.From < d.gaps[short].To-d.gaps[short].From {
			short = i
		}
	}
	d.gaps = slices.Delete(d.gaps, short, short+1)
	d.more++
}

// clone returns a copy that can be added to.
func (d *day) clone() *day {
	c := *d
	c.blind, c.gaps = maps.Clone(d.blind), slices.Clone(d.gaps)
	return &c
}

// seen is what was due and not blind. Gaps are cut out of due time, so it is never
// below 0, but for a clock that was slewed by some milliseconds.
func (d *day) seen() int64 {
	s := d.due
	for _, ms := range d.blind {
		s -= ms
	}
	return s
}

// A part is what of a stretch of time falls on one day.
type part struct {
	date     string
	from, to int64
}

// parts cuts a stretch at the local midnights.
func parts(from, to int64, local *time.Location) []part {
	var out []part
	for from < to {
		t := time.UnixMilli(from).In(local)
		y, m, d := t.Date()
		end := time.Date(y, m, d+1, 0, 0, 0, 0, local).UnixMilli()
		if end <= from { // a zone that leaves out its midnight
			end = from + time.Hour.Milliseconds()
		}
		out = append(out, part{t.Format(time.DateOnly), from, min(end, to)})
		from = end
	}
	return out
}
