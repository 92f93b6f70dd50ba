package sensor

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/edge/zone"
	"eastgate/shared/event"
)

// A stage is a core with one source, whose adapter says what a test wants, in a
// bubble of its own time.
type stage struct {
	t      *testing.T
	file   string
	core   *Core
	say    chan Reading
	cut    chan error
	stop   func()
	ledger *ledger

	mu     sync.Mutex
	events []event.Event
}

type ledger struct {
	mu   sync.Mutex
	saw  map[string]int
	due  map[string]time.Duration
	whys map[string]func() (string, bool)
}

func (l *ledger) Expect(name string, every time.Duration, why func() (string, bool)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.due[name], l.whys[name] = every, why
	why() // the real one asks while it holds its lock: the core must hold none of its own
}

func (l *ledger) Saw(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.saw[name]++
	l.whys[name]()
}

func (l *ledger) seen(name string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.saw[name]
}

// Run is the stage's adapter.
func (s *stage) Run(ctx context.Context, out chan<- Reading) error {
	for {
		select {
		case r := <-s.say:
			select {
			case out <- r:
			case <-ctx.Done():
				return nil
			}
		case err := <-s.cut:
			return err
		case <-ctx.Done():
			return nil
		}
	}
}

// devices are those of the tests.
var devices = map[string]Device{
	"smoke":  {Name: "烟感", Kind: "smoke", Source: "zigbee2mqtt", Address: "smoke"},
	"door":   {Kind: "door", Source: "zigbee2mqtt", Address: "door"},
	"panic":  {Kind: "panic", Source: "zigbee2mqtt", Address: "panic"},
	"linked": {Kind: "water", Source: "esphome", Address: "cellar"},
	"new":    {Kind: "smoke", Source: "zigbee2mqtt", Address: "new", Test: true},
}

// every is how far the devices' signs of life may be apart.
const every = 3 * time.Hour

func newStage(t *testing.T) *stage {
	return &stage{t: t, file: filepath.Join(t.TempDir(), "sensors.json")}
}

// start starts a core, as after a restart of the box.
func (s *stage) start() {
	s.say, s.cut = make(chan Reading), make(chan error)
	s.ledger = &ledger{saw: map[string]int{}, due: map[string]time.Duration{}, whys: map[string]func() (string, bool){}}
	schedule, err := zone.ParseSchedule("00:30-01:00") // a bubble's clock begins at midnight
	if err != nil {
		s.t.Fatal(err)
	}
	devices := maps.Clone(devices)
	d := devices["door"]
	d.Schedule = schedule
	devices["door"] = d
	profiles := map[string]Model{}
	for id, d := range devices {
		profiles[id] = d.Profile(nil, every)
	}
	profiles["linked"] = Model{BatteryLow: 15}
	s.core = New(Config{
		Site: "c3", Box: "gate", Devices: devices, Profiles: profiles, File: s.file, Local: time.UTC,
		Keep: s.keep, Coverage: s.ledger, Clock: func() event.Clock { return event.Clock{} },
	}, NewMetrics(prometheus.NewRegistry()), slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(s.t.Context())
	done := make(chan error, 1)
	go func() {
		done <- s.core.Run(ctx, []Source{{Name: "mqtt", Devices: []string{"smoke", "door", "panic", "linked", "new"}, Adapter: s}})
	}()
	s.stop = func() {
		cancel()
		if err := <-done; err != nil {
			s.t.Error(err)
		}
	}
}

func (s *stage) keep(_ context.Context, e event.Event) {
	if err := e.Validate(); err != nil {
		s.t.Error(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, e)
}

// tell says readings and waits until they are worked off.
func (s *stage) tell(rs ...Reading) {
	for _, r := range rs {
		s.say <- r
	}
	synctest.Wait()
}

// want compares what was told since the last time, as "sensor kind state[ Test]".
func (s *stage) want(lines ...string) {
	s.t.Helper()
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	var got []string
	for _, e := range s.events {
		line := name(e) + " " + string(e.Kind) + " " + string(e.State)
		if e.Status != "Actual" {
			line += " " + e.Status
		}
		got = append(got, line)
	}
	slices.Sort(got)
	slices.Sort(lines)
	if !slices.Equal(got, lines) {
		s.t.Errorf("told %q, want %q", got, lines)
	}
	s.events = nil
}

func (s *stage) state(id string) string {
	for _, h := range s.core.Health() {
		if h.Sensor == id && h.State != nil {
			return *h.State
		}
	}
	return "unknown"
}

// play runs a test on a fresh stage whose source is reached.
func play(t *testing.T, test func(*stage)) {
	t.Helper()
	dir := newStage(t)
	synctest.Test(t, func(t *testing.T) {
		dir.t = t
		dir.start()
		dir.tell(Reading{What: Linked})
		test(dir)
		dir.stop()
	})
}

func TestAnAlarmIsToldOnceAndEnds(t *testing.T) {
	play(t, func(s *stage) {
		s.tell(Reading{Device: "smoke", What: Restore}) // all is well
		s.want()
		s.tell(Reading{Device: "smoke", What: Alarm}, Reading{Device: "smoke", What: Alarm}, Reading{Device: "smoke", What: Alarm, Retained: true})
		s.want("smoke fire.smoke start")
		if s.state("smoke") != WordAlarm {
			t.Errorf("state %s", s.state("smoke"))
		}
		s.tell(Reading{Device: "smoke", What: Restore})
		time.Sleep(settle - time.Second)
		s.want()
		time.Sleep(2 * time.Second)
		s.want("smoke fire.smoke end")
	})
}

func TestABouncingContactIsOneAlarm(t *testing.T) {
	play(t, func(s *stage) {
		time.Sleep(31 * time.Minute) // its schedule has begun
		for range 200 {
			s.tell(Reading{Device: "door", What: Alarm}, Reading{Device: "door", What: Restore})
			time.Sleep(50 * time.Millisecond)
		}
		s.want("door security.door_forced start")
		time.Sleep(settle + time.Second)
		s.want("door security.door_forced end")
	})
}

func TestADoorCountsWhileItsScheduleHolds(t *testing.T) {
	play(t, func(s *stage) {
		time.Sleep(10 * time.Minute)
		s.tell(Reading{Device: "door", What: Alarm})
		s.want()
		time.Sleep(21 * time.Minute) // it still stands open when it should not
		s.want("door security.door_forced start")
		time.Sleep(30 * time.Minute)
		s.want("door security.door_forced end")
	})
}

func TestAPressIsOverByItselfAndNeverOld(t *testing.T) {
	play(t, func(s *stage) {
		press := Reading{Device: "panic", What: Alarm, Lasts: time.Minute}
		kept := press
		kept.Retained = true
		s.tell(kept) // nobody knows when that was
		s.want()
		s.tell(press, press)
		s.want("panic security.panic start")
		time.Sleep(30 * time.Second)
		s.tell(press)
		time.Sleep(45 * time.Second)
		s.want()
		time.Sleep(20 * time.Second)
		s.want("panic security.panic end")
		s.tell(press)
		s.want("panic security.panic start")
	})
}

func TestARestartNeitherDoublesNorLosesAnAlarm(t *testing.T) {
	play(t, func(s *stage) {
		s.tell(Reading{Device: "smoke", What: Alarm})
		s.want("smoke fire.smoke start")
		s.stop()
		s.start()
		s.want()
		s.tell(Reading{What: Linked}, Reading{Device: "smoke", What: Alarm, Retained: true})
		s.tell(Reading{Device: "panic", What: Alarm, Kind: event.Tamper, Retained: true}) // began while the box was down
		s.want("panic device.tamper start")
		s.tell(Reading{Device: "smoke", What: Restore, Retained: true}) // over, while nobody listened
		time.Sleep(settle + time.Second)
		s.want("smoke fire.smoke end")
	})
}

func TestADeviceThatIsTakenOutIsOver(t *testing.T) {
	play(t, func(s *stage) {
		s.tell(Reading{Device: "smoke", What: Alarm})
		s.want("smoke fire.smoke start")
		s.stop()
		mine := devices
		devices = maps.Clone(mine)
		delete(devices, "smoke")
		defer func() { devices = mine }()
		s.start()
		s.want("smoke fire.smoke end")
		time.Sleep(2 * time.Second)
		s.stop()
		s.start()
		s.want()
	})
}

func TestACrashBeforeTheOutboxTellsTheSameEventAgain(t *testing.T) {
	play(t, func(s *stage) {
		s.tell(Reading{Device: "smoke", What: Alarm})
		s.mu.Lock()
		first := s.events[0].ID
		s.events = nil
		s.mu.Unlock()
		crashed, err := os.ReadFile(s.file) // as it was before the event was kept
		if err != nil {
			t.Fatal(err)
		}
		s.stop()
		if err := os.WriteFile(s.file, crashed, 0o600); err != nil {
			t.Fatal(err)
		}
		s.start()
		synctest.Wait()
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(s.events) != 1 || s.events[0].ID != first {
			t.Errorf("told after the crash: %+v, want %s again", s.events, first)
		}
	})
}

func TestADeviceUnderTestSendsTests(t *testing.T) {
	play(t, func(s *stage) {
		if _, err := s.core.Try("smoke", 10*time.Minute); err != nil {
			t.Fatal(err)
		}
		s.tell(Reading{Device: "smoke", What: Alarm})
		s.want("smoke fire.smoke start Test")
		s.tell(Reading{Device: "smoke", What: Restore})
		time.Sleep(settle + time.Second)
		s.want("smoke fire.smoke end Test")
		s.tell(Reading{Device: "smoke", What: Alarm})
		s.want("smoke fire.smoke start Test")
		time.Sleep(10 * time.Minute) // it still smokes when the test is over: that is no test
		s.want("smoke fire.smoke end Test", "smoke fire.smoke start")
		s.tell(Reading{Device: "new", What: Alarm}) // being put up
		s.want("new fire.smoke start Test")
		for _, d := range []time.Duration{-1, maxTest + 1} {
			if _, err := s.core.Try("smoke", d); err == nil {
				t.Errorf("a test of %v is taken", d)
			}
		}
		if _, err := s.core.Try("nobody", time.Minute); err == nil {
			t.Error("nobody is under test")
		}
	})
}

func TestADevicesOwnTestIsATest(t *testing.T) {
	play(t, func(s *stage) {
		s.tell(Reading{Device: "smoke", What: Test}, Reading{Device: "smoke", What: Alarm})
		s.want("smoke fire.smoke start Test")
		s.tell(Reading{Device: "smoke", What: Restore}, Reading{Device: "smoke", What: TestOver})
		time.Sleep(settle + time.Second)
		s.want("smoke fire.smoke end Test")
		s.tell(Reading{Device: "smoke", What: Test}) // and is never heard to end
		s.want("smoke fire.smoke start Test")
		time.Sleep(selfTest + settle)
		s.want("smoke fire.smoke end Test")
		s.tell(Reading{Device: "smoke", What: Alarm})
		s.want("smoke fire.smoke start")
	})
}

func TestFaultsAreNoAlarms(t *testing.T) {
	play(t, func(s *stage) {
		s.tell(Reading{Device: "smoke", What: Fault, Note: "chamber dirty"})
		s.want("smoke fire.equipment_fault start")
		if s.state("smoke") != WordFault {
			t.Errorf("state %s", s.state("smoke"))
		}
		if cause, guess := s.ledger.whys["smoke"](); cause != "broken" || guess {
			t.Errorf("coverage hears %q, %v", cause, guess)
		}
		s.tell(Reading{Device: "smoke", What: FaultOver}, Reading{Device: "door", What: Fault})
		time.Sleep(settle + time.Second)
		s.want("smoke fire.equipment_fault end", "door device.fault start")
	})
}

func TestABatteryIsLowOnce(t *testing.T) {
	play(t, func(s *stage) {
		for _, percent := range []int{80, 16, 15, 17, 15, 20} { // around the limit
			s.tell(Reading{Device: "smoke", What: Battery, Percent: percent})
		}
		s.want("smoke device.battery_low start")
		if s.state("smoke") != WordBattery {
			t.Errorf("state %s", s.state("smoke"))
		}
		s.tell(Reading{Device: "smoke", What: Battery, Percent: 100}, Reading{Device: "smoke", What: Fault, Kind: event.BatteryLow})
		time.Sleep(settle + time.Second)
		s.want() // the device itself says that it is low
		s.tell(Reading{Device: "smoke", What: FaultOver, Kind: event.BatteryLow})
		time.Sleep(settle + time.Second)
		s.want("smoke device.battery_low end")
	})
}

func TestSilenceIsAnEvent(t *testing.T) {
	play(t, func(s *stage) {
		s.tell(Reading{Device: "linked", What: Online, Retained: true})
		everybody := func() {
			for _, id := range []string{"door", "panic", "new"} {
				s.tell(Reading{Device: id, What: Heartbeat})
			}
		}
		s.tell(Reading{Device: "smoke", What: Heartbeat})
		for range 9 {
			everybody()
			s.tell(Reading{Device: "smoke", What: Restore, Retained: true}) // shown as well, and dead
			time.Sleep(every / 18)
		}
		s.stop()
		time.Sleep(48 * time.Hour) // nobody listens: that is not its silence
		s.start()
		s.tell(Reading{What: Linked}, Reading{Device: "linked", What: Online, Retained: true})
		for range 8 {
			everybody()
			time.Sleep(every / 18)
		}
		s.want()
		everybody()
		time.Sleep(every / 9)
		s.want("smoke device.offline start")
		if s.state("smoke") != WordOffline {
			t.Errorf("state %s", s.state("smoke"))
		}
		s.tell(Reading{Device: "smoke", What: Heartbeat})
		time.Sleep(settle + time.Second)
		s.want("smoke device.offline end")
	})
}

func TestAnOldSignIsNoSightOfNow(t *testing.T) {
	play(t, func(s *stage) {
		time.Sleep(2 * time.Hour)
		s.tell(Reading{Device: "smoke", What: Restore, Retained: true, At: time.Now().Add(-time.Hour)})
		if n := s.ledger.seen("smoke"); n != 0 || s.state("smoke") != WordOK {
			t.Errorf("seen %d times, state %s", n, s.state("smoke"))
		}
		time.Sleep(every - time.Hour + time.Minute)
		s.want("smoke device.offline start", "door device.offline start", "panic device.offline start", "new device.offline start Test")
		s.tell(Reading{Device: "smoke", What: Heartbeat, At: time.Now().Add(-time.Second)})
		if n := s.ledger.seen("smoke"); n != 1 {
			t.Errorf("seen %d times", n)
		}
	})
}

func TestALostSourceIsOneEventAndNoSilence(t *testing.T) {
	play(t, func(s *stage) {
		s.tell(Reading{Device: "linked", What: Online}, Reading{Device: "smoke", What: Heartbeat})
		before := s.ledger.seen("linked")
		time.Sleep(10 * time.Second)
		if n := s.ledger.seen("linked") - before; n < 9 {
			t.Errorf("a held link was seen %d times in 10 s", n)
		}
		s.cut <- errors.New("broker refuses")
		time.Sleep(linkGrace + 2*time.Second)
		s.want("mqtt device.fault start")
		if s.state("smoke") != "unknown" || s.core.Links()["mqtt"].Fault != "broker refuses" {
			t.Errorf("state %s, links %+v", s.state("smoke"), s.core.Links())
		}
		if cause, guess := s.ledger.whys["smoke"](); cause != "unreachable" || guess {
			t.Errorf("coverage hears %q, %v", cause, guess)
		}
		time.Sleep(2 * every)
		s.want()
		s.tell(Reading{What: Linked})
		time.Sleep(settle + time.Second)
		s.want("mqtt device.fault end")
		if s.state("smoke") != WordOK {
			t.Errorf("state %s", s.state("smoke"))
		}
	})
}

func TestAShortCutIsNoEvent(t *testing.T) {
	play(t, func(s *stage) {
		for range 5 {
			s.cut <- errors.New("reset")
			time.Sleep(linkGrace / 2)
			s.tell(Reading{What: Linked})
			time.Sleep(time.Minute)
		}
		s.want()
	})
}

func TestADeviceThatSaysGoodbyeIsOffline(t *testing.T) {
	play(t, func(s *stage) {
		s.tell(Reading{Device: "linked", What: Online})
		if s.state("linked") != "unknown" && s.state("linked") != WordOK {
			t.Errorf("state %s", s.state("linked"))
		}
		s.tell(Reading{Device: "linked", What: Offline, Retained: true})
		s.want("linked device.offline start")
		s.tell(Reading{Device: "linked", What: Online, Retained: true})
		time.Sleep(settle + time.Second)
		s.want("linked device.offline end")
	})
}

// TestAPressBetweenTwoLooksIsNotMissed: what waited at a broker comes all at once.
func TestAPressBetweenTwoLooksIsNotMissed(t *testing.T) {
	play(t, func(s *stage) {
		s.core.step(t.Context(), []heard{
			{source: "mqtt", r: Reading{Device: "panic", What: Alarm}}, {source: "mqtt", r: Reading{Device: "panic", What: Restore}},
		})
		s.want("panic security.panic start")
	})
}

func TestASourceCanSayThatItIsDeaf(t *testing.T) {
	play(t, func(s *stage) {
		s.tell(Reading{What: Unlinked, Note: "zigbee2mqtt has stopped"})
		time.Sleep(linkGrace + 2*time.Second)
		s.want("mqtt device.fault start")
		s.tell(Reading{What: Linked})
		time.Sleep(settle + time.Second)
		s.want("mqtt device.fault end")
	})
}

func TestDoneComesAfterTheEventIsKept(t *testing.T) {
	play(t, func(s *stage) {
		kept := -1
		s.tell(Reading{Device: "smoke", What: Alarm, Done: func() { kept = len(s.events) }})
		synctest.Wait()
		if kept != 1 {
			t.Errorf("%d events were kept when the reading was done", kept)
		}
	})
}

func TestStrangersAreRefused(t *testing.T) {
	play(t, func(s *stage) {
		s.tell(Reading{Device: "nobody", What: Alarm}, Reading{Device: "smoke", What: Alarm, Kind: "person.face"})
		s.want()
	})
}

func TestWhatCannotBeReadIsPutAside(t *testing.T) {
	s := newStage(t)
	if err := os.WriteFile(s.file, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := load(s.file); err == nil || !strings.Contains(err.Error(), ".bad") {
		t.Errorf("load says %v", err)
	}
	if _, err := os.Stat(s.file + ".bad"); err != nil {
		t.Error(err)
	}
}

func TestBuiltInModelsAreGood(t *testing.T) {
	for name, m := range Models() {
		if faults := m.Validate(); len(faults) > 0 {
			t.Errorf("%s: %v", name, faults)
		}
	}
}
