package report

import (
	"math"

	"eastgate/cloud/place"
)

// placeName returns what a place is called in a language.
func placeName(p place.Place, lang string) string {
	if lang == "en" {
		return p.EN
	}
	return p.ZH
}

// Find returns a place by its code, its path, or a name that only one place has.
func (d Deps) Find(word string) (place.Place, bool) {
	if p, ok := d.Places.Coded(word); ok {
		return p, true
	}
	if p, _, ok := d.Places.Place(word); ok {
		return p, true
	}
	if named := d.Places.Named(word); len(named) == 1 {
		return named[0], true
	}
	return place.Place{}, false
}

// nearest is how far from a place a point may be to mean it, in metres.
const nearest = 150

// near returns the place that is nearest to a point in WGS 84, unless all are far.
func (d Deps) near(lat, lon float64) (best place.Place, ok bool) {
	least := float64(nearest)
	for _, p := range d.Places.Under("") {
		if p.Lat == nil || p.Lon == nil || p.Kind.IsDevice() {
			continue
		}
		if m := metres(lat, lon, *p.Lat, *p.Lon); m < least {
			best, least, ok = p, m, true
		}
	}
	return best, ok
}

// metres is the distance of two near points on a sphere.
func metres(lat1, lon1, lat2, lon2 float64) float64 {
	const metresPerDegree = 111_195
	x := (lon2 - lon1) * math.Cos((lat1+lat2)/2*math.Pi/180)
	return metresPerDegree * math.Hypot(lat2-lat1, x)
}
