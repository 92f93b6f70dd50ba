package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eastgate/edge/config"
	"eastgate/edge/onvif/onviftest"
	"eastgate/edge/sensor"
	"eastgate/shared/brokertest"
)

// TestACamerasInputAndAPushedDetectorAreKept takes the whole way from a camera's button,
// and from an operator's cloud, to the outbox; the camera is restarted in between.
func TestACamerasInputAndAPushedDetectorAreKept(t *testing.T) {
	cam := onviftest.New(onviftest.Config{Username: "eastgate", Password: "word"})
	defer cam.Close()
	const topic = "tns1:Device/Trigger/tns1:DigitalInput"
	press := func(v string) {
		cam.Set(topic, map[string]string{"InputToken": "1"}, map[string]string{"LogicalState": v})
	}
	press("false")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("word\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	port := brokertest.FreePort(t)
	f, faults := config.Parse(fmt.Appendf(nil, `
site: c3
box: gate
data: %[1]s/data
listen: 127.0.0.1:%[2]d
outbox: {min_free_bytes: 0}
cloud: {broker: "mqtt://127.0.0.1:1", evidence: "http://127.0.0.1:1", secret: {file: %[1]s/secret}}
sensors:
  onvif: {cam: {address: %[3]q, username: eastgate, password: {file: %[1]s/secret}}}
  push: {listen: "127.0.0.1:%[4]d", senders: {telecom: {speaks: aep, token: {file: %[1]s/secret}}}}
  devices:
    button: {kind: button, source: onvif, address: cam, input: "1"}
    flat: {kind: smoke, model: NB-IoT, source: push, address: telecom/866156050012345}
`, dir, brokertest.FreePort(t), cam.URL, port))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	box, err := New(f, "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- box.Run(ctx) }()
	defer func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := box.Close(); err != nil {
			t.Error(err)
		}
	}()

	addr := box.Addr()
	shows(t, addr, "linked, and well", func(h healthz) bool {
		s := h.Parts.Sensors.Sources
		return s["onvif-cam"].Linked && s["push"].Linked && h.state("button") == sensor.WordOK
	})
	press("true")
	shows(t, addr, "pressed", func(h healthz) bool { return h.state("button") == sensor.WordAlarm })
	body := fmt.Sprintf(`{"messageType":"eventReport","IMEI":"866156050012345","timestamp":%d,"eventContent":{"smoke_state":1}}`, time.Now().UnixMilli())
	resp, err := http.Post(fmt.Sprintf("http://127.0.0.1:%d/push/telecom/word", port), "application/json", strings.NewReader(body)) //nolint:noctx // short
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK || urgent(t, box) != 2 { // 200 says that it is kept
		t.Errorf("answered %s with %d events kept, want 2", resp.Status, urgent(t, box))
	}

	cam.Restart()
	shows(t, addr, "away", func(h healthz) bool { return h.Parts.Sensors.Sources["onvif-cam"].Fault != "" })
	shows(t, addr, "linked again", func(h healthz) bool {
		return h.Parts.Sensors.Sources["onvif-cam"].Linked && h.state("button") == sensor.WordAlarm
	})
	if n := urgent(t, box); n != 2 {
		t.Errorf("%d urgent events after the camera told again how it stands, want 2", n)
	}
}
