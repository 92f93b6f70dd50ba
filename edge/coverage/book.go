package coverage

import (
	"cmp"
	"slices"
	"time"

	"eastgate/shared/wire"
)

// A book counts. It knows no clock: it is told positions, milliseconds since 1970
// that rise as the monotonic clock does.
type book struct {
	epoch   string
	local   *time.Location
	days    map[key]*day
	devices map[string]*device
	until   int64 // up to where all is counted
}

// A key names a day of a device.
type key struct{ device, date string }

// A device is due, and seen from one sign of it to the next.
type device struct {
	name    string
	every   int64 // how far signs may be apart, in milliseconds
	sign    int64 // the newest
	settled int64 // no gap begins before

	cause string // of the gap that is open; empty while there is none
	guess bool   // the cause is only the likeliest
	from  int64
}

// settle is how long a guess may still become something known.
const settle = 30 * time.Second

func newBook(epoch string, local *time.Location) *book {
	return &book{epoch: epoch, local: local, days: map[key]*day{}, devices: map[string]*device{}}
}

// last is up to where a device was told of before.
func (b *book) last(name string) (through int64) {
	for k, d := range b.days {
		if k.device == name {
			through = max(through, d.through)
		}
	}
	return through
}

// enter makes a device due from now on. From where it was last told of to the
// start of this run the box was off.
func (b *book) enter(name string, every time.Duration, start, now int64) {
	d := &device{name: name, every: every.Milliseconds(), cause: wire.Starting, guess: true, from: now, settled: now, sign: now}
	b.devices[name] = d
	if last := b.last(name); last > 0 && last < now {
		off := min(max(start, last), now)
		b.expect(name, last, now)
		b.gap(name, last, off, wire.BoxOff)
		d.from, d.settled = off, off
	}
}

func (b *book) day(name, date string) *day {
	k := key{name, date}
	if b.days[k] == nil {
		b.days[k] = &day{}
	}
	return b.days[k]
}

func (b *book) expect(name string, from, to int64) {
	for _, p := range parts(from, to, b.local) {
		b.day(name, p.date).expect(p.from, p.to)
	}
}

func (b *book) gap(name string, from, to int64, cause string) {
	for _, p := range parts(from, to, b.local) {
		b.day(name, p.date).add(wire.CoverageGap{From: p.from, To: p.to, Cause: cause})
	}
}

// advance counts all devices up to now.
func (b *book) advance(now int64) {
	if now <= b.until {
		return
	}
	for name := range b.devices {
		b.expect(name, b.until, now)
	}
	b.until = now
}

// saw takes in a sign of a device: what was open ends.
func (b *book) saw(d *device, now int64) {
	b.advance(now)
	if d.cause == "" && now-d.sign > d.every {
		b.open(d, d.sign, now, "", true) // nobody noticed in time
	}
	b.shut(d, now)
	d.sign = now
}

// shut ends the open gap.
func (b *book) shut(d *device, now int64) {
	if d.cause == "" {
		return
	}
	b.gap(d.name, d.from, now, d.cause)
	d.cause, d.settled = "", now
}

// blind takes in that a device is not watched, since when and why. A cause that
// is a guess never replaces one that is known.
func (b *book) blind(d *device, since, now int64, cause string, guess bool) {
	b.advance(now)
	switch {
	case d.cause == "":
		b.open(d, since, now, cause, guess)
	case d.cause == cause:
		d.guess = d.guess && guess
	case guess && !d.guess:
	case d.guess && now-d.from <= settle.Milliseconds():
		d.cause, d.guess = cause, guess
	default:
		b.shut(d, now)
		b.open(d, now, now, cause, guess)
	}
}

func (b *book) open(d *device, since, now int64, cause string, guess bool) {
	d.cause, d.guess = cmp.Or(cause, wire.Overload), guess
	d.from = min(max(since, d.settled), now)
}

// jump moves all that is open from one position to another, because the wall clock
// was set. off says that the time between is one in which the box did not run.
func (b *book) jump(to int64, off bool) {
	from := b.until
	for name, d := range b.devices {
		cause := d.cause
		b.shut(d, from)
		if off && to > from {
			b.expect(name, from, to)
			b.gap(name, from, to, wire.BoxOff)
		}
		d.cause, d.from, d.settled = cause, to, to
		d.sign += to - from
	}
	b.until = to
}

// tell returns a day as it is now, with what is open.
func (b *book) tell(k key) wire.CoverageDay {
	d := b.days[k].clone()
	if v := b.devices[k.device]; v != nil && v.cause != "" {
		for _, p := range parts(v.from, b.until, b.local) {
			if p.date == k.date {
				d.add(wire.CoverageGap{From: p.from, To: p.to, Cause: v.cause})
			}
		}
	}
	out := wire.CoverageDay{
		Epoch: b.epoch, Device: k.device, Day: k.date, Timezone: b.local.String(), Version: d.version,
		Through: d.through, Due: d.due, Seen: d.seen(), Blind: d.blind, Gaps: d.gaps, More: d.more,
	}
	if out.Seen < 0 {
		out.Due, out.Seen = out.Due-out.Seen, 0
	}
	return out
}

// restore takes in a day that was told before.
func (b *book) restore(r wire.CoverageDay) {
	b.days[key{r.Device, r.Day}] = &day{
		due: r.Due, through: r.Through, blind: r.Blind, gaps: r.Gaps, more: r.More, version: r.Version,
	}
}

// keys returns all days in their order.
func (b *book) keys() []key {
	out := make([]key, 0, len(b.days))
	for k := range b.days {
		out = append(out, k)
	}
	slices.SortFunc(out, func(x, y key) int {
		return cmp.Or(cmp.Compare(x.date, y.date), cmp.Compare(x.device, y.device))
	})
	return out
}
