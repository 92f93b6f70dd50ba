// Package place knows where things are: the community, its compounds and streets,
// their buildings, shops and units, and the cameras and sensors that hang there.
//
// It promises that every place has one path, that a list with a fault changes
// nothing and says every fault with its line, that importing the same list again
// changes nothing either, and that coordinates are WGS-84 whatever they came in. A
// place is never a person's: homes are counted, not listed.
package place

import (
	"slices"
	"strings"

	"eastgate/shared/event"
)

// A Place is somewhere that people can be sent to, or a device that hangs there.
type Place struct {
	// Code is the place's own name, unique in all the community and a name as
	// event.ValidName wants it: it is part of addresses and QR codes.
	Code string `json:"code"`
	// Path is the codes from the community down to the place, joined by slashes.
	Path string `json:"path"`
	Kind Kind   `json:"kind"`
	ZH   string `json:"zh"`
	EN   string `json:"en"`
	// Lat and Lon are degrees, north and east; both or neither are known.
	Lat *float64 `json:"lat,omitempty"`
	Lon *float64 `json:"lon,omitempty"`
	// Datum is what Lat and Lon are in: WGS84 once a place is stored.
	Datum Datum `json:"datum,omitempty"`
	// Org is the organisation that looks after it; empty is whoever looks after
	// the place around it.
	Org string `json:"org,omitempty"`
	// Device is the source that events name; only cameras, sensors and boxes have one.
	Device event.Source `json:"device,omitempty"`
	// Households is how many homes there are: a number, for figures, and no list.
	Households *int `json:"households,omitempty"`
}

// A Kind is what sort of place it is.
type Kind string

// The kinds.
const (
	Community   Kind = "community"   // 社区
	Compound    Kind = "compound"    // 小区
	Street      Kind = "street"      // 街道、道路
	Park        Kind = "park"        // 公园
	Institution Kind = "institution" // 企事业单位
	Building    Kind = "building"    // 楼栋
	Unit        Kind = "unit"        // 单元
	Shop        Kind = "shop"        // 沿街商铺
	Business    Kind = "business"    // 其他个体工商户
	Spot        Kind = "spot"        // a gate, a car park, a shed
	Camera      Kind = "camera"
	Sensor      Kind = "sensor"
	Box         Kind = "box" // an edge gateway
)

// inside says what each kind may stand in. A community stands in nothing.
var inside = map[Kind][]Kind{
	Community:   nil,
	Compound:    {Community},
	Street:      {Community},
	Park:        {Community},
	Institution: {Community, Compound, Street},
	Building:    {Community, Compound, Street, Park, Institution},
	Unit:        {Building},
	Shop:        {Compound, Street, Building, Unit},
	Business:    {Compound, Street, Building, Unit, Park},
	Spot:        {Community, Compound, Street, Park, Institution, Building, Unit},
	Camera:      anywhere,
	Sensor:      anywhere,
	Box:         anywhere,
}

var anywhere = []Kind{Community, Compound, Street, Park, Institution, Building, Unit, Shop, Business, Spot}

// Kinds are all kinds, the larger first.
var Kinds = []Kind{Community, Compound, Street, Park, Institution, Building, Unit, Shop, Business, Spot, Camera, Sensor, Box}

// Known reports whether k is a kind.
func (k Kind) Known() bool { return slices.Contains(Kinds, k) }

// IsDevice reports whether k hangs somewhere and sends events.
func (k Kind) IsDevice() bool { return k == Camera || k == Sensor || k == Box }

// Parent returns the path around a path; a community has none.
func Parent(path string) string {
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		return path[:i]
	}
	return ""
}

// Within reports whether a path is at or below another. Everything is within the
// empty path.
func Within(path, outer string) bool {
	return outer == "" || path == outer || strings.HasPrefix(path, outer+"/")
}

// Sort sorts places by path: what is around comes before what is in it.
func Sort(places []Place) {
	slices.SortFunc(places, func(a, b Place) int { return strings.Compare(a.Path, b.Path) })
}

// Unlisted is the path above all that is in no list.
const Unlisted = "unlisted"
