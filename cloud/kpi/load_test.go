package kpi

import (
	"testing"
	"time"
)

func TestTheDesksLoad(t *testing.T) {
	from := time.Date(2025, 6, 1, 0, 0, 0, 0, shanghai)
	to := from.Add(200 * binLength)
	var alerts []Alert
	at := func(bin, n int, verdict, camera string) {
		for range n {
			alerts = append(alerts, Alert{At: from.Add(time.Duration(bin)*binLength + time.Minute), Camera: camera, Level: 3, Verdict: verdict})
		}
	}
	at(3, 11, "", "")                     // a flood begins
	at(4, 5, "genuine", "s/b/good")       // and goes on
	at(5, 4, "false", "s/b/bad")          // and is over
	at(6, 10, "harmless", "s/b/good")     // as many as can be borne is none
	at(7, 1, "genuine", "s/b/bad")        // one of five
	at(8, 1, "false", "s/b/once")         // too few to say
	at(9, 3, "test", "s/b/tested")        // says nothing
	at(-1, 3, "false", "s/b/before")      // not of this time
	at(200, 3, "false", "s/b/afterwards") // nor this
	l := LoadOf(alerts, from, to)
	if l.Alerts != 35 || l.Flood == nil || *l.Flood != 2.0/200 || l.P95 == nil || *l.P95 != 0 || l.Levels["3"] != 35 {
		t.Errorf("%+v flood %v p95 %v", l, *l.Flood, *l.P95)
	}
	if len(l.Worst) != 1 || l.Worst[0].Camera != "s/b/bad" || l.Worst[0].Judged != 5 || *l.Worst[0].Share != 0.2 || l.Worst[0].Interval == nil {
		t.Errorf("%+v", l.Worst)
	}
	if got := l.Judged(); got[0] != "harmless" || l.Verdicts["false"] != 5 {
		t.Errorf("%v %v", got, l.Verdicts)
	}
	if l := LoadOf(nil, from, from); l.P95 != nil || l.Flood != nil {
		t.Errorf("no time at all: %+v", l)
	}
}
