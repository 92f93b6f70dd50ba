package camera

import (
	"math"
	"time"

	"eastgate/cloud/incident"
)

// A Precision is how often a camera's alerts were true, as people found. What was
// correctly seen where nobody wants to know is no false alarm of the detector: it
// counts as Rule, which the zone editor mends.
type Precision struct {
	Days  int `json:"days"`
	True  int `json:"true"`  // genuine, or real but harmless
	False int `json:"false"` // the detector was wrong
	Rule  int `json:"rule"`  // the rule or the zone was wrong
	// Share is True of True and False; nil before anybody judged one. Low and High are
	// the bounds within which it is with 95 % (Wilson's score interval).
	Share *float64 `json:"share"`
	Low   float64  `json:"low"`
	High  float64  `json:"high"`
}

// Verdicts are the ones that a precision is made of.
var Verdicts = []incident.Verdict{incident.Genuine, incident.Harmless, incident.Mistaken, incident.Rule}

// Judge returns the precision of the incidents that cameras made and that people
// judged, of the last days, by camera.
func Judge(judged []incident.Incident, days int, now time.Time) map[Name]Precision {
	out := map[Name]Precision{}
	from := now.AddDate(0, 0, -days)
	for _, i := range judged {
		if i.Device == "" || i.Test || i.FirstAt.Before(from) {
			continue
		}
		n := Name{i.Site, i.Box, i.Device}
		p := out[n]
		switch i.Verdict {
		case incident.Genuine, incident.Harmless:
			p.True++
		case incident.Mistaken:
			p.False++
		case incident.Rule:
			p.Rule++
		}
		out[n] = p
	}
	for n, p := range out {
		out[n] = p.settle(days)
	}
	return out
}

// z is the normal quantile of a two-sided interval of 95 %.
const z = 1.959964

func (p Precision) settle(days int) Precision {
	p.Days = days
	n := float64(p.True + p.False)
	if n == 0 {
		return p
	}
	share := float64(p.True) / n
	mid, half := share+z*z/(2*n), z*math.Sqrt(share*(1-share)/n+z*z/(4*n*n))
	p.Share, p.Low, p.High = &share, max(0, (mid-half)/(1+z*z/n)), min(1, (mid+half)/(1+z*z/n))
	return p
}
