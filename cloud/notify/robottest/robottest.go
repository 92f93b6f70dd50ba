// Package robottest is the other side of the senders, for tests and the demo: group
// robots of WeCom, DingTalk and Feishu, an SMS provider, a receiver of webhooks and a
// mail server, which keep what they take as a phone would show it.
//
// It promises to speak the true protocols: signatures, byte limits, how many are
// taken in a minute and how long who sends more is shut out, and codes of errors
// with HTTP 200 where the platforms do that. It can be told to fail.
package robottest

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// A Kind is a platform.
type Kind string

// The platforms.
const (
	WeCom    Kind = "wecom"
	DingTalk Kind = "dingtalk"
	Feishu   Kind = "feishu"
	SMS      Kind = "sms"
	Webhook  Kind = "webhook"
	Email    Kind = "email"
)

// A Robot is one group's robot, provider or receiver.
type Robot struct {
	Name    string
	Kind    Kind
	Key     string // in its address; of SMS the token
	Secret  string // with which it checks signatures; empty: none are asked for
	Keyword string // that a message must have; empty: none
}

// A Message is one that was taken, as a phone shows it.
type Message struct {
	N       int       `json:"n"` // from 1
	At      time.Time `json:"at"`
	Robot   string    `json:"robot"`
	Kind    Kind      `json:"kind"`
	To      string    `json:"to,omitempty"` // a telephone number or addresses
	Title   string    `json:"title,omitempty"`
	Text    string    `json:"text"` // without title and links
	Links   []string  `json:"links,omitempty"`
	Mention []string  `json:"mention,omitempty"`
	Key     string    `json:"key,omitempty"` // by which a repeat is known
	Bytes   int       `json:"bytes"`         // of what the platform counts
}

// A Fault is a way to fail.
type Fault string

// The faults. What is taken is kept; the sender does not hear of it.
const (
	None    Fault = ""
	Busy    Fault = "busy"    // a no for now, in the platform's words
	Stopped Fault = "stopped" // a no until somebody does something
	Gateway Fault = "gateway" // 502 from something in between
	Garbage Fault = "garbage" // taken, and the answer is a page of something in between
	Cut     Fault = "cut"     // taken, and the connection breaks
	Hang    Fault = "hang"    // taken, and no answer comes
	Down    Fault = "down"    // not taken, and the connection breaks
	Moved   Fault = "moved"   // it leads elsewhere
	Echo    Fault = "echo"    // a no that repeats the key
)

// Faults are all faults.
var Faults = []Fault{Busy, Stopped, Gateway, Garbage, Cut, Hang, Down, Moved, Echo}

// A Server is all robots of a place.
type Server struct {
	now    func() time.Time
	mu     sync.Mutex
	robots []*state
	kept   []Message
	told   chan struct{} // closed at the next message
}

type state struct {
	Robot
	fault   Fault
	until   time.Time   // of the fault; zero: for ever
	took    []time.Time // when it took messages, of the last minutes
	blocked time.Time
	asked   int // how often it was asked
}

// New returns a server without robots. A nil now is the wall clock.
func New(now func() time.Time) *Server {
	if now == nil {
		now = time.Now
	}
	return &Server{now: now, told: make(chan struct{})}
}

// Add adds a robot.
func (s *Server) Add(r Robot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.robots = append(s.robots, &state{Robot: r})
}

// Robots are all that were added.
func (s *Server) Robots() []Robot {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Robot, len(s.robots))
	for i, r := range s.robots {
		out[i] = r.Robot
	}
	return out
}

// URL is a robot's address below base, as a platform would give it.
func (r Robot) URL(base string) string {
	switch r.Kind {
	case WeCom:
		return base + "/cgi-bin/webhook/send?key=" + url.QueryEscape(r.Key)
	case DingTalk:
		return base + "/robot/send?access_token=" + url.QueryEscape(r.Key)
	case Feishu:
		return base + "/open-apis/bot/v2/hook/" + url.PathEscape(r.Key)
	case SMS:
		return base + "/sms/send"
	}
	return base + "/hook/" + url.PathEscape(r.Key)
}

// Fail makes a robot fail for a while; 0 is until it is told otherwise.
func (s *Server) Fail(name string, f Fault, during time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f != None && !slices.Contains(Faults, f) {
		return fmt.Errorf("no fault %q: one of %v", f, Faults)
	}
	for _, r := range s.robots {
		if r.Name == name {
			r.fault, r.until = f, time.Time{}
			if during > 0 {
				r.until = s.now().Add(during)
			}
			return nil
		}
	}
	return fmt.Errorf("no robot %q", name)
}

// Messages are all that were taken, the oldest first.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.kept)
}

// Asked is how often a robot was asked, whatever came of it.
func (s *Server) Asked(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.robots {
		if r.Name == name {
			return r.asked
		}
	}
	return 0
}

// Told returns a channel that is closed when the next message is taken.
func (s *Server) Told() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.told
}

func (s *Server) keep(r *state, m Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m.N, m.At, m.Robot, m.Kind = len(s.kept)+1, s.now(), r.Name, r.Kind
	s.kept = append(s.kept, m)
	close(s.told)
	s.told = make(chan struct{})
}

// find returns the robot of a kind with a key, and how it fails now.
func (s *Server) find(kind Kind, key string) (*state, Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.robots {
		if r.Kind != kind || r.Key != key {
			continue
		}
		r.asked++
		if r.fault != None && !r.until.IsZero() && s.now().After(r.until) {
			r.fault = None
		}
		return r, r.fault
	}
	return nil, None
}

// over reports whether one more is too many: n in a time so long. Who is over is
// shut out until rest has passed; with rest 0 only what is too much is refused.
func (s *Server) over(r *state, n int, per, rest time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if now.Before(r.blocked) {
		return true
	}
	r.took = slices.DeleteFunc(r.took, func(at time.Time) bool { return now.Sub(at) >= time.Hour })
	last := 0
	for _, at := range r.took {
		if now.Sub(at) < per {
			last++
		}
	}
	if last >= n {
		r.blocked = now.Add(rest)
		return true
	}
	return false
}

func (s *Server) count(r *state) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.took = append(r.took, s.now())
}

// Handler answers for all robots but mail servers.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /cgi-bin/webhook/send", s.wecom)
	mux.HandleFunc("POST /robot/send", s.dingtalk)
	mux.HandleFunc("POST /open-apis/bot/v2/hook/{token}", s.feishu)
	mux.HandleFunc("POST /sms/send", s.sms)
	mux.HandleFunc("POST /hook/{token}", s.webhook)
	return mux
}

// before fails as a fault wants before anything is looked at; true when it did.
func before(w http.ResponseWriter, f Fault) bool {
	switch f {
	case Gateway:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		io.WriteString(w, page) //nolint:errcheck // nobody is left to hear it
	case Moved:
		w.Header().Set("Location", "https://elsewhere.invalid/")
		w.WriteHeader(http.StatusFound)
	case Down:
		cut(w)
	default:
		return false
	}
	return true
}

const page = "<html><body>something in between</body></html>"

// after fails as a fault wants once the message is taken; true when it did.
func after(w http.ResponseWriter, r *http.Request, f Fault) bool {
	switch f {
	case Garbage:
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, page) //nolint:errcheck // nobody is left to hear it
	case Cut:
		cut(w)
	case Hang:
		select {
		case <-r.Context().Done():
		case <-time.After(time.Minute):
		}
		cut(w)
	default:
		return false
	}
	return true
}

// cut breaks the connection.
func cut(w http.ResponseWriter) {
	if h, ok := w.(http.Hijacker); ok {
		if conn, _, err := h.Hijack(); err == nil {
			conn.Close()
		}
	}
}
