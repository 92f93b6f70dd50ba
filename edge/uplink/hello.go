package uplink

import (
	"time"

	"eastgate/shared/event"
	"eastgate/shared/wire"
)

// helloWait is how long a backlog waits for the cloud to say what it has of it. Urgent
// events do not wait.
const helloWait = 2 * time.Second

// helloEvery is how often a box says at least where its streams stand.
const helloEvery = 10 * time.Minute

// A greeting is the talk about streams on one link.
type greeting struct {
	said     time.Time
	answered bool
	shed     uint64 // as it was said
}

// ready reports whether the cloud has said what it has, or had time to.
func (g greeting) ready() bool { return g.answered || time.Since(g.said) > helloWait }

// hello says where the streams stand, so that lost acknowledgements cost nothing and
// the cloud knows what it lacks. Nobody waits for the broker to take it.
func (l *link) hello() error {
	h, shed, err := l.streams()
	if err != nil {
		return err
	}
	l.greeting.said, l.greeting.shed = time.Now(), shed
	l.client.Publish(l.topic(wire.Hello), 1, false, h.Encode())
	return nil
}

// helloAgain repeats it when something has given way meanwhile, and now and then.
func (l *link) helloAgain() error {
	_, shed, err := l.streams()
	if err != nil || (shed == l.greeting.shed && time.Since(l.greeting.said) < helloEvery) {
		return err
	}
	return l.hello()
}

func (l *link) streams() (h wire.BoxHello, shed uint64, err error) {
	streams, err := l.u.q.Streams()
	if err != nil {
		return h, 0, err
	}
	h.Epoch = l.u.q.Epoch()
	for _, s := range streams {
		w := wire.Stream{Priority: event.Level(s.Priority), First: s.First, Next: s.Next, Kept: s.First}
		if s.Shed > 0 && s.ShedFirst > 0 {
			w.Shed = &wire.Shed{Count: uint64(s.Shed), First: s.ShedFirst, Last: s.ShedLast}
			shed += w.Shed.Count
		}
		h.Streams = append(h.Streams, w)
	}
	return h, shed, nil
}
