// Package live relays moving pictures from boxes to those who watch.
//
// It promises that nobody sees a byte before Options.Allow has let them, and written
// it down; that a box sends each camera once however many watch it here, and stops
// when nobody does; that who comes later sees a picture at once; and that who has a
// slow line sees the present, with gaps. It keeps nothing on disk. DESIGN.md tells
// the whole way, from camera to browser.
package live

import (
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"eastgate/shared/event"
	"eastgate/shared/wire"
)

// A Camera is what is watched, and how.
type Camera struct {
	Site, Box, Name string
	Stills          bool // a picture now and then, for browsers that cannot play the camera's codec
}

// A Hello is the first thing that a browser says.
type Hello struct {
	Purpose string `json:"purpose"` // a word of the register's list
	Reason  string `json:"reason"`
	Stills  bool   `json:"stills"`
}

// Options join a hub to what is around it.
type Options struct {
	// Ask asks a camera's box to dial in; what is lost is asked again.
	Ask func(c Camera, a wire.LiveStart) error
	// Box says which box asks.
	Box func(r *http.Request) (site, box string, ok bool)
	// Allow lets somebody watch, and has it written down before it returns "". Else it
	// returns the code of a notice.
	Allow func(r *http.Request, c Camera, h Hello) (refused string)
	// Holds is asked now and then whether they still may.
	Holds   func(r *http.Request, c Camera) bool
	Metrics *Metrics
	Log     *slog.Logger
}

// A Hub is where boxes and those who watch meet. Its methods may be called at once.
type Hub struct {
	o    Options
	id   string // begins the names of this replica's sessions
	slow sync.Once
	// check is how soon somebody who is logged out, or lost the right, sees no more;
	// linger how long a box goes on sending after the last one has gone: a page that is
	// loaded again finds its picture at once.
	check, linger time.Duration

	mu       sync.Mutex
	streams  map[Camera]*stream
	sessions map[string]*stream
	watching int
}

// Bounds of one replica.
const (
	mostWatching = 400 // browsers
	mostOfOne    = 100 // of them, for one camera
)

// NewHub returns a hub that nobody watches.
func NewHub(o Options) *Hub {
	return &Hub{o: o, id: event.NewID(), check: 15 * time.Second, linger: 5 * time.Second, streams: map[Camera]*stream{}, sessions: map[string]*stream{}}
}

// Handler answers GET /v1/live/{site}/{box}/{camera} from browsers and
// GET /v1/publish/{session} from boxes, both as WebSockets (RFC 6455).
func (h *Hub) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/live/{site}/{box}/{camera}", h.watch)
	mux.HandleFunc("GET /v1/publish/{session}", h.publish)
	return mux
}

// noBBR says once that lines will lag when they lose packets.
func (h *Hub) noBBR(err error) {
	h.slow.Do(func() {
		h.o.Log.Warn("live pictures go with the kernel's usual congestion control and will lag on lines that lose packets: allow bbr (net.ipv4.tcp_allowed_congestion_control)", "err", err)
	})
}

// join makes somebody watch; false says that too many do.
func (h *Hub) join(c Camera) (*viewer, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.streams[c]
	if h.watching >= mostWatching || (s != nil && s.count() >= mostOfOne) {
		return nil, false
	}
	if s == nil {
		s = newStream(h, c)
		h.streams[c], h.sessions[s.session] = s, s
		h.o.Metrics.streams.Set(float64(len(h.streams)))
		go s.tend()
	}
	h.watching++
	h.o.Metrics.viewers.Set(float64(h.watching))
	return s.join(), true
}

func (h *Hub) leave(v *viewer) {
	v.stream.leave(v)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.watching--
	h.o.Metrics.viewers.Set(float64(h.watching))
}

// drop forgets a stream that nobody watches; false says that somebody does again.
func (h *Hub) drop(s *stream) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s.count() > 0 {
		return false
	}
	delete(h.streams, s.camera)
	delete(h.sessions, s.session)
	h.o.Metrics.streams.Set(float64(len(h.streams)))
	return true
}

// session returns the stream that a box was asked for; ours is false when another
// replica has asked.
func (h *Hub) session(name string) (s *stream, ours bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.sessions[name], strings.HasPrefix(name, h.id)
}

const writeWait = 10 * time.Second
