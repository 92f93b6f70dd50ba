package kpi

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// An Alert is what a machine brought before people.
type Alert struct {
	At      time.Time
	Camera  string // site/box/device
	Level   int
	Verdict string // empty until somebody judged it
}

// A Load is what the desk had to bear in a time, and what it was worth. Desks are
// judged by bins of ten minutes, for an average hides the bursts.
type Load struct {
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	Alerts int       `json:"alerts"`
	// P95 is how many came in ten minutes, in all but the worst twentieth of them; nil
	// for no time at all.
	P95 *float64 `json:"per_ten_minutes_p95"`
	// Flood is the share of time in a flood: it begins with more than ten in ten minutes
	// and ends with fewer than five (ISA-18.2, EEMUA 191).
	Flood    *float64       `json:"flood_share"`
	Levels   map[string]int `json:"levels"`
	Verdicts map[string]int `json:"verdicts"`
	// Worst are the cameras that were wrong most, at most ten.
	Worst []Precision `json:"worst"`
}

// A Precision is how often a camera was right, of what people judged.
type Precision struct {
	Camera   string   `json:"camera"`
	Judged   int      `json:"judged"`
	Right    int      `json:"right"` // true, be it harmless
	Share    *float64 `json:"share"`
	Interval bound    `json:"interval"`
}

const (
	binLength  = 10 * time.Minute
	floodOver  = 10
	floodUnder = 5
	worstOf    = 10
	leastWrong = 2 // fewer say nothing of a camera
)

// LoadOf makes the desk's load of alerts from one time to another.
func LoadOf(alerts []Alert, from, to time.Time) Load {
	l := Load{From: from.UTC(), To: to.UTC(), Levels: map[string]int{}, Verdicts: map[string]int{}, Worst: []Precision{}}
	bins := make([]float64, max(0, int(to.Sub(from)/binLength)))
	cameras := map[string]*Precision{}
	for _, a := range alerts {
		if a.At.Before(from) || !a.At.Before(to) {
			continue
		}
		l.Alerts++
		l.Levels[string(rune('0'+a.Level))]++
		if n := int(a.At.Sub(from) / binLength); n < len(bins) {
			bins[n]++
		}
		if a.Verdict == "" {
			continue
		}
		l.Verdicts[a.Verdict]++
		judge(cameras, a)
	}
	if len(bins) > 0 {
		l.P95, l.Flood = num(quantile(bins, 0.95)), num(flooded(bins))
	}
	for _, p := range cameras {
		if p.Judged-p.Right >= leastWrong {
			p.Share, p.Interval = ratio(float64(p.Right), float64(p.Judged)), wilson(float64(p.Right), float64(p.Judged), 0.95)
			l.Worst = append(l.Worst, *p)
		}
	}
	slices.SortFunc(l.Worst, func(a, b Precision) int {
		return cmp.Or(cmp.Compare(*a.Share, *b.Share), cmp.Compare(b.Judged, a.Judged), cmp.Compare(a.Camera, b.Camera))
	})
	l.Worst = l.Worst[:min(worstOf, len(l.Worst))]
	return l
}

// judge counts what a verdict says of a camera: tests and duplicates say nothing.
func judge(cameras map[string]*Precision, a Alert) {
	right := slices.Contains([]string{"genuine", "harmless"}, a.Verdict)
	if a.Camera == "" || !right && !slices.Contains([]string{"false", "rule", "fault"}, a.Verdict) {
		return
	}
	p := cameras[a.Camera]
	if p == nil {
		p = &Precision{Camera: a.Camera}
		cameras[a.Camera] = p
	}
	p.Judged++
	if right {
		p.Right++
	}
}

// flooded is the share of bins within a flood.
func flooded(bins []float64) float64 {
	in, n := false, 0
	for _, k := range bins {
		in = k > floodOver || in && k >= floodUnder
		if in {
			n++
		}
	}
	return float64(n) / float64(len(bins))
}

// Judged are the verdicts of a load, the most frequent first.
func (l Load) Judged() []string {
	return slices.SortedFunc(maps.Keys(l.Verdicts), func(a, b string) int {
		return cmp.Or(cmp.Compare(l.Verdicts[b], l.Verdicts[a]), cmp.Compare(a, b))
	})
}
