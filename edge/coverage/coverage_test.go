package coverage

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/edge/flow"
	"eastgate/shared/event"
	"eastgate/shared/wire"
)

// A lab is a ledger with clocks of its own, and one camera.
type lab struct {
	t      *testing.T
	dir    string
	wall   time.Time
	mono   time.Duration
	synced bool
	state  string
	jumps  []time.Duration
	ledger *Ledger
	eye    *Eye
}

func shanghai(t testing.TB) *time.Location {
	t.Helper()
	l, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// at is a time of a day in Shanghai.
func at(t testing.TB, day, clock string) time.Time {
	t.Helper()
	v, err := time.ParseInLocation("2006-01-02 15:04:05", day+" "+clock, shanghai(t))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func begin(t *testing.T, wall time.Time) *lab {
	l := &lab{t: t, dir: t.TempDir(), wall: wall, synced: true}
	l.start()
	return l
}

// start is a new run of the box, whose cameras are there at once.
func (l *lab) start() {
	l.t.Helper()
	var err error
	l.ledger, err = Open(Config{
		Dir: l.dir, Local: shanghai(l.t),
		Now:    func() Instant { return Instant{l.wall, l.mono} },
		Synced: func() *bool { return &l.synced },
		Jump:   func(by time.Duration) { l.jumps = append(l.jumps, by) },
	}, NewMetrics(prometheus.NewRegistry()), slog.New(slog.DiscardHandler))
	if err != nil {
		l.t.Fatal(err)
	}
	l.eye = l.ledger.Watch("yard", func() string { return l.state }, true)
}

// step is a quarter of a second: a tick falls on every fourth.
const step = 250 * time.Millisecond

// live lets time pass; each step may show a picture.
func (l *lab) live(d time.Duration, show func()) {
	for end := l.mono + d; l.mono < end; {
		if show != nil {
			show()
		}
		l.wall, l.mono = l.wall.Add(step), l.mono+step
		if l.mono%time.Second == 0 {
			l.ledger.Tick()
		}
	}
}

func (l *lab) good()               { l.see("", 0) }
func (l *lab) unjudged()           { l.eye.Decoded() }
func (l *lab) save()               { l.ledger.Save() }
func (l *lab) off(d time.Duration) { l.wall, l.mono = l.wall.Add(d), l.mono+d }

func (l *lab) see(note string, age time.Duration) {
	l.eye.Decoded()
	o := flow.Observation{Kinds: []event.Kind{event.Tamper}}
	if note != "" {
		o.Findings = []flow.Finding{{Kind: event.Tamper, Note: note, Age: age}}
	}
	l.eye.See(o)
}

// spoil shows pictures with a word of the tamper detector.
func (l *lab) spoil(note string) func() { return func() { l.see(note, 1) } }

// day returns what would be told of a day.
func (l *lab) day(date string) wire.CoverageDay {
	l.t.Helper()
	for _, d := range l.ledger.Pending() {
		if err := d.Validate(); err != nil {
			l.t.Error(err)
		}
		if d.Day == date {
			return d
		}
	}
	l.t.Fatalf("nothing is told of %s", date)
	return wire.CoverageDay{}
}

// want compares a day with seconds due and seconds blind by cause, exactly.
func (l *lab) want(date string, due float64, blind map[string]float64) {
	l.t.Helper()
	d := l.day(date)
	seen := due
	for cause, s := range blind {
		if got := float64(d.Blind[cause]) / 1000; got != s {
			l.t.Errorf("%s: %v s of %s, want %v", date, got, cause, s)
		}
		seen -= s
	}
	for cause, ms := range d.Blind {
		if _, ok := blind[cause]; !ok && ms > 0 {
			l.t.Errorf("%s: %d ms of %s, want none", date, ms, cause)
		}
	}
	if float64(d.Due)/1000 != due || float64(d.Seen)/1000 != seen {
		l.t.Errorf("%s: seen %d of %d ms, want %v of %v s", date, d.Seen, d.Due, seen, due)
	}
}

const november = "2026-11-25"

func TestEachCauseIsCountedExactly(t *testing.T) {
	for _, c := range []struct {
		name  string
		cause string
		blind func(l *lab) // 60 s of it
	}{
		{"no answer", wire.Unreachable, func(l *lab) {
			l.state = wire.Unreachable
			l.live(time.Minute, nil)
			l.state = ""
		}},
		{"noticed late", wire.Stalled, func(l *lab) {
			l.live(12*time.Second, nil) // the camera says nothing, and is thought to be online
			l.state = wire.Stalled
			l.live(48*time.Second, nil)
			l.state = ""
		}},
		{"wrong password", wire.Credentials, func(l *lab) {
			l.state = wire.Credentials
			l.live(time.Minute, nil)
			l.state = ""
		}},
		{"covered", wire.Hidden, func(l *lab) { l.live(time.Minute, l.spoil("covered")) }},
		{"dark", wire.Dark, func(l *lab) { l.live(time.Minute, l.spoil("black")) }},
		{"frozen, known in hindsight", wire.Frozen, func(l *lab) {
			l.live(10*time.Second, l.good)
			from := l.mono - 10*time.Second
			l.live(50*time.Second, func() { l.see("frozen", l.mono-from) })
		}},
		{"decoder", wire.Decoder, func(l *lab) { l.live(time.Minute, nil) }},
		{"never judged", wire.Overload, func(l *lab) { l.live(time.Minute, l.unjudged) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := begin(t, at(t, november, "12:00:00"))
			l.live(100*time.Second, l.good)
			c.blind(l)
			l.live(40*time.Second, l.good)
			l.ledger.Tick()
			// The newest sign before is a step old: pictures come at the beginning of a step.
			l.want(november, 200, map[string]float64{c.cause: 60 + lead(c.cause), wire.Starting: 0})
		})
	}
}

// lead is how much longer a gap is than the fault: from the newest good picture on.
// What the pictures themselves tell is known from its first picture on.
func lead(cause string) float64 {
	switch cause {
	case wire.Hidden, wire.Dark, wire.Frozen:
		return 0
	}
	return step.Seconds()
}

func TestWhatIsNoGap(t *testing.T) {
	l := begin(t, at(t, november, "12:00:00"))
	for range 10 {
		l.live(5*time.Second, l.good)
		l.live(4*time.Second, nil) // shorter than signs may be apart
		l.live(time.Second, l.good)
		l.live(time.Second, l.spoil("covered")) // shorter than a verdict must hold
		l.live(9*time.Second, l.spoil("moved")) // elsewhere, but it sees
	}
	l.ledger.Tick()
	l.want(november, 200, map[string]float64{wire.Starting: 0})
}

func TestOverloadIsAShareOfThePictures(t *testing.T) {
	for _, c := range []struct {
		skipped int // of eight
		blind   float64
	}{{6, 0}, {7, 30}} {
		l := begin(t, at(t, november, "12:00:00"))
		l.live(20*time.Second, l.good)
		n := 0
		l.live(30*time.Second, func() { // a few are judged, at all times
			if n++; n%8 < c.skipped {
				l.eye.Dropped()
				return
			}
			l.good()
		})
		l.live(20*time.Second, l.good)
		l.ledger.Tick()
		d := l.day(november)
		if got := float64(d.Blind[wire.Overload]) / 1000; got < c.blind-10 || got > c.blind+10 {
			t.Errorf("%d of 8 are not judged: %v s of overload, want %v within a window", c.skipped, got, c.blind)
		}
	}
}

func TestMidnight(t *testing.T) {
	l := begin(t, at(t, november, "23:59:00"))
	l.live(50*time.Second, l.good)
	l.live(20*time.Second, l.spoil("covered"))
	l.live(50*time.Second, l.good)
	l.ledger.Tick()
	l.want(november, 60, map[string]float64{wire.Hidden: 10, wire.Starting: 0})
	l.want("2026-11-26", 60, map[string]float64{wire.Hidden: 10})
	if g := l.day("2026-11-26").Gaps; len(g) != 1 || g[0].From != at(t, "2026-11-26", "00:00:00").UnixMilli() {
		t.Errorf("gaps %+v", g)
	}
}

func TestAKilledBoxWasOffFromItsLastHeartbeat(t *testing.T) {
	l := begin(t, at(t, november, "12:00:00"))
	l.live(60*time.Second, l.good)
	l.save()
	l.live(7*time.Second, l.good) // seen, and lost with the crash: in doubt
	l.off(33 * time.Second)
	l.start()
	l.live(50*time.Second, l.good)
	l.ledger.Tick()
	l.want(november, 150, map[string]float64{wire.BoxOff: 40, wire.Starting: 0})
}

func TestOffOverMidnights(t *testing.T) {
	l := begin(t, at(t, november, "23:00:00"))
	l.live(time.Minute, l.good)
	l.save()
	l.off(59*time.Minute + 24*time.Hour + 30*time.Minute)
	l.start()
	l.live(time.Minute, l.good)
	l.ledger.Tick()
	l.want(november, 3600, map[string]float64{wire.BoxOff: 59 * 60, wire.Starting: 0})
	l.want("2026-11-26", 86400, map[string]float64{wire.BoxOff: 86400})
	l.want("2026-11-27", 31*60, map[string]float64{wire.BoxOff: 30 * 60, wire.Starting: 0})
}

func TestABoxThatWasOffInTheMiddleOfAGap(t *testing.T) {
	l := begin(t, at(t, november, "12:00:00"))
	l.live(10*time.Second, l.good)
	l.state = wire.Unreachable
	l.live(10*time.Second, nil)
	l.save()
	l.off(10 * time.Second)
	l.start() // and the camera is still away
	l.live(10*time.Second, nil)
	l.state = ""
	l.live(10*time.Second, l.good)
	l.ledger.Tick()
	l.want(november, 50, map[string]float64{wire.Unreachable: 20.25, wire.BoxOff: 10, wire.Starting: 0})
}

func TestTheWallClockIsSet(t *testing.T) {
	for _, by := range []time.Duration{time.Hour, -time.Hour, 3 * time.Second, -40 * 24 * time.Hour} {
		l := begin(t, at(t, november, "12:00:00"))
		l.live(10*time.Second, l.good)
		l.live(10*time.Second, l.spoil("covered"))
		l.wall = l.wall.Add(by)
		l.live(10*time.Second, l.spoil("covered"))
		l.live(10*time.Second, l.good)
		l.ledger.Tick()
		due, seen, covered := 0.0, 0.0, 0.0
		for _, d := range l.ledger.Pending() {
			due, seen, covered = due+float64(d.Due)/1000, seen+float64(d.Seen)/1000, covered+float64(d.Blind[wire.Hidden])/1000
		}
		if due != 40 || seen != 20 || covered != 20 {
			t.Errorf("set by %v: seen %v of %v s, covered %v; want 20 of 40 and 20", by, seen, due, covered)
		}
		if len(l.jumps) != 1 || l.jumps[0] != by {
			t.Errorf("set by %v: told %v", by, l.jumps)
		}
	}
}

func TestSlewingIsNoJump(t *testing.T) {
	l := begin(t, at(t, november, "12:00:00"))
	for range 100 {
		l.live(time.Second, l.good)
		l.wall = l.wall.Add(50 * time.Millisecond) // far faster than adjtime(3)
	}
	if l.ledger.Tick(); len(l.jumps) > 0 {
		t.Errorf("told %v", l.jumps)
	}
	if d := l.day(november); d.Blind[wire.BoxOff] > 0 || d.Seen < 99_000 {
		t.Errorf("%+v", d)
	}
}

func TestABoxWithoutABattery(t *testing.T) {
	l := begin(t, at(t, november, "12:00:00"))
	l.live(10*time.Second, l.good)
	l.save()
	// It wakes with the time of an hour ago and gets the right one 10 s later.
	l.wall, l.synced = l.wall.Add(-time.Hour), false
	l.start()
	l.live(10*time.Second, l.good)
	l.wall, l.synced = at(t, november, "12:30:10"), true
	l.live(10*time.Second, l.good)
	l.ledger.Tick()
	l.want(november, 1820, map[string]float64{wire.BoxOff: 1801, wire.Starting: 0}) // until the first tick with the right clock

	// It wakes with the time at which it went, as with a saved clock.
	l.save()
	l.synced = false
	l.start()
	l.live(10*time.Second, l.good)
	l.wall, l.synced = l.wall.Add(30*time.Minute), true
	l.live(10*time.Second, l.good)
	l.ledger.Tick()
	l.want(november, 1820+1820, map[string]float64{wire.BoxOff: 1801 + 1800, wire.Starting: 0})
}

func TestAMachineThatSlept(t *testing.T) {
	l := begin(t, at(t, november, "12:00:00"))
	l.live(10*time.Second, l.good)
	l.off(time.Hour)
	l.ledger.Tick()
	l.live(10*time.Second, l.good)
	l.ledger.Tick()
	l.want(november, 3620, map[string]float64{wire.BoxOff: 3600.25, wire.Starting: 0})
}

func TestToldUntilHeld(t *testing.T) {
	l := begin(t, at(t, november, "23:59:00"))
	l.live(2*time.Minute, l.good)
	first := l.ledger.Pending()
	if len(first) != 2 {
		t.Fatalf("%d days are told, want 2", len(first))
	}
	if again := l.ledger.Pending(); len(again) != 2 || again[0].Version != first[0].Version {
		t.Errorf("not held, and told otherwise: %+v", again)
	}
	l.ledger.Held([]wire.CoverageMark{first[0].Mark(), first[1].Mark()})
	if again := l.ledger.Pending(); len(again) != 0 {
		t.Errorf("held and told again: %+v", again)
	}
	l.live(time.Second, l.good)
	if again := l.ledger.Pending(); len(again) != 1 || again[0].Version <= first[1].Version {
		t.Errorf("what has changed: %+v", again)
	}
	l.save()
	l.start() // it has forgotten what is held: told again, which does no harm
	if again := l.ledger.Pending(); len(again) != 2 {
		t.Errorf("after a restart %d days are told", len(again))
	}
	l.ledger.Held([]wire.CoverageMark{first[0].Mark()})
	l.off(3 * 24 * time.Hour)
	l.ledger.Tick()
	l.save()
	if files, _ := filepath.Glob(filepath.Join(l.dir, "*.json")); len(files) != 4 { // the 25th is held
		t.Errorf("files %v", files)
	}
}

func TestADamagedFileIsPutAside(t *testing.T) {
	l := begin(t, at(t, november, "12:00:00"))
	l.live(10*time.Second, l.good)
	l.save()
	file := filepath.Join(l.dir, november+".json")
	if err := os.WriteFile(file, []byte(`[{"epoch":`), 0o600); err != nil {
		t.Fatal(err)
	}
	l.start()
	l.live(10*time.Second, l.good)
	l.ledger.Tick()
	l.want(november, 10, map[string]float64{wire.Starting: 0})
	if _, err := os.Stat(file + ".bad"); err != nil {
		t.Error(err)
	}
}

func TestManyGapsStayBounded(t *testing.T) {
	l := begin(t, at(t, november, "12:00:00"))
	for i := range wire.MaxGaps + 50 {
		l.live(3*time.Second, l.good)
		l.live(time.Duration(3+i%7)*time.Second, l.spoil("covered"))
	}
	l.live(time.Second, l.good)
	d := l.day(november)
	sum := int64(0)
	for _, g := range d.Gaps {
		sum += g.To - g.From
	}
	if len(d.Gaps) != wire.MaxGaps || d.More != 50 || sum >= d.Blind[wire.Hidden] || d.Seen+d.Blind[wire.Hidden] != d.Due {
		t.Errorf("%d gaps and %d more, %d ms of them, %+v", len(d.Gaps), d.More, sum, d.Blind)
	}
}

func TestASensorIsADevice(t *testing.T) {
	l := begin(t, at(t, november, "12:00:00"))
	l.ledger.Expect("smoke-1", time.Hour, func() (string, bool) { return wire.Silent, true })
	l.ledger.Saw("smoke-1")
	l.live(59*time.Minute, nil)
	l.ledger.Saw("smoke-1")
	l.live(2*time.Hour, nil)
	for _, d := range l.ledger.Pending() {
		if d.Device == "smoke-1" && (d.Due != 179*60_000 || d.Blind[wire.Silent] != 2*3600_000) {
			t.Errorf("%+v", d)
		}
	}
}

func BenchmarkSaw(b *testing.B) {
	l, err := Open(Config{Dir: b.TempDir(), Local: time.UTC}, NewMetrics(prometheus.NewRegistry()), slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	e := l.Watch("yard", func() string { return "" }, true)
	o := flow.Observation{Kinds: []event.Kind{event.Motion}}
	for b.Loop() {
		e.See(o)
	}
}
