package ingest

import (
	"context"

	"eastgate/shared/wire"
)

// coverageKeeper keeps how long devices were watched.
type coverageKeeper interface {
	KeepCoverage(ctx context.Context, site, box string, days []wire.CoverageDay) error
}

// coverage takes in days and says which are held, after their commit. What breaks
// the contract is counted and answered too, so that it does not come for ever.
func (g *Ingest) coverage(ctx context.Context, l *link, site, box string, payload []byte) {
	days, marks, fault := wire.DecodeCoverage(payload)
	if fault != nil {
		g.m.unreadable.Inc()
		g.log.Error("coverage cannot be used", "site", site, "box", box, "err", fault)
	}
	if len(days)+len(marks) == 0 {
		return
	}
	if err := g.store.KeepCoverage(ctx, site, box, days); err != nil {
		if ctx.Err() == nil {
			g.m.failures.Inc()
			g.log.Error("coverage is not stored and not acknowledged; the box tells it again", "site", site, "box", box, "err", err)
		}
		return
	}
	for _, d := range days {
		marks = append(marks, d.Mark())
	}
	g.m.covered.Add(float64(len(days)))
	body, err := wire.EncodeMarks(marks)
	if err != nil {
		g.log.Error("coverage is not acknowledged", "site", site, "box", box, "err", err)
		return
	}
	l.say(wire.Topic(site, box, wire.Covered), body)
}
