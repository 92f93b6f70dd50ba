package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// simulated are the sensors of the site: what edge.yml says of each, and what it says
// itself, as zigbee2mqtt would, for each word that `rig sensor NAME WORD` knows.
var simulated = []struct {
	name, title, kind, model string
	says                     map[string]string
}{
	{"smoke", "烟感", "smoke", "HS1SA", map[string]string{
		"on":   `{"smoke":true,"battery_low":false,"battery":86,"linkquality":120}`,
		"off":  `{"smoke":false,"battery_low":false,"battery":86,"linkquality":120}`,
		"test": `{"smoke":true,"test":true,"battery_low":false,"battery":86,"linkquality":120}`,
		"low":  `{"smoke":false,"battery_low":true,"battery":7,"linkquality":120}`,
	}},
	{"door", "门磁", "door", "MCCGQ11LM", map[string]string{
		"on":  `{"contact":false,"battery":91,"linkquality":80}`,
		"off": `{"contact":true,"battery":91,"linkquality":80}`,
	}},
	{"panic", "紧急按钮", "panic", "TS0215A_sos", map[string]string{
		"on":  `{"action":"emergency","battery":100,"linkquality":100}`,
		"off": `{"action":"","battery":100,"linkquality":100}`,
	}},
}

// Where a site that runs says how its sensors' broker is reached.
const (
	brokerFile = "sensors.broker"
	brokerPID  = "sensors.pid"
)

// startSensors starts the broker of the sensors, mosquitto as it comes with Debian, and
// lets all of them say that all is well.
func (s *site) startSensors(ctx context.Context) error {
	program, err := exec.LookPath("mosquitto")
	if err != nil {
		program = "/usr/sbin/mosquitto" // not on everybody's path
	}
	_, port, err := net.SplitHostPort(s.sensors)
	if err != nil {
		return err
	}
	dir := filepath.Join(s.dir, "mosquitto")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	conf := s.file("mosquitto.conf", fmt.Sprintf("listener %s 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location %s/\n", port, dir))
	if err := s.start(ctx, "mosquitto", program, "-c", conf); err != nil {
		return err
	}
	if err := listens(ctx, s.sensors, s.last()); err != nil {
		return err
	}
	s.file(brokerFile, s.sensors)
	s.file(brokerPID, strconv.Itoa(s.last().cmd.Process.Pid))
	if err := tell(s.sensors, "zigbee2mqtt/bridge/state", `{"state":"online"}`, true); err != nil {
		return err
	}
	for _, d := range simulated {
		if err := sensor(s.sensors, d.name, "off"); err != nil {
			return err
		}
	}
	return nil
}

// plug pulls the sensors' broker's plug (off) or puts it back (on): a process that
// stands still answers nobody, and keeps what it has.
func plug(dir, word string) error {
	text, err := os.ReadFile(filepath.Join(dir, brokerPID))
	if err != nil {
		return err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return err
	}
	switch word {
	case "off":
		return syscall.Kill(pid, syscall.SIGSTOP)
	case "on":
		return syscall.Kill(pid, syscall.SIGCONT)
	}
	return fmt.Errorf("the broker is on or off, not %q", word)
}

// sensor lets a simulated sensor say a word over the broker at an address.
func sensor(broker, name, word string) error {
	for _, d := range simulated {
		if d.name != name {
			continue
		}
		payload, ok := d.says[word]
		if !ok {
			return fmt.Errorf("sensor %s says on and off (smoke also test and low), not %q", name, word)
		}
		payload = fmt.Sprintf(`%s,"last_seen":%q}`, strings.TrimSuffix(payload, "}"), time.Now().UTC().Format(time.RFC3339))
		return tell(broker, "zigbee2mqtt/"+name, payload, d.kind != "panic") // a press is kept by nobody
	}
	return fmt.Errorf("there is no sensor %q: smoke, door, panic or glass", name)
}

// sensorCommand is `rig sensor NAME WORD` beside a demo that runs.
func sensorCommand(args []string) error {
	if len(args) != 2 {
		return errors.New("usage: rig sensor smoke|door|panic|glass|broker on|off (smoke also: test, low)")
	}
	if args[0] == "broker" {
		return plug(demoDir, args[1])
	}
	if args[0] == glass {
		return pressGlass(demoDir, args[1])
	}
	broker, err := os.ReadFile(filepath.Join(demoDir, brokerFile))
	if err != nil {
		return fmt.Errorf("no demo runs here: start scripts/demo: %w", err)
	}
	return sensor(strings.TrimSpace(string(broker)), args[0], args[1])
}

// tell publishes one message and waits until the broker has it.
func tell(broker, topic, payload string, retained bool) error {
	c := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + broker).SetClientID("zigbee2mqtt").
		SetAutoReconnect(false).SetConnectTimeout(10 * time.Second))
	defer c.Disconnect(100)
	for _, do := range []func() paho.Token{c.Connect, func() paho.Token { return c.Publish(topic, 1, retained, payload) }} {
		token := do()
		if !token.WaitTimeout(10 * time.Second) {
			return fmt.Errorf("the sensors' broker at %s does not answer", broker)
		}
		if err := token.Error(); err != nil {
			return fmt.Errorf("the sensors' broker at %s: %w", broker, err)
		}
	}
	return nil
}

// listens waits until something listens at an address, or the process has ended.
func listens(ctx context.Context, addr string, p *process) error {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		if c, err := net.DialTimeout("tcp", addr, time.Second); err == nil {
			c.Close()
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.ended:
			return fmt.Errorf("%s has ended: see %s\n%s", p.name, p.log, tail(p.log))
		case <-time.After(50 * time.Millisecond):
		}
	}
	return fmt.Errorf("%s does not listen at %s: see %s\n%s", p.name, addr, p.log, tail(p.log))
}

// sensorConfig is the sensors' section of edge.yml.
func (s *site) sensorConfig(views []view) string {
	var b strings.Builder
	source, button := s.onvifConfig()
	fmt.Fprintf(&b, "sensors:\n  mqtt: {url: mqtt://%s}\n%s  devices:\n%s", s.sensors, source, button)
	for _, d := range simulated {
		fmt.Fprintf(&b, "    %s: {name: %q, kind: %s, model: %s, source: zigbee2mqtt, address: %s, camera: %s}\n", d.name, d.title, d.kind, d.model, d.name, burning(views))
	}
	return b.String()
}

// fireCamera is the drawn scene in which something burns: the smoke sensor hangs there,
// so that both make one incident.
const fireCamera = "courtyard"

// burning is the camera at whose place the sensors hang.
func burning(views []view) string {
	for _, v := range views {
		if v.name == fireCamera {
			return fireCamera
		}
	}
	return views[0].name
}

// placeList is where cameras and sensors hang, as `cloud places import` reads it. The
// names are invented.
func placeList(views []view) string {
	var b strings.Builder
	b.WriteString("code,parent,kind,zh,en,lat,lon,datum,org,device,households\n")
	b.WriteString("dongguan,,community,东关花园社区,Dongguan Garden Community,37.9300,102.6500,WGS-84,community,,\n")
	at := burning(views)
	for i, v := range views {
		lat, lon := 37.9300+float64(i%3)*0.0009, 102.6480+float64(i/3)*0.0016
		title := strings.NewReplacer(",", " ", "\"", " ", "\n", " ").Replace(v.title)
		fmt.Fprintf(&b, "%s,dongguan,spot,%s,%s,%.4f,%.4f,WGS-84,,,\n", v.name, title, v.name, lat, lon)
		fmt.Fprintf(&b, "%s-cam,%s,camera,%s,%s camera,%.4f,%.4f,WGS-84,,/demo/gate-1/%s,\n", v.name, v.name, "摄像机", v.name, lat, lon, v.name)
	}
	for _, d := range simulated {
		fmt.Fprintf(&b, "%s-%s,%s,sensor,%s,%s sensor,,,,,/demo/gate-1/%s,\n", at, d.name, at, d.title, d.name, d.name)
	}
	fmt.Fprintf(&b, "%s-%s,%s,sensor,手动报警按钮,button behind glass,,,,,/demo/gate-1/%s,\n", at, glass, at, glass)
	return b.String()
}

// smoulder lets the smoke sensor of the demo have its alarm a while after the camera
// has its fire, and end it later.
func (s *site) smoulder(ctx context.Context) {
	for _, step := range []struct {
		after time.Duration
		word  string
	}{{40 * time.Second, "on"}, {2 * time.Minute, "off"}} {
		select {
		case <-ctx.Done():
			return
		case <-time.After(step.after):
			if err := sensor(s.sensors, "smoke", step.word); err != nil {
				fmt.Fprintln(os.Stderr, "rig: the smoke sensor cannot be heard:", err)
			}
		}
	}
}
