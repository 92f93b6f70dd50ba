package mqtt

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"eastgate/edge/sensor"
)

// described is one entity as Home Assistant's discovery has it, its keys long or short.
type described struct {
	component, object string
	words             map[string]any
}

// maxEntities bounds what one node can have.
const maxEntities = 32

// describedDevice reads the form that tells of a whole device at once. What is said of
// the device holds for its components.
func describedDevice(payload []byte) []described {
	var whole map[string]any
	if json.Unmarshal(payload, &whole) != nil {
		return nil
	}
	parts, ok := first(whole, "components", "cmps").(map[string]any)
	if !ok || len(parts) > maxEntities {
		return nil
	}
	var out []described
	for _, key := range slices.Sorted(maps.Keys(parts)) {
		words, ok := parts[key].(map[string]any)
		if !ok {
			continue
		}
		all := maps.Clone(whole)
		delete(all, "components")
		delete(all, "cmps")
		maps.Copy(all, words)
		d := described{object: key, words: all}
		d.component = d.text("platform", "p")
		out = append(out, d)
	}
	return out
}

func first(m map[string]any, keys ...string) any {
	for _, k := range keys {
		if m[k] != nil {
			return m[k]
		}
	}
	return nil
}

// text returns a word under its long or short key; empty when it is not there.
func (d described) text(keys ...string) string {
	v := first(d.words, keys...)
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// topic returns a topic, with the base put in where it says ~.
func (d described) topic(t string) string {
	base := d.text("~")
	if strings.HasPrefix(t, "~") {
		return base + t[1:]
	}
	if strings.HasSuffix(t, "~") {
		return t[:len(t)-1] + base
	}
	return t
}

// entity returns what is to be heard of a device's entity; ok is false when nothing is.
func (d described) entity(id string, device sensor.Device) (e entity, ok bool, err error) {
	e = entity{id: id, component: d.component, class: d.text("device_class", "dev_cla"), on: "ON", off: "OFF"}
	switch {
	case d.component == "sensor":
		ok = e.class == "battery"
	case d.component != "binary_sensor":
	case e.class == "battery", e.class == "tamper", e.class == "problem", e.class == "connectivity":
		ok = true
	default:
		ok = slices.Contains(classes[e.class], device.Kind) && (device.Input == "" || device.Input == d.object)
	}
	if !ok {
		return e, false, nil
	}
	if e.valued, err = d.valued(d.text("state_topic", "stat_t"), d.text("value_template", "val_tpl")); err != nil {
		return e, false, fmt.Errorf("%s: %w", d.object, err)
	}
	if w := d.text("payload_on", "pl_on"); w != "" {
		e.on = w
	}
	if w := d.text("payload_off", "pl_off"); w != "" {
		e.off = w
	}
	if delay, is := first(d.words, "off_delay", "off_dly").(float64); is && delay > 0 && delay < 86400 {
		e.lasts = time.Duration(delay * float64(time.Second))
	}
	e.available, err = d.availability()
	return e, err == nil, err
}

func (d described) valued(topic, tpl string) (valued, error) {
	v := valued{topic: d.topic(topic)}
	switch word := forbiddenTopic(v.topic); {
	case v.topic == "", strings.ContainsAny(v.topic, "+#\x00"), strings.HasPrefix(v.topic, "$"), len(v.topic) > 250:
		return v, fmt.Errorf("%.60q is no topic to read", v.topic)
	case word != "":
		return v, fmt.Errorf("%.60q is about persons", v.topic)
	case tpl == "":
		return v, nil
	}
	found := template.FindStringSubmatch(tpl)
	if found == nil {
		return v, errors.New("its value_template is more than {{ value_json.field }}, which is all that is understood")
	}
	v.field = found[1] + found[2]
	return v, nil
}

// availability returns the topics that say whether an entity is there.
func (d described) availability() ([]available, error) {
	list, ok := first(d.words, "availability", "avty").([]any)
	if single := d.text("availability_topic", "avty_t"); !ok && single != "" {
		list = []any{d.words}
	}
	var out []available
	for _, v := range list {
		words, ok := v.(map[string]any)
		if !ok || len(out) == 8 {
			continue
		}
		a := described{words: maps.Clone(words)}
		a.words["~"] = d.words["~"]
		val, err := a.valued(a.text("topic", "t", "availability_topic", "avty_t"), a.text("value_template", "val_tpl", "availability_template", "avty_tpl"))
		if err != nil {
			return nil, fmt.Errorf("availability: %w", err)
		}
		yes, no := a.text("payload_available", "pl_avail"), a.text("payload_not_available", "pl_not_avail")
		if yes == "" {
			yes = "online"
		}
		if no == "" {
			no = "offline"
		}
		out = append(out, available{val, yes, no})
	}
	return out, nil
}
