package seed

import (
	"fmt"
	"strings"

	"eastgate/cloud/incident"
	"eastgate/cloud/place"
	"eastgate/shared/event"
)

// A spot is where something happens.
type spot struct {
	path   string
	zone   string
	source event.Source // of the machine that sees it
	unit   string       // who looks after the place
}

// unitFor names the unit that handles it: "property" is whoever looks after the
// place.
func (s spot) unitFor(unit string) string {
	switch {
	case unit != "property":
		return unit
	case strings.HasPrefix(s.unit, "property"):
		return s.unit
	}
	return "committee"
}

// spots are the places of the demo, by what can happen there.
type spots struct {
	of      map[string][]spot // by kind of place
	cameras map[string][]spot // by kind of place that they look at
	sensors map[string][]spot // by name of sensor
}

func newSpots(all []place.Place, unit func(path string) string) spots {
	s := spots{of: map[string][]spot{}, cameras: map[string][]spot{}, sensors: map[string][]spot{}}
	kinds := map[string]place.Kind{}
	for _, p := range all {
		kinds[p.Path] = p.Kind
	}
	for _, p := range all {
		around := place.Parent(p.Path)
		at := spot{path: around, source: p.Device, unit: unit(around)}
		switch p.Kind {
		case place.Camera:
			kind := string(kinds[around])
			s.cameras[kind] = append(s.cameras[kind], at)
		case place.Sensor:
			_, _, name, _ := p.Device.Split() // it was checked when it was imported
			s.sensors[name] = append(s.sensors[name], at)
		default:
			s.of[string(p.Kind)] = append(s.of[string(p.Kind)], spot{path: p.Path, unit: unit(p.Path)})
		}
	}
	return s
}

// sensorNames are what the demo calls the sensors of a class.
var sensorNames = map[string]string{
	"fire.smoke": "smoke", "fire.gas": "gas", "fire.manual_button": "button", "fire.equipment_fault": "smoke", "security.door_forced": "door",
	"security.panic": "panic", "device.battery_low": "smoke", "infra.flooding": "water",
}

// pick chooses a spot for an opening. Cameras look at several zones each.
func (s spots) pick(c chance, x opening) spot {
	where := x.rate.where
	if x.finder == incident.Sensor || x.rate.device() && x.rate.sensor == 1 {
		return pick(c, s.sensors[sensorNames[x.rate.class]])
	}
	var at spot
	if x.finder == incident.CameraAuto || x.rate.camera > 0 {
		if where != string(place.Shop) {
			where = string(place.Compound)
		}
		at = pick(c, s.cameras[where])
	} else {
		at = pick(c, s.of[where])
	}
	if x.rate.camera > 0 && !x.rate.device() {
		at.zone = fmt.Sprintf("zone-%d", 1+c.IntN(6))
	}
	return at
}
