package mqtt

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"eastgate/edge/sensor"
)

// frigate reads what a Frigate that already stands in the compound tells of places and
// things: {base}/{camera}/motion, and of {base}/events only where a vehicle stands
// still. Persons and all that names or follows anybody is counted and dropped unread:
// labels of people, sub labels, plates, faces; object ids only tell two cars of one
// zone apart and go nowhere.
//
// A device's Address is the camera and its Input, for parking, Frigate's zone. At the
// beginning Frigate is asked for how its cameras are (onConnect, camera_activity): it
// keeps nothing at the broker.
type frigate struct {
	base    string
	devices map[string]sensor.Device
	stays   map[string]map[string]bool // ids of standing things by device
	m       *Metrics
}

// vehicles are the labels of things that can be parked.
var vehicles = []string{"car", "truck", "bus", "motorcycle", "bicycle"}

func checkFrigate(d sensor.Device) []error {
	if d.Kind != "motion" && d.Kind != "parking" {
		return []error{fmt.Errorf("kind: of Frigate only motion and parking are heard, not %s", d.Kind)}
	}
	if strings.Contains(d.Address, "/") {
		return []error{fmt.Errorf("address: %q is no camera's name", d.Address)}
	}
	return nil
}

func newFrigate(cfg Config, devices map[string]sensor.Device, m *Metrics) convention {
	f := &frigate{base: cfg.Frigate, devices: devices, stays: map[string]map[string]bool{}, m: m}
	for id := range devices {
		f.stays[id] = map[string]bool{}
	}
	return f
}

func (f *frigate) topics() []string {
	out := []string{f.base + "/available", f.base + "/events", f.base + "/camera_activity"}
	for _, d := range f.devices {
		out = append(out, f.base+"/"+d.Address+"/motion", f.base+"/"+d.Address+"/status/detect")
	}
	return out
}

func (f *frigate) ask() []message { return []message{{topic: f.base + "/onConnect"}} }

func (f *frigate) read(m message) (told []sensor.Reading, follow []string) {
	part := strings.Split(strings.TrimPrefix(m.topic, f.base+"/"), "/")
	switch {
	case len(part) == 1 && part[0] == "available":
		word := string(m.payload)
		told = append(told, linked(word == "online", "Frigate says "+word))
		for id := range f.devices {
			if word == "online" {
				told = append(told, sensor.Reading{Device: id, What: sensor.Online})
			}
		}
	case len(part) == 1 && part[0] == "events":
		told = f.event(m)
	case len(part) == 1 && part[0] == "camera_activity":
		told = f.activity(m)
	case len(part) == 2 && part[1] == "motion":
		told = f.motion(part[0], string(m.payload))
	case len(part) == 3:
		told = f.status(part[0], string(m.payload))
	}
	return told, nil
}

func (f *frigate) motion(camera string, payload any) (told []sensor.Reading) {
	on, ok := truth(payload)
	for id, d := range f.devices {
		if ok && d.Address == camera && d.Kind == "motion" {
			told = append(told, alarm(id, d, on))
		}
	}
	return told
}

func (f *frigate) status(camera, word string) (told []sensor.Reading) {
	for id, d := range f.devices {
		if d.Address == camera {
			told = append(told, attached(id, word == "online", "Frigate says that the camera is "+word))
		}
	}
	return told
}

// A thing is what is read of an object that Frigate tracks, and no field more.
type thing struct {
	ID         string   `json:"id"`
	Camera     string   `json:"camera"`
	Label      string   `json:"label"`
	Zones      []string `json:"current_zones"`
	Stationary bool     `json:"stationary"`
	False      bool     `json:"false_positive"`
	End        *float64 `json:"end_time"`
}

// judge says whether a thing may be spoken of; what else comes with it is counted.
func (f *frigate) judge(raw json.RawMessage) (t thing, ok bool) {
	fields, is := object(raw)
	if !is || json.Unmarshal(raw, &t) != nil {
		f.m.unread.WithLabelValues("frigate").Inc()
		return t, false
	}
	f.m.personal("frigate", fields)
	if forbidden[strings.ToLower(t.Label)] {
		f.m.drop("frigate", strings.ToLower(t.Label))
		return t, false
	}
	return t, slices.Contains(vehicles, t.Label)
}

func (f *frigate) event(m message) (told []sensor.Reading) {
	var e struct {
		Type  string          `json:"type"`
		After json.RawMessage `json:"after"`
	}
	if json.Unmarshal(m.payload, &e) != nil {
		f.m.unread.WithLabelValues("frigate").Inc()
		return nil
	}
	t, ok := f.judge(e.After)
	if !ok {
		return nil
	}
	for id, d := range f.devices {
		if d.Kind == "parking" && d.Address == t.Camera {
			told = append(told, f.stay(id, d, t, e.Type != "end" && t.End == nil))
		}
	}
	return told
}

// maxStays bounds the things that stand in one zone.
const maxStays = 200

// stay takes in one thing and returns whether anything stands in the device's zone now.
func (f *frigate) stay(id string, d sensor.Device, t thing, there bool) sensor.Reading {
	if there && t.Stationary && !t.False && (d.Input == "" || slices.Contains(t.Zones, d.Input)) && len(f.stays[id]) < maxStays {
		f.stays[id][t.ID] = true
	} else {
		delete(f.stays[id], t.ID)
	}
	return alarm(id, d, len(f.stays[id]) > 0)
}

// activity reads how all cameras are now. It replaces what was known of them.
func (f *frigate) activity(m message) (told []sensor.Reading) {
	var cameras map[string]struct {
		Motion  *bool             `json:"motion"`
		Objects []json.RawMessage `json:"objects"`
	}
	if json.Unmarshal(m.payload, &cameras) != nil {
		f.m.unread.WithLabelValues("frigate").Inc()
		return nil
	}
	for name, c := range cameras {
		if c.Motion != nil {
			told = append(told, f.motion(name, *c.Motion)...)
		}
		var things []thing
		for _, raw := range c.Objects {
			if t, ok := f.judge(raw); ok {
				things = append(things, t)
			}
		}
		for id, d := range f.devices {
			if d.Kind != "parking" || d.Address != name {
				continue
			}
			clear(f.stays[id])
			r := alarm(id, d, false)
			for _, t := range things {
				r = f.stay(id, d, t, true)
			}
			told = append(told, r)
		}
	}
	return told
}
