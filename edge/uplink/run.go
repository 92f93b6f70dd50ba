package uplink

import (
	"context"
	"errors"
	"fmt"
	"time"

	"eastgate/edge/outbox"
	"eastgate/shared/wire"
)

// grace is how long acknowledgements are awaited when the box is told to stop.
const grace = 3 * time.Second

// watchdog is how many resend periods may pass without any acknowledgement while
// something is on its way.
const watchdog = 3

// run sends what waits and takes acknowledgements until ctx ends or the link
// breaks.
func (l *link) run(ctx context.Context) error {
	resend := time.NewTicker(l.u.cfg.ResendAfter / 4)
	defer resend.Stop()
	health := time.NewTicker(l.u.cfg.HealthEvery)
	defer health.Stop()
	if err := errors.Join(l.hello(), l.sayHealth(), l.tellCoverage()); err != nil {
		return err
	}
	quiet := time.Now() // since when no acknowledgement came
	for {
		if err := l.fill(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return l.finish()
		case err := <-l.lost:
			return fmt.Errorf("the link broke: %w", err)
		case a := <-l.acks:
			if err := l.take(a); err != nil {
				return err
			}
			quiet = time.Now()
		case r := <-l.results():
			if err := l.sayResult(r); err != nil {
				return err
			}
		case <-l.u.q.Arrivals():
		case <-health.C:
			if err := errors.Join(l.sayHealth(), l.tellCoverage(), l.helloAgain()); err != nil {
				return err
			}
		case <-l.u.cfg.HealthChanged:
			if err := errors.Join(l.sayHealth(), l.tellCoverage()); err != nil {
				return err
			}
		case <-resend.C:
			if err := l.overdue(quiet); err != nil {
				return err
			}
		}
	}
}

// fill sends messages while the window has room, the most urgent first.
func (l *link) fill() error {
	for p := 1; p <= outbox.Priorities && (p == urgent || l.greeting.ready()); p++ {
		for l.window.free(p) {
			entries, err := l.u.q.Next(&l.window.cursor, together(p))
			if err != nil {
				return err
			}
			if len(entries) == 0 {
				break
			}
			if err := l.send(entries); err != nil {
				return err
			}
			l.window.depart(outbox.Range{Priority: p, First: entries[0].Seq, Last: entries[len(entries)-1].Seq}, time.Now())
		}
	}
	return nil
}

// together is what travels together: the most urgent go alone and at once, others as
// many as one MQTT message may hold.
func together(priority int) outbox.Limit {
	l := outbox.Limit{From: priority, To: priority, Entries: wire.MaxBatch, Bytes: wire.MaxBytes - wire.MaxBatch*wire.BatchBytes(wire.Queued{}) - 2}
	if priority == urgent {
		l.Entries = 1
	}
	return l
}

func (l *link) send(entries []outbox.Entry) error {
	if !l.client.IsConnectionOpen() {
		return errors.New("the link is closed")
	}
	items := make([]wire.Queued, len(entries))
	size := 2
	for i, e := range entries {
		items[i] = wire.Queued{Position: position(l.u.q.Epoch(), e), Backfill: l.u.ages.old(e), Body: e.Body}
		size += wire.BatchBytes(items[i])
	}
	// The token is no proof of anything and is not waited for: the cloud's own
	// acknowledgement is, and what lacks it is sent again.
	l.client.Publish(l.topic(wire.Event), 1, false, wire.AppendBatch(make([]byte, 0, size), items))
	l.u.m.messages.Inc()
	l.u.m.events.Add(float64(len(items)))
	return nil
}

// take handles one acknowledgement.
func (l *link) take(a wire.Ack) error {
	if a.Epoch != l.u.q.Epoch() {
		if a.Epoch != l.foreignEpoch {
			l.foreignEpoch, l.foreignSince = a.Epoch, time.Now()
		}
		l.u.foreign(a.Epoch, l.foreignSince)
		return nil
	}
	ranges, err := l.u.acked(a)
	if err != nil {
		return err
	}
	l.window.arrive(ranges)
	l.greeting.answered = l.greeting.answered || a.Hello
	return nil
}

// overdue sends again what was not acknowledged in time, read anew: what has been
// acknowledged meanwhile is not there any more.
func (l *link) overdue(quiet time.Time) error {
	oldest, any := l.window.oldest()
	limit := watchdog * l.u.cfg.ResendAfter
	if any && time.Since(oldest) > limit && time.Since(quiet) > limit {
		return errNoAck
	}
	before := time.Now().Add(-l.u.cfg.ResendAfter)
	for f := l.window.due(before); f != nil; f = l.window.due(before) {
		var from outbox.Cursor
		from[f.Priority-1] = f.First - 1
		entries, err := l.u.q.Next(&from, together(f.Priority))
		if err != nil {
			return err
		}
		for len(entries) > 0 && entries[len(entries)-1].Seq > f.Last {
			entries = entries[:len(entries)-1]
		}
		if len(entries) == 0 {
			l.window.drop(f)
			continue
		}
		if err := l.send(entries); err != nil {
			return err
		}
		f.sent = time.Now()
		l.u.m.repeats.Add(float64(len(entries)))
	}
	return nil
}

// finish waits a moment for what is on its way, sending on what still waits.
func (l *link) finish() error {
	end := time.NewTimer(grace)
	defer end.Stop()
	for {
		if err := l.fill(); err != nil {
			return err
		}
		if len(l.window.flights) == 0 {
			return nil
		}
		select {
		case a := <-l.acks:
			if err := l.take(a); err != nil {
				return err
			}
		case <-l.lost:
			return nil
		case <-end.C:
			return nil
		}
	}
}
