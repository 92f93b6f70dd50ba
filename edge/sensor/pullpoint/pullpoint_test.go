package pullpoint

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"eastgate/edge/onvif"
	"eastgate/edge/onvif/onviftest"
	"eastgate/edge/sensor"
	"eastgate/shared/event"
	"eastgate/shared/secret"
)

const patience = 30 * time.Second

// An ear runs the adapter against a simulated camera.
type ear struct {
	t     *testing.T
	sim   *onviftest.Device
	m     *Metrics
	out   chan sensor.Reading
	ended chan error
}

var devices = map[string]sensor.Device{
	"gate-cam":    {Kind: "motion", Source: Source, Address: "gate"},
	"gate-button": {Kind: "button", Source: Source, Address: "gate", Input: "1"},
	"gate-door":   {Kind: "door", Source: Source, Address: "gate", Input: "2", Invert: true},
}

func listen(t *testing.T, cfg onviftest.Config, before func(*onviftest.Device)) *ear {
	t.Helper()
	cfg.Username, cfg.Password = "eastgate", "word"
	e := &ear{t: t, sim: onviftest.New(cfg), m: NewMetrics(prometheus.NewRegistry()), out: make(chan sensor.Reading), ended: make(chan error, 1)}
	t.Cleanup(e.sim.Close)
	if before != nil {
		before(e.sim)
	}
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(func() {
		stop()
		select {
		case <-e.ended:
		case <-time.After(patience):
			t.Error("the adapter does not end")
		}
	})
	a := New(Config{Address: e.sim.URL, Username: "eastgate"}, secret.New("word"), devices, e.m)
	go func() { e.ended <- a.Run(ctx, e.out); close(e.ended) }()
	e.want(sensor.Reading{What: sensor.Linked})
	for _, id := range []string{"gate-button", "gate-cam", "gate-door"} {
		e.want(sensor.Reading{Device: id, What: sensor.Online})
	}
	return e
}

func (e *ear) next() sensor.Reading {
	e.t.Helper()
	select {
	case r := <-e.out:
		return r
	case <-time.After(patience):
		e.t.Fatal("nothing came")
		return sensor.Reading{}
	}
}

// want compares all but the time, which must be about now.
func (e *ear) want(want sensor.Reading) {
	e.t.Helper()
	got := e.next()
	if !got.At.IsZero() && time.Since(got.At).Abs() > time.Minute {
		e.t.Errorf("%+v was not about now", got)
	}
	got.At = time.Time{}
	if got.Device != want.Device || got.What != want.What || got.Kind != want.Kind || got.Retained != want.Retained || got.Lasts != want.Lasts || !strings.Contains(got.Note, want.Note) {
		e.t.Errorf("got %+v, want %+v", got, want)
	}
}

var (
	first  = map[string]string{"InputToken": "1"}
	second = map[string]string{"InputToken": "2"}
	lens   = map[string]string{"VideoSourceConfigurationToken": "1", "Rule": "a"}
)

func state(v string) map[string]string  { return map[string]string{"LogicalState": v} }
func moving(v string) map[string]string { return map[string]string{"IsMotion": v} }

const (
	input  = "tns1:Device/Trigger/tns1:DigitalInput"
	motion = "tns1:RuleEngine/CellMotionDetector/Motion"
)

// TestInputsAreStateAtFirstThenAlarms: with a clock that is an hour wrong.
func TestInputsAreStateAtFirstThenAlarms(t *testing.T) {
	e := listen(t, onviftest.Config{Skew: time.Hour}, func(d *onviftest.Device) { d.Set(input, first, state("true")) })
	e.want(sensor.Reading{Device: "gate-button", What: sensor.Alarm, Retained: true})
	e.sim.Set(input, first, state("false"))
	e.want(sensor.Reading{Device: "gate-button", What: sensor.Restore})
	e.sim.Set(input, first, state("true"))
	e.want(sensor.Reading{Device: "gate-button", What: sensor.Alarm})
	e.sim.Delete(input, first)
	e.want(sensor.Reading{Device: "gate-button", What: sensor.Restore})
	e.sim.Set(input, second, state("true")) // normally closed: closed is well
	e.want(sensor.Reading{Device: "gate-door", What: sensor.Restore, Retained: true})
	e.sim.Set(input, second, state("false"))
	e.want(sensor.Reading{Device: "gate-door", What: sensor.Alarm})
}

func TestTwoPropertiesOfOneKindAreOneCondition(t *testing.T) {
	e := listen(t, onviftest.Config{}, nil)
	other := map[string]string{"VideoSourceConfigurationToken": "1", "Rule": "b"}
	e.sim.Set(motion, lens, moving("false"))
	e.want(sensor.Reading{Device: "gate-cam", What: sensor.Restore, Retained: true})
	e.sim.Set(motion, lens, moving("true"))
	e.want(sensor.Reading{Device: "gate-cam", What: sensor.Alarm, Note: "sees movement"})
	e.sim.Set(motion, other, moving("1"))
	e.want(sensor.Reading{Device: "gate-cam", What: sensor.Alarm, Note: "sees movement", Retained: true})
	e.sim.Set(motion, lens, moving("false")) // b still moves: nothing is told
	e.sim.Set(motion, other, moving("0"))
	e.want(sensor.Reading{Device: "gate-cam", What: sensor.Restore})
}

func TestOtherKindsOfACamera(t *testing.T) {
	e := listen(t, onviftest.Config{}, nil)
	e.sim.Emit("tns1:RuleEngine/LineDetector/Crossed", lens, map[string]string{"ObjectId": "7"})
	e.want(sensor.Reading{Device: "gate-cam", What: sensor.Alarm, Kind: event.Intrusion, Lasts: crossing})
	e.sim.Set("tns1:VideoSource/SignalLoss", lens, map[string]string{"State": "false"})
	e.want(sensor.Reading{Device: "gate-cam", What: sensor.Restore, Kind: event.VideoLoss, Retained: true})
	e.sim.Set("tns1:VideoSource/SignalLoss", lens, map[string]string{"State": "true"})
	e.want(sensor.Reading{Device: "gate-cam", What: sensor.Alarm, Kind: event.VideoLoss})
	e.sim.Set("tns1:Device/HardwareFailure/StorageFailure", nil, map[string]string{"Failed": "true"})
	e.want(sensor.Reading{Device: "gate-cam", What: sensor.Fault, Kind: event.DeviceFault, Note: "storage", Retained: true})
	e.sim.Set("tns1:Device/HardwareFailure/StorageFailure", nil, map[string]string{"Failed": "false"})
	e.want(sensor.Reading{Device: "gate-cam", What: sensor.FaultOver, Kind: event.DeviceFault})
}

// TestWhatIsAboutPersonsIsOnlyCounted: what comes after it is told, it is not.
func TestWhatIsAboutPersonsIsOnlyCounted(t *testing.T) {
	e := listen(t, onviftest.Config{}, nil)
	topics := []string{
		"tns1:RuleEngine/Recognition/Face", "tns1:RuleEngine/Recognition/LicensePlate", "tns1:RuleEngine/Radiometry/BodyTemperatureAlarm",
		"tns1:RuleEngine/LoiteringDetector/ObjectIsLoitering", "tns1:RuleEngine/ObjectTrack/Aggregation", "tns1:RuleEngine/AudioDetector/Class",
		"tns1:RuleEngine/CountAggregation/Counter", "tnsvendor:RuleEngine/MyFaceDetector/Seen", "tns1:UserAlarm/IVA/HumanShapeDetect",
	}
	for _, topic := range topics {
		e.sim.Emit(topic, lens, map[string]string{"State": "true", "Likelihood": "0.9", "Plate": "粤S12345"})
	}
	e.sim.Emit("tns1:Device/Trigger/Relay", lens, state("true"))
	e.sim.Emit("tnsvendor:Weather/Rain", lens, state("true"))
	e.sim.Set(input, first, state("false"))
	e.want(sensor.Reading{Device: "gate-button", What: sensor.Restore, Retained: true})
	for v, want := range map[verdict]float64{banned: float64(len(topics)), idle: 1, other: 1, used: 1} {
		if got := testutil.ToFloat64(e.m.messages.WithLabelValues(string(v))); got != want {
			t.Errorf("%s: %v messages, want %v", v, got, want)
		}
	}
	if got := testutil.ToFloat64(e.m.dropped.WithLabelValues("RuleEngine/Recognition")); got != 2 {
		t.Errorf("faces and plates: counted %v", got)
	}
}

// TestACameraThatRestartsEndsTheConnection: the core makes a new one and tells it.
func TestACameraThatRestartsEndsTheConnection(t *testing.T) {
	e := listen(t, onviftest.Config{}, nil)
	e.sim.Restart()
	select {
	case err := <-e.ended:
		if f := (*onvif.Fault)(nil); !errors.As(err, &f) {
			t.Errorf("ended with %v", err)
		}
	case <-time.After(patience):
		t.Error("goes on")
	}
}

func TestACameraThatIsNotThere(t *testing.T) {
	sim := onviftest.New(onviftest.Config{})
	sim.Close()
	err := New(Config{Address: sim.URL}, secret.Value{}, devices, NewMetrics(prometheus.NewRegistry())).Run(t.Context(), nil)
	if err == nil {
		t.Error("no error")
	}
}

// TestTheSubscriptionIsGivenBack: cameras have few.
func TestTheSubscriptionIsGivenBack(t *testing.T) {
	sim := onviftest.New(onviftest.Config{})
	defer sim.Close()
	ctx, stop := context.WithCancel(t.Context())
	out := make(chan sensor.Reading)
	ended := make(chan error)
	go func() {
		ended <- New(Config{Address: sim.URL}, secret.Value{}, devices, NewMetrics(prometheus.NewRegistry())).Run(ctx, out)
	}()
	<-out
	stop()
	if err := <-ended; err != nil || sim.Subscriptions() != 0 {
		t.Errorf("%v, %d subscriptions left", err, sim.Subscriptions())
	}
}

// TestDarknessCountsOnlyIfItLasts reads without a device, in time of its own.
func TestDarknessCountsOnlyIfItLasts(t *testing.T) {
	b := &book{devices: devices, m: NewMetrics(prometheus.NewRegistry()), on: map[string]map[string]bool{}, due: map[string]pending{}}
	dark := func(v string) []onvif.Notification {
		return []onvif.Notification{{Topic: "VideoSource/ImageTooDark/ImagingService", Operation: onvif.Changed, Source: lens, Data: map[string]string{"State": v}}}
	}
	now := time.Now()
	if got := b.read(dark("true"), now); len(got) != 0 || b.patience(now) > pullFor {
		t.Errorf("at once: %+v", got)
	}
	b.read(dark("false"), now.Add(holdOff/2))
	if got := b.read(nil, now.Add(holdOff)); len(got) != 0 {
		t.Errorf("light came back: %+v", got)
	}
	b.read(dark("true"), now)
	if got := b.read(nil, now.Add(holdOff)); len(got) != 1 || got[0].What != sensor.Alarm || got[0].Kind != event.Tamper {
		t.Errorf("still dark: %+v", got)
	}
	if got := b.read(dark("false"), now.Add(holdOff+1)); len(got) != 1 || got[0].What != sensor.Restore {
		t.Errorf("light: %+v", got)
	}
}

func TestFaultsOfAConfiguration(t *testing.T) {
	cams := map[string]Config{"gate": {Address: "10.0.0.1"}}
	for want, d := range map[string]sensor.Device{
		"address": {Kind: "button", Address: "x", Input: "1"},
		"input":   {Kind: "smoke", Address: "gate"},
		"invert":  {Kind: "motion", Address: "gate", Invert: true},
	} {
		if got := Check(d, cams); len(got) != 1 || !strings.HasPrefix(got[0].Error(), want) {
			t.Errorf("%+v: %v", d, got)
		}
	}
	for _, d := range devices {
		if got := Check(d, cams); got != nil {
			t.Error(got)
		}
	}
	if got := (Config{Address: "ftp://x", Username: "u"}).Validate(); len(got) != 2 {
		t.Error(got)
	}
}
