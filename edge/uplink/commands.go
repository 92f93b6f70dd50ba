package uplink

import (
	"errors"
	"fmt"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"eastgate/shared/wire"
)

// Commands is who does what the cloud asks of the box.
type Commands interface {
	// Order takes in a command. It must not block.
	Order(wire.BoxCommand)
	// Results are what came of commands. What is told on no link is asked for again.
	Results() <-chan wire.BoxResult
}

// hearCommands listens for commands. A broker that refuses is an older one: events
// go on without them.
func (l *link) hearCommands() error {
	if l.u.cfg.Commands == nil {
		return nil
	}
	topic := l.topic(wire.Command)
	sub := l.client.Subscribe(topic, 0, func(_ mqtt.Client, m mqtt.Message) {
		c, err := wire.DecodeCommand(m.Payload())
		if err != nil {
			l.u.m.badCommands.Inc()
			return
		}
		if c.ID != "" {
			l.u.cfg.Commands.Order(c)
		}
	})
	if err := wait(sub, "subscribe to "+topic); err != nil {
		return err
	}
	if s, ok := sub.(*mqtt.SubscribeToken); ok && s.Result()[topic] > 2 {
		l.u.log.Warn("no commands reach this box: the broker refuses a subscription", "topic", topic, "fault", fmt.Sprintf("code %d", s.Result()[topic]))
	}
	return nil
}

// results are what is to be told; nil, which never brings anything, without commands.
func (l *link) results() <-chan wire.BoxResult {
	if l.u.cfg.Commands == nil {
		return nil
	}
	return l.u.cfg.Commands.Results()
}

// sayResult tells what came of a command. Nobody waits for the broker to take it: the
// cloud asks again.
func (l *link) sayResult(r wire.BoxResult) error {
	if !l.client.IsConnectionOpen() {
		return errors.New("the link is closed")
	}
	l.client.Publish(l.topic(wire.Result), 1, false, r.Encode())
	return nil
}
