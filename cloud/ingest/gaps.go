package ingest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"eastgate/shared/event"
	"eastgate/shared/wire"
)

// A Gap is sequences of one stream that are not here though later ones are, or were
// given out. First and Last are its ends, both lacking.
type Gap struct {
	Site, Box, Epoch string
	Priority         event.Level
	First, Last      uint64
	Since            time.Time // when it became known
	Settled          bool      // told, or explained
	// What the box last said of the stream: from Waits on it sends by itself, from
	// Kept on it can send when asked; Shed gave way. Zero when it has said nothing.
	Waits, Kept uint64
	Shed        wire.Shed
}

func (g Gap) size() uint64 { return g.Last - g.First + 1 }

// within is how much of g lies between two sequences.
func (g Gap) within(first, last uint64) uint64 {
	first, last = max(first, g.First), min(last, g.Last)
	if first > last {
		return 0
	}
	return last - first + 1
}

// coming reports whether the box still has all of g and sends it by itself.
func (g Gap) coming() bool { return g.Waits > 0 && g.Waits <= g.First }

// gapWaits is how long a gap may last that the box still holds: it may be offline.
const gapWaits = 24 * time.Hour

// due reports whether g has lasted too long.
func (g Gap) due(now time.Time, after time.Duration) bool {
	if g.coming() {
		after = max(after, gapWaits)
	}
	return !g.Settled && now.Sub(g.Since) > after
}

// streams splits gaps, which come in order, by stream.
func streams(gaps []Gap) [][]Gap {
	var out [][]Gap
	for i, g := range gaps {
		if i == 0 || g.Site != gaps[i-1].Site || g.Box != gaps[i-1].Box || g.Epoch != gaps[i-1].Epoch || g.Priority != gaps[i-1].Priority {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], g)
	}
	return out
}

// lost returns how many events of the gaps of one stream that are due never come,
// besides those that gave way, of which the box tells itself. When more lack between
// the ends of what gave way than gave way, all of it counts as lost but their number.
func lost(stream []Gap, due func(Gap) bool) (n uint64) {
	shed := stream[0].Shed
	var inside, dueInside uint64
	for _, g := range stream {
		in := g.within(shed.First, shed.Last)
		inside += in
		if due(g) {
			dueInside += in
			n += g.size() - in
		}
	}
	if inside > shed.Count {
		n += min(dueInside, inside-shed.Count)
	}
	return n
}

// hello takes in where a box's streams stand and answers with what is here.
func (g *Ingest) hello(ctx context.Context, l *link, site, box string, payload []byte) {
	h, err := wire.DecodeHello(payload)
	if err != nil {
		g.m.unreadable.Inc()
		return
	}
	have, gaps, err := g.store.Hello(ctx, site, box, h)
	if err != nil {
		if ctx.Err() == nil {
			g.log.Error("hello is not answered; the box sends everything", "site", site, "box", box, "err", err)
		}
		return
	}
	l.say(wire.Topic(site, box, wire.Acks), wire.Ack{Epoch: h.Epoch, Ranges: have, Hello: true}.Encode())
	g.ask(l, gaps)
}

// ask asks boxes for what they still have and do not send by themselves.
func (g *Ingest) ask(l *link, gaps []Gap) {
	for _, stream := range streams(gaps) {
		var want []wire.Range
		for _, gap := range stream {
			first, last := max(gap.First, gap.Kept), min(gap.Last, gap.Waits-1)
			if gap.Kept == 0 || first > last || len(want) == wire.MaxRanges {
				continue
			}
			want = append(want, wire.Range{Priority: gap.Priority, First: first, Last: last})
		}
		if len(want) == 0 {
			continue
		}
		s := stream[0]
		l.say(wire.Topic(s.Site, s.Box, wire.Command), wire.BoxCommand{Resend: &wire.Resend{Epoch: s.Epoch, Ranges: want}}.Encode())
		g.m.asked.Inc()
	}
}

// watch looks for gaps until ctx ends: what can still come is asked for, what will
// not becomes an event.
func (g *Ingest) watch(ctx context.Context, l *link) {
	tick := time.NewTicker(g.cfg.GapsEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		gaps, err := g.store.Gaps(ctx)
		if err != nil {
			if ctx.Err() == nil {
				g.log.Error("gaps in what boxes send are unknown", "err", err)
			}
			continue
		}
		gaps = slices.DeleteFunc(gaps, func(gap Gap) bool { return !g.mine(gap.Site, gap.Box) })
		g.m.gaps.Set(float64(len(gaps)))
		now := time.Now()
		g.ask(l, slices.DeleteFunc(slices.Clone(gaps), func(gap Gap) bool { return now.Sub(gap.Since) < g.cfg.GapsEvery }))
		for _, stream := range streams(gaps) {
			g.settle(ctx, stream, func(gap Gap) bool { return gap.due(now, g.cfg.GapAfter) })
		}
	}
}

// settle makes an event of the gaps of one stream that are due, unless the box has
// told of them itself.
func (g *Ingest) settle(ctx context.Context, stream []Gap, due func(Gap) bool) {
	var over []Gap
	for _, gap := range stream {
		if due(gap) {
			over = append(over, gap)
		}
	}
	if len(over) == 0 {
		return
	}
	if n := lost(stream, due); n > 0 {
		e := gapEvent(over, n)
		g.log.Error("events of a box never came", "site", over[0].Site, "box", over[0].Box, "fault", e.Note)
		if err := g.store.RecordOwn(ctx, e); err != nil {
			g.log.Error("gap is not stored; it is told later", "err", err)
			return
		}
		g.m.lost.Add(float64(n))
		g.wake()
	}
	if err := g.store.Settle(ctx, over); err != nil {
		g.log.Error("gap will be looked at again", "err", err)
	}
}

// gapEvent tells of gaps of one stream. Its ID comes from them: told twice, because
// the cloud was killed in between, it is one event.
func gapEvent(gaps []Gap, n uint64) event.Event {
	g, end := gaps[0], gaps[len(gaps)-1]
	oldest := slices.MinFunc(gaps, func(a, b Gap) int { return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Last, b.Last)) })
	var id ulid.ULID
	id.SetTime(ulid.Timestamp(oldest.Since))                                                                  //nolint:errcheck // a time of this millennium fits
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%s/%s/%d/%d", g.Site, g.Box, g.Epoch, g.Priority, oldest.Last)) //nolint:gosec // it only spreads
	id.SetEntropy(sum[:10])                                                                                   //nolint:errcheck // ten bytes are what it wants
	return event.Event{
		ID: id.String(), Episode: id.String(), Source: event.NewSource(g.Site, g.Box, ""), Kind: event.Gap, State: event.Start,
		Time: time.Now().UTC(), Since: oldest.Since,
		Certainty: "Observed", Severity: event.Gap.Severity(), Urgency: event.Gap.Urgency(), Status: "Actual",
		Score: 1, Note: fmt.Sprintf("%d events of priority %d never came, between sequences %d and %d", n, g.Priority, g.First, end.Last),
		Detector: event.Detector{Name: "ingest", Version: "1"},
	}
}
