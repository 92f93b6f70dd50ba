package push

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"eastgate/edge/sensor"
)

// Bounds of the listener.
const (
	maxBody    = 64 << 10
	perSecond  = 20 // requests of one sender
	burst      = 100
	strangers  = 5               // requests a second of all who have no token
	keepWithin = 3 * time.Second // after which the sender is asked to come again
	ahead      = 5 * time.Minute // that a sender's clock may be
	tooOld     = 24 * time.Hour  // for anything but a sign of life
)

// Run listens once.
func (a *Adapter) Run(ctx context.Context, out chan<- sensor.Reading) error {
	l, err := net.Listen("tcp", a.cfg.Listen)
	if err != nil {
		return fmt.Errorf("sensors.push.listen: %w", err)
	}
	if a.cfg.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(a.cfg.CertFile, a.cfg.KeyFile)
		if err != nil {
			return errors.Join(fmt.Errorf("sensors.push.cert_file: %w", err), l.Close())
		}
		l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12})
	}
	return a.serve(ctx, l, out)
}

func (a *Adapter) serve(ctx context.Context, l net.Listener, out chan<- sensor.Reading) error {
	select {
	case out <- sensor.Reading{What: sensor.Linked}:
	case <-ctx.Done():
		return l.Close()
	}
	srv := &http.Server{
		Handler: a.handler(ctx, out), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: log.New(io.Discard, "", 0), // addresses may hold tokens
	}
	defer context.AfterFunc(ctx, func() { srv.Close() })()
	if err := srv.Serve(l); ctx.Err() == nil {
		return fmt.Errorf("sensors.push: %w", err)
	}
	return nil
}

// A server is one run of the listener.
type server struct {
	a        *Adapter
	ctx      context.Context
	out      chan<- sensor.Reading
	limits   map[string]*rate.Limiter
	stranger *rate.Limiter

	mu   sync.Mutex        // messages are handed on one request at a time
	last map[string]newest // by device
}

// newest is a device's newest message.
type newest struct {
	at   time.Time
	hash [sha256.Size]byte
}

func (a *Adapter) handler(ctx context.Context, out chan<- sensor.Reading) http.Handler {
	s := &server{a: a, ctx: ctx, out: out, limits: map[string]*rate.Limiter{}, stranger: rate.NewLimiter(strangers, strangers), last: map[string]newest{}}
	for name := range a.cfg.Senders {
		s.limits[name] = rate.NewLimiter(perSecond, burst)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/push/{sender}", s.post)
	mux.HandleFunc("/push/{sender}/{token}", s.post)
	return mux
}

// A refusal is an answer other than the usual one.
type refusal struct {
	code int
	text string
}

func (s *server) post(w http.ResponseWriter, r *http.Request) {
	taken, no := s.take(w, r)
	if no == nil {
		no = &refusal{code: http.StatusOK}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]int{"taken": taken})
	} else {
		switch no.code {
		case http.StatusUnauthorized:
			w.Header().Set("WWW-Authenticate", "Bearer")
		case http.StatusTooManyRequests, http.StatusServiceUnavailable:
			w.Header().Set("Retry-After", "5")
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.WriteHeader(no.code)
		io.WriteString(w, no.text) //nolint:errcheck // who asks has gone
	}
	s.a.m.requests.WithLabelValues(fmt.Sprint(no.code)).Inc()
}

// take does a request: who posts, how much, what, and then the readings.
func (s *server) take(w http.ResponseWriter, r *http.Request) (int, *refusal) {
	name := r.PathValue("sender")
	sender, known := s.a.cfg.Senders[name]
	signed := known && sender.Speaks == "onenet" // the token signs the body
	if !known || !signed && !s.knows(name, r) {
		return 0, s.strange()
	}
	if signed && r.Method == http.MethodGet {
		return 0, s.greet(r, name)
	}
	if r.Method != http.MethodPost {
		return 0, &refusal{http.StatusMethodNotAllowed, "only POST"}
	}
	if !signed && !s.limits[name].Allow() {
		return 0, &refusal{http.StatusTooManyRequests, "too many requests"}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return 0, &refusal{http.StatusRequestEntityTooLarge, fmt.Sprintf("more than %d bytes", maxBody)}
	} else if err != nil {
		return 0, &refusal{http.StatusBadRequest, "the body broke off"}
	}
	messages, err := formats[sender.Speaks](body, s.a.tokens[name])
	switch {
	case errors.Is(err, errSignature):
		return 0, s.strange()
	case err != nil:
		return 0, &refusal{http.StatusBadRequest, err.Error()}
	case signed && !s.limits[name].Allow(): // now that it is known who asks
		return 0, &refusal{http.StatusTooManyRequests, "too many requests"}
	}
	for _, m := range messages {
		if m.at.IsZero() && len(m.ids) > 0 {
			return 0, &refusal{http.StatusBadRequest, "a message has no time"}
		}
	}
	return s.hand(name, messages)
}

// greet answers OneNET's question whether the address is ours: it wants msg back.
func (s *server) greet(r *http.Request, name string) *refusal {
	q := r.URL.Query()
	msg := q.Get("msg")
	want := oneNETSign(s.a.tokens[name], q.Get("nonce"), []byte(msg))
	if len(msg) > 256 || subtle.ConstantTimeCompare([]byte(strings.ReplaceAll(q.Get("signature"), " ", "+")), []byte(want)) != 1 {
		return s.strange()
	}
	return &refusal{http.StatusOK, msg}
}

// knows compares the token that a request brings.
func (s *server) knows(name string, r *http.Request) bool {
	token := r.PathValue("token")
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		token = bearer
	}
	want := s.a.tokens[name]
	return !want.Empty() && subtle.ConstantTimeCompare([]byte(token), []byte(want.Reveal())) == 1
}

// strange refuses whoever has no token, and slows guessing down. Senders with a token
// have limits of their own.
func (s *server) strange() *refusal {
	if !s.stranger.Allow() {
		return &refusal{http.StatusTooManyRequests, "too many requests"}
	}
	return &refusal{http.StatusUnauthorized, "no such sender, or a wrong token"}
}

// hand hands on what messages tell and waits until it is kept.
func (s *server) hand(name string, messages []message) (int, *refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []sensor.Reading
	news := map[string]newest{}
	taken := 0
	for _, m := range messages {
		if m.at.After(time.Now().Add(ahead)) {
			return 0, &refusal{http.StatusBadRequest, fmt.Sprintf("the time %s is yet to come", m.at.UTC().Format(time.RFC3339))}
		}
		fate, readings := s.judge(name, m, news)
		s.a.m.messages.WithLabelValues(name, fate).Inc()
		all = append(all, readings...)
		if len(readings) > 0 {
			taken++
		}
	}
	if no := s.keep(all); no != nil {
		return 0, no
	}
	maps.Copy(s.last, news)
	return taken, nil
}

// keep hands readings on, and returns when what follows from them is kept.
func (s *server) keep(all []sensor.Reading) *refusal {
	kept := make(chan struct{}, len(all))
	late := time.After(keepWithin)
	for handed, done := 0, 0; done < len(all); {
		var out chan<- sensor.Reading
		var next sensor.Reading
		if handed < len(all) {
			out, next = s.out, all[handed]
			next.Done = func() { kept <- struct{}{} }
		}
		select {
		case out <- next:
			handed++
		case <-kept:
			done++
		case <-late:
			return &refusal{http.StatusServiceUnavailable, "not kept in time, come again"}
		case <-s.ctx.Done():
			return &refusal{http.StatusServiceUnavailable, "the box stops, come again"}
		}
	}
	return nil
}

// judge says whose a message is and what it tells. One that was told before, or is
// older than what is known, tells nothing: 200 is the answer to it, or it would come for ever.
func (s *server) judge(name string, m message, news map[string]newest) (fate string, readings []sensor.Reading) {
	id := ""
	for _, at := range m.ids {
		if id == "" && at != "" {
			id = s.a.devices[name+"/"+at]
		}
	}
	if id == "" {
		return "unknown", nil
	}
	n := newest{m.at, m.hash()}
	was, heard := news[id]
	if !heard {
		was, heard = s.last[id]
	}
	if heard && (m.at.Before(was.at) || m.at.Equal(was.at) && n.hash == was.hash) {
		return "repeated", nil
	}
	news[id] = n
	readings, known := m.readings(id)
	if time.Since(m.at) > tooOld {
		readings = []sensor.Reading{{Device: id, What: sensor.Heartbeat, At: m.at}}
	}
	if !known {
		return "strange", readings
	}
	return "taken", readings
}

func (m message) hash() [sha256.Size]byte {
	b, _ := json.Marshal([]any{m.online, m.fields}) // it was JSON before; maps are written in order
	return sha256.Sum256(b)
}
