package uplink

import (
	"fmt"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"eastgate/shared/wire"
)

// Coverage is where the box counts how long its devices were watched.
type Coverage interface {
	// Pending returns the days that the cloud does not hold as they are now.
	Pending() []wire.CoverageDay
	// Held takes in which days the cloud holds. It must not block.
	Held([]wire.CoverageMark)
}

// tellCoverage sends what the cloud does not hold. Nothing is lost with a message:
// what is not answered is told again the next time.
func (l *link) tellCoverage() error {
	if l.u.cfg.Coverage == nil {
		return nil
	}
	messages, err := wire.EncodeCoverage(l.u.cfg.Coverage.Pending())
	if err != nil {
		return err
	}
	for _, m := range messages {
		l.client.Publish(l.topic(wire.Coverage), 1, false, m)
	}
	return nil
}

// hearCovered listens for what the cloud holds. A broker that refuses is an older
// one: events go on without it.
func (l *link) hearCovered() error {
	if l.u.cfg.Coverage == nil {
		return nil
	}
	topic := l.topic(wire.Covered)
	sub := l.client.Subscribe(topic, 0, func(_ mqtt.Client, m mqtt.Message) {
		marks, err := wire.DecodeMarks(m.Payload())
		if err != nil {
			l.u.m.badAcks.Inc()
			return
		}
		l.u.cfg.Coverage.Held(marks)
	})
	if err := wait(sub, "subscribe to "+topic); err != nil {
		return err
	}
	if s, ok := sub.(*mqtt.SubscribeToken); ok && s.Result()[topic] > 2 {
		l.u.log.Warn("coverage is told and never acknowledged: the broker refuses a subscription", "topic", topic, "fault", fmt.Sprintf("code %d", s.Result()[topic]))
	}
	return nil
}
