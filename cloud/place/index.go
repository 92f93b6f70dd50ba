package place

import (
	"eastgate/shared/event"
)

// An index is the places of one version, found in the ways they are asked for. It
// does not change.
type index struct {
	version int64
	all     []Place
	codes   map[string]Place
	paths   map[string]Place
	names   map[string][]Place
	devices map[event.Source]Found
}

func newIndex(places []Place, version int64) *index {
	x := &index{
		version: version, all: places, codes: map[string]Place{}, paths: map[string]Place{},
		names: map[string][]Place{}, devices: map[event.Source]Found{},
	}
	for _, p := range places {
		x.codes[p.Code], x.paths[p.Path] = p, p
		x.names[p.ZH] = append(x.names[p.ZH], p)
		if p.EN != p.ZH {
			x.names[p.EN] = append(x.names[p.EN], p)
		}
	}
	boxes := map[event.Source]string{} // the path that all of a box's devices are in
	for _, p := range places {
		if p.Device == "" {
			continue
		}
		at := Parent(p.Path)
		x.devices[p.Device] = x.found(at, p.Kind)
		if site, box, device, ok := p.Device.Split(); ok && device != "" {
			b := event.NewSource(site, box, "")
			if outer, ok := boxes[b]; ok {
				at = common(outer, at)
			}
			boxes[b] = at
		}
	}
	for b, at := range boxes {
		if _, listed := x.devices[b]; !listed && at != "" {
			x.devices[b] = x.found(at, Box)
		}
	}
	return x
}

func (x *index) found(path string, device Kind) Found {
	return Found{Place: x.paths[path], Name: x.name(path), Unit: x.unit(path), Device: device}
}

// name is the place's name after those of what it is in. The community's own is left
// out: everything is in it.
func (x *index) name(path string) string {
	name := x.paths[path].ZH
	for up := Parent(path); Parent(up) != ""; up = Parent(up) {
		name = x.paths[up].ZH + " " + name
	}
	return name
}

// unit is the organisation of the nearest place around that names one.
func (x *index) unit(path string) string {
	for ; path != ""; path = Parent(path) {
		if org := x.paths[path].Org; org != "" {
			return org
		}
	}
	return ""
}

// common is the path that both are in; empty when there is none.
func common(a, b string) string {
	for !Within(b, a) {
		a = Parent(a)
	}
	return a
}
