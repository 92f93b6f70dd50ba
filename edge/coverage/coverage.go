// Package coverage counts how long each device was watched of the time that it
// should have been, day by day, with every gap and its cause.
//
// It promises that no second counts as seen of which nobody knows: a device is
// seen from one sign of it to the next, and where signs are too far apart, or say
// that nothing can be recognised, there is a gap from the last good sign on. What
// it knew survives kill -9 but for the last seconds (Config.SaveEvery), which then
// count as time in which the box was off. Intervals are monotonic: setting the
// wall clock neither makes nor hides a gap. DESIGN.md tells how it counts.
package coverage

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"eastgate/shared/wire"
)

// Config says where and how the ledger is kept.
type Config struct {
	Dir   string
	Local *time.Location // whose midnights part the days; nil means time.Local
	// SaveEvery is how much a crash may leave in doubt. It defaults to 10s.
	SaveEvery time.Duration
	// Now reads the clocks and Synced says whether the wall clock is right; nil
	// means that nobody knows. Both have defaults.
	Now    func() Instant
	Synced func() *bool
	// Jump hears that the wall clock was set, forward when positive; may be nil.
	Jump func(by time.Duration)
}

// A Ledger counts for one box. Its methods may be called at once.
type Ledger struct {
	cfg    Config
	folder folder
	m      *Metrics
	log    *slog.Logger

	mu      sync.Mutex
	book    *book
	clock   clock
	running bool  // the wall clock is not before what was already told
	warned  bool  // that it is
	start   int64 // of this run
	synced  bool  // the wall clock was right once in this run
	ticked  time.Duration
	waiting map[string]time.Duration
	why     map[string]func() (cause string, guess bool)
	dates   map[string]bool // that differ from their files
}

// Open reads what is known of earlier runs. What cannot be read is put aside and
// logged; an error says that the folder cannot be used at all.
func Open(cfg Config, m *Metrics, log *slog.Logger) (*Ledger, error) {
	if cfg.Now == nil {
		cfg.Now = Now
	}
	if cfg.Synced == nil {
		cfg.Synced = func() *bool { return nil }
	}
	if cfg.Local == nil {
		cfg.Local = time.Local
	}
	if cfg.SaveEvery == 0 {
		cfg.SaveEvery = 10 * time.Second
	}
	l := &Ledger{
		cfg: cfg, folder: folder{cfg.Dir}, m: m, log: log,
		waiting: map[string]time.Duration{}, why: map[string]func() (string, bool){}, dates: map[string]bool{},
	}
	epoch, days, faults := l.folder.open()
	if epoch == "" {
		return nil, errors.Join(faults...)
	}
	if err := errors.Join(faults...); err != nil {
		log.Error("a part of the coverage ledger is lost and counts as box off", "err", err)
	}
	l.book = newBook(epoch, cfg.Local)
	now := cfg.Now()
	for _, d := range days {
		if tooOld(d.Day, now.Wall) {
			continue
		}
		l.book.restore(d)
		l.book.until = max(l.book.until, d.Through)
	}
	l.clock.look(now)
	l.ticked = now.Mono
	l.begin(now)
	return l, nil
}

// begin starts to count, unless the wall clock stands before what was already
// told: a box without a battery wakes in the past, and waits for its NTP.
func (l *Ledger) begin(now Instant) {
	pos := l.clock.position(now)
	right := l.cfg.Synced()
	if pos < l.book.until && (right == nil || !*right) {
		if !l.warned {
			l.warned = true
			l.log.Error("the wall clock is before what the coverage ledger has already counted; it waits until the clock is right", "now", now.Wall, "counted", time.UnixMilli(l.book.until))
		}
		return
	}
	l.running, l.start = true, pos
	for name, every := range l.waiting {
		l.book.enter(name, every, pos, pos)
	}
	clear(l.waiting)
	l.book.until = pos
}

// Expect makes a device due from now on: signs of it are at most every apart. why
// is asked once a second for what is the matter with it: a cause, or nothing, and
// whether the cause is only a guess.
func (l *Ledger) Expect(name string, every time.Duration, why func() (cause string, guess bool)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.why[name] = why
	if !l.running {
		l.waiting[name] = every
		return
	}
	now := l.now()
	l.book.advance(now)
	l.book.enter(name, every, l.start, now)
}

// Saw takes in a sign of a device: it was watched until now.
func (l *Ledger) Saw(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if d := l.book.devices[name]; d != nil && l.running {
		l.book.saw(d, l.now())
	}
}

// Blind takes in that a device has not been watched for so long.
func (l *Ledger) Blind(name, cause string, since time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if d := l.book.devices[name]; d != nil && l.running {
		now := l.now()
		l.book.blind(d, now-since.Milliseconds(), now, cause, false)
	}
}

func (l *Ledger) now() int64 { return max(l.clock.position(l.cfg.Now()), l.book.until) }

const (
	tickEvery = time.Second      // how often devices are looked after
	sleep     = 10 * time.Second // without a look, the program or the machine did not run
)

// Run looks after the devices until ctx ends, and saves.
func (l *Ledger) Run(ctx context.Context) error {
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	saved := l.cfg.Now().Mono
	for {
		select {
		case <-ctx.Done():
			l.Tick()
			return l.Save()
		case <-tick.C:
		}
		l.Tick()
		if now := l.cfg.Now().Mono; now-saved > l.cfg.SaveEvery-tickEvery/2 { // ticks are never quite on time
			saved = now
			if err := l.Save(); err != nil {
				l.m.failures.Inc()
				l.log.Error("the coverage ledger is not saved; a crash now would count as box off: free some disk space", "err", err)
			}
		}
	}
}

// Tick looks at the clocks and at every device.
func (l *Ledger) Tick() {
	l.mu.Lock()
	jump := l.look(l.cfg.Now())
	l.mu.Unlock()
	if jump != 0 {
		l.m.jumps.Inc()
		l.log.Warn("the wall clock was set", "by", jump)
		if l.cfg.Jump != nil {
			l.cfg.Jump(jump)
		}
	}
}

func (l *Ledger) look(now Instant) time.Duration {
	jump := l.clockSet(now)
	slept := now.Mono-l.ticked > sleep
	l.ticked = now.Mono
	if !l.running {
		l.begin(now)
		return jump
	}
	pos := l.now()
	l.book.advance(pos)
	for name, d := range l.book.devices {
		cause, guess := l.why[name]()
		late := pos-d.sign > d.every
		switch {
		case slept:
			l.book.blind(d, d.sign, pos, wire.BoxOff, false)
		case cause != "" && !guess, late && cause != "":
			l.book.blind(d, d.sign, pos, cause, guess)
		case late && d.cause == "":
			l.book.blind(d, d.sign, pos, wire.Silent, true)
		}
		l.m.seen(name, d.cause)
	}
	return jump
}

// clockSet notices that the wall clock was set. The first time that it is set right
// in a run, the box woke with a clock that had stood still: the time it is set
// forward by is time in which the box was off.
func (l *Ledger) clockSet(now Instant) time.Duration {
	before := l.clock.position(now)
	jump := l.clock.look(now)
	right := l.cfg.Synced()
	first := right != nil && *right && !l.synced
	l.synced = l.synced || first
	if jump != 0 && l.running {
		l.book.advance(before)
		l.book.jump(l.clock.position(now), first)
	}
	return jump
}
