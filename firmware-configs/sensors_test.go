package configs_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"eastgate/edge/config"
	"eastgate/edge/sensor"
)

// said is what a device with one of our files puts on its topics, and what the box
// must make of it.
type said struct {
	topic, payload string
	device         string // of sensors.edge.yml
	what           sensor.What
}

// box is the section that stands in sensors.edge.yml, checked as `edge check` does.
func box(t *testing.T) config.Sensors {
	t.Helper()
	text, err := os.ReadFile("sensors.edge.yml")
	if err != nil {
		t.Fatal(err)
	}
	f, faults := config.Parse(append([]byte("site: s\nbox: b\ncloud: {broker: mqtt://c, evidence: http://c, secret: {env: W}}\n"), text...))
	if len(faults) > 0 {
		t.Fatal(errors.Join(faults...))
	}
	return f.Sensors
}

// device is the one that the box hears at an address of a source.
func device(t *testing.T, s config.Sensors, source, address string) (string, sensor.Device) {
	t.Helper()
	for id, d := range s.Devices {
		if d.Source == source && d.Address == address {
			return id, d
		}
	}
	t.Errorf("sensors.edge.yml has no device at %s %s", source, address)
	return "", sensor.Device{}
}

// tree reads a YAML file as what it is made of.
func tree(t *testing.T, file string) *yaml.Node {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var n yaml.Node
	if err := yaml.Unmarshal(data, &n); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return n.Content[0]
}

// pairs are the keys and values of a mapping.
func pairs(n *yaml.Node) map[string]*yaml.Node {
	out := map[string]*yaml.Node{}
	for i := 0; n != nil && i+1 < len(n.Content); i += 2 {
		out[n.Content[i].Value] = n.Content[i+1]
	}
	return out
}

// known lists what may stand in a mapping, by its path; * is any step of a list.
func unknown(t *testing.T, file string, n *yaml.Node, path string, known map[string][]string) {
	t.Helper()
	switch n.Kind {
	case yaml.MappingNode:
		for key, v := range pairs(n) {
			if allowed, ok := known[path]; ok && !slices.Contains(allowed, key) {
				t.Errorf("%s: %s: %q is no key that the documentation has", file, path, key)
			}
			unknown(t, file, v, strings.TrimPrefix(path+"."+key, "."), known)
		}
	case yaml.SequenceNode:
		for _, v := range n.Content {
			unknown(t, file, v, path+".*", known)
		}
	}
}

// esphomeKeys is from https://esphome.io/components/: core, wifi, mqtt, ota, gpio, uptime.
var esphomeKeys = map[string][]string{
	"":                          {"substitutions", "packages", "esphome", "esp32", "logger", "wifi", "ota", "mqtt", "sensor", "binary_sensor"},
	"esphome":                   {"name", "friendly_name", "comment"},
	"esp32":                     {"board", "variant", "framework"},
	"esp32.framework":           {"type", "version"},
	"logger":                    {"level", "baud_rate"},
	"wifi":                      {"ssid", "password", "fast_connect", "power_save_mode", "manual_ip"},
	"ota.*":                     {"platform", "password", "port"},
	"mqtt":                      {"broker", "port", "username", "password", "client_id", "discovery", "topic_prefix", "log_topic", "birth_message", "will_message", "shutdown_message", "keepalive", "reboot_timeout", "clean_session", "certificate_authority"},
	"mqtt.birth_message":        {"topic", "payload", "qos", "retain"},
	"mqtt.will_message":         {"topic", "payload", "qos", "retain"},
	"mqtt.shutdown_message":     {"topic", "payload", "qos", "retain"},
	"sensor.*":                  {"platform", "name", "update_interval", "qos", "retain"},
	"binary_sensor.*":           {"platform", "name", "device_class", "pin", "filters", "qos", "retain"},
	"binary_sensor.*.pin":       {"number", "mode", "inverted"},
	"binary_sensor.*.pin.mode":  {"input", "pullup", "pulldown"},
	"binary_sensor.*.filters.*": {"delayed_on", "delayed_off", "delayed_on_off", "invert"},
}

// esphomeSecrets are the keys whose values must be references.
var esphomeSecrets = regexp.MustCompile(`^(ssid|password|broker|username)$`)

func secrets(t *testing.T, file string, n *yaml.Node, have map[string]*yaml.Node) {
	t.Helper()
	for key, v := range pairs(n) {
		switch {
		case esphomeSecrets.MatchString(key) && v.Kind == yaml.ScalarNode:
			if v.Tag != "!secret" || have[v.Value] == nil {
				t.Errorf("%s: %s is no !secret of secrets.example.yaml", file, key)
			}
		case v.Kind == yaml.MappingNode:
			secrets(t, file, v, have)
		case v.Kind == yaml.SequenceNode:
			for _, e := range v.Content {
				secrets(t, file, e, have)
			}
		}
	}
}

// esphome reads the nodes' files and returns what they will say.
func esphome(t *testing.T, s config.Sensors) (out []said) {
	have := pairs(tree(t, "esphome/secrets.example.yaml"))
	common := tree(t, "esphome/common.yaml")
	unknown(t, "common.yaml", common, "", esphomeKeys)
	secrets(t, "common.yaml", common, have)
	mqtt := pairs(pairs(common)["mqtt"])
	if mqtt["topic_prefix"].Value != "${name}" {
		t.Error("common.yaml: topics do not begin with the node's name")
	}
	files, err := filepath.Glob("esphome/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if base := filepath.Base(file); base == "common.yaml" || base == "secrets.example.yaml" {
			continue
		}
		n := tree(t, file)
		unknown(t, file, n, "", esphomeKeys)
		secrets(t, file, n, have)
		top := pairs(n)
		if in := pairs(top["packages"])["common"]; in == nil || in.Tag != "!include" || in.Value != "common.yaml" {
			t.Errorf("%s does not include common.yaml", file)
		}
		name := pairs(top["substitutions"])["name"].Value
		id, d := device(t, s, "esphome", name)
		status := strings.ReplaceAll(pairs(mqtt["birth_message"])["topic"].Value, "${name}", name)
		out = append(out, said{status, pairs(mqtt["birth_message"])["payload"].Value, id, sensor.Online})
		told := map[string]sensor.What{"fault": sensor.Fault, "tamper": sensor.Alarm, "test": sensor.Test, string(d.Kind): sensor.Alarm}
		for _, e := range top["binary_sensor"].Content {
			entity := pairs(e)["name"].Value
			if _, read := told[entity]; !read {
				t.Errorf("%s: nobody reads %s", file, entity)
			}
			out = append(out, said{name + "/binary_sensor/" + entity + "/state", "ON", id, told[entity]})
		}
		for _, e := range pairs(common)["sensor"].Content {
			out = append(out, said{name + "/sensor/" + pairs(e)["name"].Value + "/state", "61", id, sensor.Heartbeat})
		}
		out = append(out, said{status, pairs(mqtt["will_message"])["payload"].Value, id, sensor.Offline})
	}
	return out
}

// tasmotaCommands is from https://tasmota.github.io/docs/Commands/ and, for the numbers
// of GPIO, https://tasmota.github.io/docs/Components/ (160 is Switch1, 32 is Button1).
var tasmotaCommands = map[string]*regexp.Regexp{
	`MqttHost`: regexp.MustCompile(`^\$\{MQTT_HOST\}$`), `MqttUser`: regexp.MustCompile(`^\$\{MQTT_USER\}$`), `MqttPassword`: regexp.MustCompile(`^\$\{MQTT_PASSWORD\}$`),
	`MqttPort`: regexp.MustCompile(`^[0-9]{1,5}$`), `Topic`: regexp.MustCompile(`^[a-z0-9_-]{1,32}$`), `FullTopic`: regexp.MustCompile(`^%prefix%/%topic%/$`),
	`DeviceName`: regexp.MustCompile(`^.{1,32}$`), `TelePeriod`: regexp.MustCompile(`^([1-9][0-9]|[1-9][0-9]{2,3})$`),
	`SensorRetain`: regexp.MustCompile(`^[01]$`), `PowerRetain`: regexp.MustCompile(`^[01]$`), `SwitchRetain`: regexp.MustCompile(`^[01]$`), `ButtonRetain`: regexp.MustCompile(`^[01]$`),
	`NtpServer[123]`: regexp.MustCompile(`^\S+$`), `Timezone`: regexp.MustCompile(`^[+-](0[0-9]|1[0-3]):[0-5][0-9]$`),
	`GPIO([0-9]|1[0-7])`: regexp.MustCompile(`^(32|160)$`), `SwitchMode[1-8]`: regexp.MustCompile(`^([0-9]|1[0-6])$`), `SwitchDebounce`: regexp.MustCompile(`^[4-9][0-9]|[1-9][0-9]{2}|1000$`),
	`SetOption(1|11|13|19|26|32|40|73|114)`: regexp.MustCompile(`^[0-9]{1,3}$`),
}

// commands reads a file of commands; each must be documented and have a value that is.
func commands(t *testing.T, file string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for i, line := range strings.Split(string(text), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, _ := strings.Cut(line, " ")
		good := false
		for pattern, values := range tasmotaCommands {
			good = good || regexp.MustCompile("^"+pattern+"$").MatchString(name) && values.MatchString(value)
		}
		if !good {
			t.Errorf("%s:%d: %q is no documented command with such a value", file, i+1, line)
		}
		out[name] = value
	}
	return out
}

// tasmota reads the devices' files and returns what they will say.
func tasmota(t *testing.T, s config.Sensors) (out []said) {
	common := commands(t, "tasmota/common.txt")
	if common["SensorRetain"] != "1" || common["TelePeriod"] != "300" {
		t.Error("common.txt: the box takes for granted that inputs are told every 300 s and kept")
	}
	files, err := filepath.Glob("tasmota/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if filepath.Base(file) == "common.txt" {
			continue
		}
		c := commands(t, file)
		topic := func(prefix string) string {
			return strings.NewReplacer("%prefix%", prefix, "%topic%", c["Topic"]).Replace(common["FullTopic"])
		}
		id, _ := device(t, s, "tasmota", c["Topic"])
		out = append(out, said{topic("tele") + "LWT", "Online", id, sensor.Online})
		switch {
		case c["GPIO14"] == "32" && c["SetOption73"] == "1":
			out = append(out, said{topic("stat") + "RESULT", `{"Button1":{"Action":"SINGLE"}}`, id, sensor.Alarm})
		case c["GPIO14"] == "160" && (c["SwitchMode1"] == "15" || c["SwitchMode1"] == "16"):
			out = append(
				out, said{topic("tele") + "SENSOR", `{"Time":"2026-11-25T12:00:00","Switch1":"ON"}`, id, sensor.Alarm},
				said{topic("tele") + "SENSOR", `{"Time":"2026-11-25T12:00:05","Switch1":"OFF"}`, id, sensor.Restore},
			)
		default:
			t.Errorf("%s: no input that tells anything", file)
		}
		out = append(out, said{topic("tele") + "LWT", "Offline", id, sensor.Offline})
	}
	return out
}

// zigbeeKeys is from https://www.zigbee2mqtt.io/guide/configuration/.
var zigbeeKeys = map[string][]string{
	"":                     {"version", "homeassistant", "frontend", "mqtt", "serial", "advanced", "availability", "device_options", "devices", "groups"},
	"homeassistant":        {"enabled"},
	"frontend":             {"enabled", "port", "host"},
	"mqtt":                 {"base_topic", "server", "user", "password", "keepalive", "version", "ca", "key", "cert", "client_id"},
	"serial":               {"port", "adapter", "baudrate"},
	"advanced":             {"network_key", "channel", "pan_id", "log_level", "last_seen", "cache_state", "cache_state_persistent", "cache_state_send_on_startup"},
	"availability":         {"enabled", "active", "passive"},
	"availability.active":  {"timeout"},
	"availability.passive": {"timeout"},
	"device_options":       {"qos", "retain", "debounce"},
}

// zigbeeSays is what a device of each kind publishes at an alarm.
var zigbeeSays = map[sensor.Word]string{
	"smoke": `{"smoke":true}`, "gas": `{"gas":true}`, "door": `{"contact":false}`, "water": `{"water_leak":true}`, "panic": `{"action":"emergency"}`,
}

// zigbee reads zigbee2mqtt's files and returns what it will say.
func zigbee(t *testing.T, s config.Sensors) (out []said) {
	n := tree(t, "zigbee2mqtt/configuration.yaml")
	unknown(t, "configuration.yaml", n, "", zigbeeKeys)
	top := pairs(n)
	options, advanced := pairs(top["device_options"]), pairs(top["advanced"])
	if options["retain"].Value != "true" || options["qos"].Value != "1" || advanced["last_seen"].Value != "ISO_8601" {
		t.Error("configuration.yaml: the box needs retain, qos 1 and last_seen")
	}
	have := pairs(tree(t, "zigbee2mqtt/secret.example.yaml"))
	for _, ref := range []string{pairs(top["mqtt"])["user"].Value, pairs(top["mqtt"])["password"].Value, advanced["network_key"].Value} {
		if key, ok := strings.CutPrefix(ref, "!secret.yaml "); !ok || have[key] == nil {
			t.Errorf("configuration.yaml: %q is no reference into secret.yaml", ref)
		}
	}
	base := pairs(top["mqtt"])["base_topic"].Value
	ieee := regexp.MustCompile(`^0x[0-9a-f]{16}$`)
	for address, v := range pairs(tree(t, "zigbee2mqtt/devices.yaml")) {
		words := pairs(v)
		if !ieee.MatchString(address) {
			t.Errorf("devices.yaml: %q is no IEEE address", address)
		}
		unknown(t, "devices.yaml", v, "", map[string][]string{"": {"friendly_name", "description", "retain", "qos"}})
		id, d := device(t, s, "zigbee2mqtt", words["friendly_name"].Value)
		if press := d.Kind == "panic"; press != (words["retain"] != nil && words["retain"].Value == "false") {
			t.Errorf("devices.yaml: %s: presses are not kept, all else is", id)
		}
		out = append(out, said{base + "/" + words["friendly_name"].Value, zigbeeSays[d.Kind], id, sensor.Alarm})
	}
	for number, v := range pairs(tree(t, "zigbee2mqtt/groups.yaml")) {
		if !regexp.MustCompile(`^[1-9][0-9]*$`).MatchString(number) {
			t.Errorf("groups.yaml: %q is no number", number)
		}
		unknown(t, "groups.yaml", v, "", map[string][]string{"": {"friendly_name", "retain", "qos"}})
	}
	return out
}

// TestTheBoxHearsWhatTheFilesSay loads each file and lets a device that has it speak
// over mosquitto: the box must hear what the file makes it say.
func TestTheBoxHearsWhatTheFilesSay(t *testing.T) {
	s := box(t)
	all := map[string][]said{"esphome": esphome(t, s), "tasmota": tasmota(t, s), "zigbee2mqtt": zigbee(t, s)}
	heard := map[string]bool{}
	for _, source := range slices.Sorted(maps.Keys(all)) {
		t.Run(source, func(t *testing.T) {
			hear := listen(t, s, source)
			for _, w := range all[source] {
				heard[w.device] = true
				if got := hear(w.topic, w.payload); !slices.Contains(got, fmt.Sprint(w.device, " ", w.what)) {
					t.Errorf("%s %s is heard as %q, want %s %s", w.topic, w.payload, got, w.device, w.what)
				}
			}
		})
	}
	for id := range s.Devices {
		if !heard[id] {
			t.Errorf("sensors.edge.yml: %s is in no file", id)
		}
	}
}
