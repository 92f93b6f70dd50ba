// Package policetest plays the police's side of the bridge, for tests and the demo:
// a client of their broker that keeps what it is told, answers with receipts, says
// what it does, and can be as slow, forgetful and confused as the real side may be.
//
// It promises to speak the contract of package police and nothing else, unless it is
// told to send garbage.
package policetest

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"

	"eastgate/cloud/police"
	"eastgate/shared/event"
	"eastgate/shared/retry"
)

// A Behaviour is how the police's side behaves. The zero value answers everything at
// once.
type Behaviour struct {
	Delay   time.Duration `json:"delay"`   // before a receipt
	Lose    float64       `json:"lose"`    // share of messages that are never answered
	Twice   float64       `json:"twice"`   // share of receipts that are sent twice
	Garbage float64       `json:"garbage"` // share of receipts before which garbage is sent
	Shuffle bool          `json:"shuffle"` // receipts wait for one another and go in the wrong order
	Refuse  string        `json:"refuse"`  // a class that they do not take
}

// Options say whom to speak to.
type Options struct {
	Broker string // mqtts:// or mqtt://
	TLS    *tls.Config
	Name   string // client id
	Topics police.Topics
}

// A Notice is one message as it was received.
type Notice struct {
	ID       string          `json:"id"`
	Topic    string          `json:"topic"`
	Incident string          `json:"incident"`
	Sequence string          `json:"sequence"`
	At       time.Time       `json:"at"`    // the first copy came
	Times    int             `json:"times"` // how many copies came
	Fault    string          `json:"fault,omitempty"`
	Body     json.RawMessage `json:"body"`
}

// A Station is the police's side.
type Station struct {
	o Options

	mu       sync.Mutex
	how      Behaviour
	client   *paho.Client
	notices  []Notice
	byID     map[string]int
	latest   map[string]string // sequence by incident
	outdated int
	refused  map[string]bool
	status   json.RawMessage
	states   []string
	tests    []string
	answers  []string // what waits to be shuffled
	feedback map[string]bool
	next     int64
}

const maxStates = 50

// New returns a station that does nothing before Run.
func New(o Options) *Station {
	return &Station{o: o, byID: map[string]int{}, latest: map[string]string{}, refused: map[string]bool{}, feedback: map[string]bool{}}
}

// Behave changes how the station behaves from now on.
func (s *Station) Behave(b Behaviour) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.how = b
}

// Run stays connected until ctx ends.
func (s *Station) Run(ctx context.Context) error {
	backoff := retry.Backoff{Min: 100 * time.Millisecond, Max: time.Second}
	for ctx.Err() == nil {
		if lost, err := s.connect(ctx); err == nil {
			backoff.Reset()
			select {
			case <-ctx.Done():
				s.use(nil).Disconnect(&paho.Disconnect{}) //nolint:errcheck // it ends
			case <-lost:
			}
			s.use(nil)
		}
		backoff.Wait(ctx)
	}
	return nil
}

// use puts a client in the place of the one before, which it returns.
func (s *Station) use(c *paho.Client) *paho.Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.client
	s.client = c
	return before
}

func (s *Station) dial(ctx context.Context) (net.Conn, error) {
	u, err := url.Parse(s.o.Broker)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithTimeout(ctx, 10*time.Second)
	defer stop()
	if s.o.TLS == nil {
		return new(net.Dialer).DialContext(ctx, "tcp", u.Host)
	}
	return (&tls.Dialer{Config: s.o.TLS}).DialContext(ctx, "tcp", u.Host)
}

func (s *Station) connect(ctx context.Context) (<-chan struct{}, error) {
	conn, err := s.dial(ctx)
	if err != nil {
		return nil, err
	}
	c := paho.NewClient(paho.ClientConfig{ClientID: s.o.Name, Conn: packets.NewThreadSafeConn(conn), OnPublishReceived: []func(paho.PublishReceived) (bool, error){
		func(p paho.PublishReceived) (bool, error) {
			s.hear(p.Packet.Topic, p.Packet.Payload)
			return true, nil
		},
	}})
	session := uint32(24 * 3600)
	if _, err := c.Connect(ctx, &paho.Connect{ClientID: s.o.Name, KeepAlive: 20, Properties: &paho.ConnectProperties{SessionExpiryInterval: &session, RequestProblemInfo: true}}); err != nil {
		return nil, err
	}
	t := s.o.Topics
	_, err = c.Subscribe(ctx, &paho.Subscribe{Subscriptions: []paho.SubscribeOptions{
		{Topic: t.Incident("+", "+"), QoS: 1}, {Topic: t.Status(), QoS: 1}, {Topic: t.Test(), QoS: 1, NoLocal: true},
	}})
	if err != nil {
		c.Disconnect(&paho.Disconnect{}) //nolint:errcheck // it is tried anew
		return nil, err
	}
	s.use(c)
	return c.Done(), nil
}

// hear takes in what the community says.
func (s *Station) hear(topic string, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch topic {
	case s.o.Topics.Status():
		s.status = slices.Clone(body)
		var e struct{ Data struct{ State string } }
		json.Unmarshal(body, &e) //nolint:errcheck // then the state is empty
		if s.states = append(s.states, e.Data.State); len(s.states) > maxStates {
			s.states = s.states[1:]
		}
	case s.o.Topics.Test():
		var e struct{ ID string }
		if json.Unmarshal(body, &e) == nil {
			s.tests = append(s.tests, e.ID)
			s.answer(topic, e.ID, "Test", "received", s.how)
		}
	default:
		s.notice(topic, body)
	}
}

func (s *Station) notice(topic string, body []byte) {
	var e struct {
		ID, Sequence string
		Data         struct{ Incident, Class string }
	}
	fault := ""
	if err := police.Check(body); err != nil {
		fault = err.Error()
	}
	json.Unmarshal(body, &e) //nolint:errcheck // the fault says it
	if n, there := s.byID[e.ID]; there {
		s.notices[n].Times++
		if string(s.notices[n].Body) != string(body) {
			s.notices[n].Fault = "a repeat says something else"
		}
	} else {
		s.byID[e.ID] = len(s.notices)
		s.notices = append(s.notices, Notice{ID: e.ID, Topic: topic, Incident: e.Data.Incident, Sequence: e.Sequence, At: time.Now().UTC(), Times: 1, Fault: fault, Body: slices.Clone(body)})
	}
	if e.Sequence < s.latest[e.Data.Incident] {
		s.outdated++
	}
	s.latest[e.Data.Incident] = max(s.latest[e.Data.Incident], e.Sequence)
	result := "received"
	if s.how.Refuse != "" && s.how.Refuse == e.Data.Class {
		result = "refused"
		s.refused[e.ID] = true
	}
	if rand.Float64() < s.how.Lose {
		return
	}
	s.answer(s.o.Topics.Ack(), e.ID, "Actual", result, s.how)
}

// answer sends a receipt as the station behaves.
func (s *Station) answer(topic, id, status, result string, how Behaviour) {
	data := map[string]any{"status": status, "message": id, "result": result}
	if result == "refused" {
		data["reason"] = "not this station's"
	}
	receipt := s.envelope("receipt", data)
	var out []string
	if rand.Float64() < how.Garbage {
		out = append(out, garbage())
	}
	out = append(out, receipt)
	if rand.Float64() < how.Twice {
		out = append(out, receipt)
	}
	if how.Shuffle && status == "Actual" {
		if s.answers = append(s.answers, out...); len(s.answers) < 6 {
			return
		}
		out, s.answers = s.answers, nil
		rand.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	}
	time.AfterFunc(how.Delay, func() {
		for _, text := range out {
			s.Say(topic, text) //nolint:errcheck // a receipt that is lost comes with the repeat
		}
	})
}

func garbage() string {
	all := []string{"", "{", "[]", "null", `{"type":"cs.receipt.v1"}`, `{"specversion":"1.0","type":"cs.incident.v1"}`, "\xff\xfe\x00", "GET / HTTP/1.1"}
	return all[rand.IntN(len(all))]
}

func (s *Station) envelope(kind string, data map[string]any) string {
	e := map[string]any{
		"specversion": "1.0", "id": event.NewID(), "source": "/police/station", "type": "cs." + kind + ".v1", "time": time.Now().Format(time.RFC3339), "data": data,
	}
	if kind == "feedback" {
		s.next = max(s.next+1, time.Now().UnixMilli())
		e["sequence"] = fmt.Sprintf("%018d", s.next)
	}
	text, err := json.Marshal(e)
	if err != nil {
		panic(err) // strings and numbers
	}
	return string(text)
}

// Say publishes anything on a topic.
func (s *Station) Say(topic, text string) error {
	s.mu.Lock()
	c := s.client
	s.mu.Unlock()
	if c == nil {
		return fmt.Errorf("say on %s: not connected", topic)
	}
	ctx, stop := context.WithTimeout(context.Background(), 10*time.Second)
	defer stop()
	_, err := c.Publish(ctx, &paho.Publish{Topic: topic, QoS: 1, Payload: []byte(text)})
	return err
}

// Feedback says what the police do about an incident, and returns what was said.
func (s *Station) Feedback(number, word, text string) (string, error) {
	s.mu.Lock()
	data := map[string]any{"status": "Actual", "incident": number, "feedback": word}
	if text != "" {
		data["text"] = text
	}
	said := s.envelope("feedback", data)
	s.feedback[said] = true
	s.mu.Unlock()
	return said, s.Say(s.o.Topics.Feedback(), said)
}

// State says how much the police had in a month, for the reconciliation.
func (s *Station) State(month string) error {
	from, to, err := police.Month(month)
	if err != nil {
		return err
	}
	s.mu.Lock()
	received := 0
	for _, n := range s.notices {
		if !n.At.Before(from) && n.At.Before(to) && n.Fault == "" && !s.refused[n.ID] {
			received++
		}
	}
	text := s.envelope("statement", map[string]any{"status": "Actual", "month": month, "received": received, "refused": len(s.refused), "feedback": len(s.feedback)})
	s.mu.Unlock()
	return s.Say(s.o.Topics.Ack(), text)
}

// A View is all that the station knows.
type View struct {
	Connected bool              `json:"connected"` // and listening
	Behaviour Behaviour         `json:"behaviour"`
	Notices   []Notice          `json:"notices"` // in the order of their first copies
	Latest    map[string]string `json:"latest"`  // the highest sequence by incident
	Outdated  int               `json:"outdated"`
	Status    json.RawMessage   `json:"status,omitempty"`
	States    []string          `json:"states"` // the last ones, the newest last
	Tests     []string          `json:"tests"`
	Feedback  int               `json:"feedback"`
}

// View returns all that the station knows.
func (s *Station) View() View {
	s.mu.Lock()
	defer s.mu.Unlock()
	return View{s.client != nil, s.how, slices.Clone(s.notices), maps.Clone(s.latest), s.outdated, slices.Clone(s.status), slices.Clone(s.states), slices.Clone(s.tests), len(s.feedback)}
}
