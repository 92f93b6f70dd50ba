package coverage

import (
	"cmp"
	"slices"
	"time"

	"eastgate/shared/wire"
)

// A place is where a device is.
type place struct{ site, box, device string }

// A sheet adds up what boxes told, and what they have not told yet.
type sheet struct {
	from, to string
	now      int64
	devices  map[place]*Device
	open     []Open
}

func (s *sheet) day(p place, date string) *Day {
	d := s.devices[p]
	if d == nil {
		d = &Device{Site: p.site, Box: p.box, Device: p.device}
		s.devices[p] = d
	}
	for i := range d.Days {
		if d.Days[i].Day == date {
			return &d.Days[i]
		}
	}
	d.Days = append(d.Days, Day{Day: date, Gaps: []Gap{}})
	return &d.Days[len(d.Days)-1]
}

// take adds what a box told; of one day several ledgers may tell, one after another.
func (s *sheet) take(t Told) {
	p := place{t.Site, t.Box, t.Device}
	d := s.day(p, t.Day)
	d.Due += seconds(t.Due)
	d.Seen += seconds(t.Seen)
	for cause, ms := range t.Blind {
		d.blind(cause, seconds(ms))
	}
	d.More += t.More
	fresh := s.now-t.Through < Away.Milliseconds()
	for _, g := range t.Gaps {
		d.Gaps = append(d.Gaps, Gap{time.UnixMilli(g.From).UTC(), time.UnixMilli(g.To).UTC(), g.Cause})
		if g.To == t.Through && fresh {
			s.open = append(s.open, Open{t.Site, t.Box, t.Device, g.Cause, s.since(p, g)})
		}
	}
}

// since is when an open gap began: maybe days before its day's first moment.
func (s *sheet) since(p place, g wire.CoverageGap) time.Time {
	from := time.UnixMilli(g.From).UTC()
	for again := true; again; {
		again = false
		for _, d := range s.devices[p].Days {
			for _, before := range d.Gaps {
				if before.Cause == g.Cause && before.To.Equal(from) && before.From.Before(from) {
					from, again = before.From, true
				}
			}
		}
	}
	return from
}

// away adds the time since each box last told, for the devices that it had then.
func (s *sheet) away(newest []Newest) {
	last := map[[2]string]int64{}
	for _, n := range newest {
		b := [2]string{n.Site, n.Box}
		last[b] = max(last[b], n.Through)
	}
	for _, n := range newest {
		box := last[[2]string{n.Site, n.Box}]
		until := s.now
		if n.Revoked > 0 {
			until = min(until, n.Revoked)
		}
		if box-n.Through > Away.Milliseconds() || until-n.Through < Away.Milliseconds() {
			continue // taken out of the box; or told of just now
		}
		s.blind(n, until)
	}
	slices.SortFunc(s.open, func(a, b Open) int {
		return cmp.Or(cmp.Compare(a.Site, b.Site), cmp.Compare(a.Box, b.Box), cmp.Compare(a.Device, b.Device))
	})
}

func (s *sheet) blind(n Newest, until int64) {
	p := place{n.Site, n.Box, n.Device}
	local := zone(n.Timezone)
	for at := n.Through; at < until; {
		t := time.UnixMilli(at).In(local)
		y, m, d := t.Date()
		end := min(time.Date(y, m, d+1, 0, 0, 0, 0, local).UnixMilli(), until)
		if date := t.Format(time.DateOnly); date >= s.from && date <= s.to {
			day := s.day(p, date)
			day.Due += seconds(end - at)
			day.blind(wire.BoxAway, seconds(end-at))
			day.Gaps = append(day.Gaps, Gap{time.UnixMilli(at).UTC(), time.UnixMilli(end).UTC(), wire.BoxAway})
		}
		at = end
	}
	if n.Revoked == 0 {
		s.open = append(s.open, Open{n.Site, n.Box, n.Device, wire.BoxAway, time.UnixMilli(n.Through).UTC()})
	}
}

// zone is the box's local time. Where its name is not known here, it is the one
// where Eastgate is at home.
func zone(name string) *time.Location {
	if l, err := time.LoadLocation(name); err == nil && name != "" {
		return l
	}
	return time.FixedZone("Asia/Shanghai", 8*60*60)
}
