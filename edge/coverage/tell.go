package coverage

import (
	"errors"
	"maps"
	"slices"
	"time"

	"eastgate/shared/wire"
)

// Pending returns every day that the cloud does not hold as it is now.
func (l *Ledger) Pending() []wire.CoverageDay {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []wire.CoverageDay
	for _, k := range l.book.keys() {
		if d := l.book.days[k]; d.changed || d.held < d.version {
			out = append(out, l.tell(k))
		}
	}
	l.m.pending.Set(float64(len(out)))
	return out
}

// tell returns a day under a version of its own.
func (l *Ledger) tell(k key) wire.CoverageDay {
	d := l.book.days[k]
	if d.changed || d.version == 0 {
		d.version = max(d.version+1, d.through)
		d.changed = false
		l.dates[k.date] = true
	}
	return l.book.tell(k)
}

// Held takes in which days the cloud holds. What is held and past need not be kept.
func (l *Ledger) Held(marks []wire.CoverageMark) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range marks {
		d := l.book.days[key{m.Device, m.Day}]
		if m.Epoch == l.book.epoch && d != nil && m.Version <= d.version {
			d.held = max(d.held, m.Version)
		}
	}
}

// Save puts on disk what has changed, and lets go of what the cloud holds of days
// before yesterday: what is found in hindsight may change yesterday still.
func (l *Ledger) Save() error {
	l.mu.Lock()
	files, gone := l.collect()
	l.mu.Unlock()
	var faults []error
	for _, date := range slices.Sorted(maps.Keys(files)) {
		faults = append(faults, l.folder.save(date, files[date]))
	}
	for _, date := range gone {
		faults = append(faults, l.folder.drop(date))
	}
	return errors.Join(faults...)
}

func (l *Ledger) collect() (files map[string][]wire.CoverageDay, gone []string) {
	now := l.cfg.Now().Wall.In(l.book.local)
	yesterday := now.AddDate(0, 0, -1).Format(time.DateOnly)
	keep := map[string]bool{}
	for k, d := range l.book.days {
		if d.changed {
			l.dates[k.date] = true
		}
		if k.date >= yesterday || l.last(k) || (d.changed || d.held < d.version) && !tooOld(k.date, now) {
			keep[k.date] = true
		}
	}
	files = map[string][]wire.CoverageDay{}
	for _, k := range l.book.keys() {
		switch {
		case !keep[k.date]:
			delete(l.book.days, k)
			gone = append(gone, k.date)
		case l.dates[k.date]:
			files[k.date] = append(files[k.date], l.tell(k))
		}
	}
	clear(l.dates)
	return files, slices.Compact(gone)
}

// last says that a day is the newest of a device that is due: where the next run
// begins from.
func (l *Ledger) last(k key) bool {
	return l.book.devices[k.device] != nil && l.book.last(k.device) == l.book.days[k].through
}
