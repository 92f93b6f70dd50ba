package place

import "math"

// A Datum says what coordinates mean.
type Datum string

// The datums that are understood.
const (
	WGS84 Datum = "WGS-84"
	// CGCS2000 is that of Chinese surveys and of urban management. It and WGS-84
	// agree to well under a metre for our use, and are taken for the same.
	CGCS2000 Datum = "CGCS2000"
	// GCJ02 is that of Chinese map pictures: WGS-84 with a shift of some hundred
	// metres.
	GCJ02 Datum = "GCJ-02"
)

// Datums are all that are understood.
var Datums = []Datum{WGS84, CGCS2000, GCJ02}

// ToWGS84 converts degrees from a datum that is in Datums, to seven decimals, which
// is a centimetre.
func ToWGS84(d Datum, lat, lon float64) (float64, float64) {
	if d == GCJ02 {
		lat, lon = fromGCJ(lat, lon)
	}
	return math.Round(lat*1e7) / 1e7, math.Round(lon*1e7) / 1e7
}

// ToGCJ02 shifts WGS-84 degrees to where Chinese map pictures have them.
func ToGCJ02(lat, lon float64) (float64, float64) {
	if !inChina(lat, lon) {
		return lat, lon
	}
	dLat, dLon := shift(lat, lon)
	return lat + dLat, lon + dLon
}

// fromGCJ finds the point that the shift takes to lat and lon. The shift changes
// slowly, so that each round is some hundred times nearer.
func fromGCJ(lat, lon float64) (float64, float64) {
	wLat, wLon := lat, lon
	for range 8 {
		gLat, gLon := ToGCJ02(wLat, wLon)
		wLat, wLon = wLat-(gLat-lat), wLon-(gLon-lon)
	}
	return wLat, wLon
}

// inChina is the box in which map pictures are shifted.
func inChina(lat, lon float64) bool {
	return lat >= 0.8293 && lat <= 55.8271 && lon >= 72.004 && lon <= 137.8347
}

// The axis and the squared eccentricity of Krasovsky 1940, with which the shift in
// metres becomes degrees.
const (
	axis         = 6378245.0
	eccentricity = 0.00669342162296594323
)

// shift is the published approximation of GCJ-02, which is right to about a metre.
func shift(lat, lon float64) (dLat, dLon float64) {
	x, y := lon-105, lat-35
	waves := (20*math.Sin(6*x*math.Pi) + 20*math.Sin(2*x*math.Pi)) * 2 / 3
	dLat = -100 + 2*x + 3*y + 0.2*y*y + 0.1*x*y + 0.2*math.Sqrt(math.Abs(x)) + waves +
		(20*math.Sin(y*math.Pi)+40*math.Sin(y/3*math.Pi))*2/3 +
		(160*math.Sin(y/12*math.Pi)+320*math.Sin(y*math.Pi/30))*2/3
	dLon = 300 + x + 2*y + 0.1*x*x + 0.1*x*y + 0.1*math.Sqrt(math.Abs(x)) + waves +
		(20*math.Sin(x*math.Pi)+40*math.Sin(x/3*math.Pi))*2/3 +
		(150*math.Sin(x/12*math.Pi)+300*math.Sin(x/30*math.Pi))*2/3
	rad := lat / 180 * math.Pi
	magic := 1 - eccentricity*math.Sin(rad)*math.Sin(rad)
	root := math.Sqrt(magic)
	dLat = dLat * 180 / (axis * (1 - eccentricity) / (magic * root) * math.Pi)
	dLon = dLon * 180 / (axis / root * math.Cos(rad) * math.Pi)
	return dLat, dLon
}
