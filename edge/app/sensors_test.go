package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/prometheus/client_golang/prometheus"

	"eastgate/edge/config"
	"eastgate/edge/sensor"
	"eastgate/shared/brokertest"
	"eastgate/shared/wire"
)

// aBoxWithSensors writes the configuration of a box that has sensors only and whose
// cloud is away.
func aBoxWithSensors(t *testing.T, broker string) string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "edge.yml")
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("word\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf(`
site: c3
box: gate
data: %[1]s/data
listen: 127.0.0.1:%[2]d
outbox: {min_free_bytes: 0}
cloud: {broker: "mqtt://127.0.0.1:1", evidence: "http://127.0.0.1:1", secret: {file: %[1]s/secret}}
sensors:
  mqtt: {url: "%[3]s"}
  devices:
    smoke: {name: 烟感, kind: smoke, model: HS1SA, source: zigbee2mqtt, address: lobby/smoke}
    gas: {kind: gas, source: esphome, address: kitchen}
`, dir, brokertest.FreePort(t), broker)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

type healthz struct {
	Parts struct {
		Sensors struct {
			Sources map[string]sensor.Link `json:"sources"`
			Devices []wire.SensorHealth    `json:"devices"`
		} `json:"sensors"`
	} `json:"parts"`
}

// shows asks a box how it is until it is as a test wants it.
func shows(t *testing.T, addr, what string, good func(healthz) bool) {
	t.Helper()
	var body []byte
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		resp, err := http.Get("http://" + addr + "/healthz")
		if err != nil {
			continue
		}
		body, _ = io.ReadAll(resp.Body)
		resp.Body.Close()
		var h healthz
		if err := json.Unmarshal(body, &h); err != nil {
			t.Fatal(err)
		}
		if good(h) {
			return
		}
	}
	t.Fatalf("never: %s\n%s", what, body)
}

func (h healthz) state(id string) string {
	for _, d := range h.Parts.Sensors.Devices {
		if d.Sensor == id && d.State != nil {
			return *d.State
		}
	}
	return "unknown"
}

// TestASmokeSensorsAlarmIsKept takes the whole way from mosquitto to the outbox, with
// the broker pulled and put back.
func TestASmokeSensorsAlarmIsKept(t *testing.T) {
	broker := brokertest.Mosquitto(t)
	file := aBoxWithSensors(t, broker.URL())
	f, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	box, stop := running(t, f)
	addr := box.Addr()
	shows(t, addr, "linked", func(h healthz) bool {
		return h.Parts.Sensors.Sources["zigbee2mqtt"].Linked && h.Parts.Sensors.Sources["esphome"].Linked
	})
	shows(t, addr, "what was never heard is unknown", func(h healthz) bool { return h.state("smoke") == "unknown" })
	publish(t, broker.URL(), "zigbee2mqtt/lobby/smoke", `{"smoke":true,"battery":80}`)
	shows(t, addr, "alarm", func(h healthz) bool { return h.state("smoke") == sensor.WordAlarm })
	shows(t, addr, "the alarm waits for the cloud", func(healthz) bool { return urgent(t, box) == 1 })
	var out bytes.Buffer
	c := Console{Out: &out, Err: io.Discard}
	if err := c.Command(t.Context(), []string{"sensors", "-config", file}); err != nil || !strings.Contains(out.String(), "alarm") || !strings.Contains(out.String(), "80 %") {
		t.Errorf("edge sensors: %v\n%s", err, &out)
	}

	if _, err := box.testSensor(t.Context(), []byte(`{"sensor":"gas","minutes":5}`)); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{`{"sensor":"nobody","minutes":5}`, `{"sensor":"gas","minutes":-1}`, `{"sensor":`} {
		if _, err := box.testSensor(t.Context(), []byte(bad)); err == nil {
			t.Errorf("%s is done", bad)
		}
	}
	shows(t, addr, "under test", func(h healthz) bool { return h.Parts.Sensors.Devices[0].Test })

	broker.Kill()
	shows(t, addr, "away", func(h healthz) bool {
		return h.Parts.Sensors.Sources["zigbee2mqtt"].Fault != "" && h.state("smoke") == "unknown"
	})
	broker.Start()
	shows(t, addr, "linked again", func(h healthz) bool {
		return h.Parts.Sensors.Sources["zigbee2mqtt"].Linked && h.state("smoke") == sensor.WordAlarm
	})
	publish(t, broker.URL(), "zigbee2mqtt/lobby/smoke", `{"smoke":true,"battery":79}`)
	shows(t, addr, "heard again", func(h healthz) bool { return *h.Parts.Sensors.Devices[1].Battery == 79 })
	if n := urgent(t, box); n != 1 {
		t.Errorf("%d urgent events wait after the alarm was said again, want 1", n)
	}

	stop()
	publish(t, broker.URL(), "kitchen/binary_sensor/gas/state", "ON") // while the box is down
	box, stop = running(t, f)
	defer stop()
	shows(t, box.Addr(), "the gas alarm that began meanwhile waits too, and the smoke alarm is not told again", func(h healthz) bool {
		return h.state("smoke") == sensor.WordAlarm && h.state("gas") == sensor.WordAlarm && urgent(t, box) == 2
	})
}

// running runs a box until stop is called.
func running(t *testing.T, f config.File) (b *Box, stop func()) {
	t.Helper()
	b, err := New(f, "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	return b, func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
}

func urgent(t *testing.T, b *Box) int64 {
	t.Helper()
	s, err := b.outbox.Stats()
	if err != nil {
		t.Fatal(err)
	}
	return s.Waiting[0]
}

func publish(t *testing.T, url, topic, payload string) {
	t.Helper()
	c := paho.NewClient(paho.NewClientOptions().AddBroker(strings.Replace(url, "mqtt://", "tcp://", 1)).SetClientID("zigbee2mqtt"))
	await := func(tok paho.Token) {
		if !tok.WaitTimeout(30*time.Second) || tok.Error() != nil {
			t.Fatal(tok.Error())
		}
	}
	await(c.Connect())
	await(c.Publish(topic, 1, true, payload))
	c.Disconnect(100)
}

// TestHealthFitsOneMessage: with as many sensors as a box may have, all of them in
// trouble, the names give way and no sensor does.
func TestHealthFitsOneMessage(t *testing.T) {
	f := config.File{Site: "c3", Box: "gate", Sensors: config.Sensors{Devices: map[string]sensor.Device{}}}
	for i := range wire.MaxSensors {
		f.Sensors.Devices[fmt.Sprintf("%s-%d", strings.Repeat("s", 44), i)] = sensor.Device{Name: strings.Repeat("烟", 200), Kind: "smoke", Source: "zigbee2mqtt", Address: "a"}
	}
	b := &Box{file: f}
	b.sensors = sensor.New(sensor.Config{Devices: f.Sensors.Devices, File: filepath.Join(t.TempDir(), "sensors.json")}, sensor.NewMetrics(prometheus.NewRegistry()), slog.New(slog.DiscardHandler))
	h := wire.BoxHealth{At: time.Now()}
	for i := range 144 {
		h.Cameras = append(h.Cameras, wire.CameraHealth{Camera: fmt.Sprintf("camera-%d", i), Name: "041 商铺", State: "online", Since: time.Now()})
	}
	b.withSensors(&h)
	body, err := json.Marshal(h)
	if err != nil || len(body) > wire.MaxBytes {
		t.Errorf("%d bytes, %v", len(body), err)
	}
	if got, err := wire.DecodeHealth(body); err != nil || len(got.Sensors) != wire.MaxSensors {
		t.Errorf("%d sensors, %v", len(got.Sensors), err)
	}
}
