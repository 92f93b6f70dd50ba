package onviftest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"eastgate/edge/onvif"
)

// A Message is one event of the device. Topic is with prefixes, as tns1:Device/Trigger/DigitalInput.
type Message struct {
	Topic        string
	At           time.Time
	Operation    onvif.Operation
	Source, Data map[string]string
}

func (m Message) key() string { return m.Topic + fmt.Sprint(m.Source) }

type events struct {
	now  func() time.Time
	mu   sync.Mutex
	next int
	have map[string]Message // properties as they are
	subs map[string]*subscription
}

func newEvents(now func() time.Time) *events {
	return &events{now: now, have: map[string]Message{}, subs: map[string]*subscription{}}
}

// Set sets a property, such as a digital input, and tells those who pull.
func (d *Device) Set(topic string, source, data map[string]string) {
	e := d.events
	e.mu.Lock()
	defer e.mu.Unlock()
	m := Message{Topic: topic, At: e.now(), Operation: onvif.Changed, Source: source, Data: data}
	if _, known := e.have[m.key()]; !known {
		m.Operation = onvif.Initialized
	}
	e.tell(m)
	e.have[m.key()] = m
}

// Delete takes a property away, as when its rule is deleted.
func (d *Device) Delete(topic string, source map[string]string) {
	e := d.events
	e.mu.Lock()
	defer e.mu.Unlock()
	m := Message{Topic: topic, At: e.now(), Operation: onvif.Deleted, Source: source}
	delete(e.have, m.key())
	e.tell(m)
}

// Emit tells of something that has no state, such as a line crossed.
func (d *Device) Emit(topic string, source, data map[string]string) {
	e := d.events
	e.mu.Lock()
	defer e.mu.Unlock()
	e.tell(Message{Topic: topic, At: e.now(), Source: source, Data: data})
}

// Restart forgets all subscriptions, as a device does that lost its power.
func (d *Device) Restart() { d.events.restart() }

// Subscriptions is how many there are.
func (d *Device) Subscriptions() int {
	d.events.mu.Lock()
	defer d.events.mu.Unlock()
	return len(d.events.subs)
}

func (e *events) tell(m Message) {
	for _, s := range e.subs {
		s.add(m)
	}
}

func (e *events) restart() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range e.subs {
		close(s.gone)
	}
	e.subs = map[string]*subscription{}
}

// subscribe begins with how everything is.
func (e *events) subscribe() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.next++
	id := fmt.Sprint(e.next)
	s := &subscription{came: make(chan struct{}, 1), gone: make(chan struct{})}
	for _, m := range e.have {
		m.Operation = onvif.Initialized
		s.add(m)
	}
	e.subs[id] = s
	return id
}

func (e *events) find(id string) *subscription {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.subs[id]
}

func (e *events) forget(id string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if s := e.subs[id]; s != nil {
		close(s.gone)
		delete(e.subs, id)
	}
}

type subscription struct {
	mu      sync.Mutex
	waiting []Message
	came    chan struct{}
	gone    chan struct{}
}

func (s *subscription) add(m Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = append(s.waiting, m)
	select {
	case s.came <- struct{}{}:
	default:
	}
}

// pull waits for the first message; alive is false when the device was restarted meanwhile.
func (s *subscription) pull(ctx context.Context, wait time.Duration, limit int) (out []Message, alive bool) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		s.mu.Lock()
		n := min(len(s.waiting), max(limit, 1))
		out, s.waiting = s.waiting[:n:n], s.waiting[n:]
		s.mu.Unlock()
		if n > 0 {
			return out, true
		}
		select {
		case <-s.came:
		case <-timer.C:
			return nil, true
		case <-s.gone:
			return nil, false
		case <-ctx.Done():
			return nil, false
		}
	}
}
