package identity

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/web"
)

// Lines lets boxes through over HTTP and holds their connections while they ask.
type Lines struct {
	book    *Book
	secrets func(ctx context.Context, site, box, secret string) error // nil: certificates only
	log     *slog.Logger

	mu     sync.Mutex
	open   map[*line]struct{}
	warned time.Time
}

// A line is one request that is being answered.
type line struct {
	peer Peer
	conn net.Conn
}

// NewLines returns lines without a connection. secrets, if it is not nil, lets those in
// who show a secret instead of a certificate.
func NewLines(b *Book, secrets func(ctx context.Context, site, box, secret string) error, log *slog.Logger) *Lines {
	l := &Lines{book: b, secrets: secrets, log: log, open: map[*line]struct{}{}}
	b.Holds(l)
	return l
}

type (
	connKey struct{}
	peerKey struct{}
)

// Remember is a http.Server's ConnContext.
func Remember(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// Caller is the box that a request behind Guard is from.
func Caller(r *http.Request) (Peer, bool) {
	p, ok := r.Context().Value(peerKey{}).(Peer)
	return p, ok
}

// Name is Caller's, for those who need no more.
func Name(r *http.Request) (site, box string, ok bool) {
	p, ok := Caller(r)
	return p.Site, p.Box, ok
}

// Guard lets only boxes through, each as itself, and cuts them off when they are revoked.
func (l *Lines) Guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, err := l.who(r)
		switch {
		case errors.Is(err, ErrStranger), errors.Is(err, access.ErrCredentials):
			l.warn(r, err)
			web.LoginNeeded.With("the cloud does not let this box in: it is revoked, its certificate was replaced, or it shows none. Enrol it again: edge enrol").Write(w)
			return
		case err != nil:
			l.log.Error("a box cannot be looked up", "err", err)
			web.Broken.With("the box cannot be looked up: try again").Write(w)
			return
		}
		here := &line{peer: p}
		here.conn, _ = r.Context().Value(connKey{}).(net.Conn)
		l.enter(here)
		defer l.leave(here)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), peerKey{}, p)))
	})
}

// who says which box a request is from.
func (l *Lines) who(r *http.Request) (Peer, error) {
	if r.TLS != nil && len(r.TLS.VerifiedChains) > 0 {
		return l.book.Certified(r.Context(), r.TLS.VerifiedChains[0][0])
	}
	user, secret, ok := r.BasicAuth()
	site, box, named := strings.Cut(user, "/")
	if l.secrets == nil || !ok || !named {
		return Peer{}, ErrStranger
	}
	return Peer{Site: site, Box: box}, l.secrets(r.Context(), site, box, secret)
}

// warn says who is refused, not each time.
func (l *Lines) warn(r *http.Request, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); now.Sub(l.warned) > 10*time.Second {
		l.warned = now
		l.log.Warn("a box is refused", "from", r.RemoteAddr, "path", r.URL.Path, "err", err)
	}
}

func (l *Lines) enter(x *line) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open[x] = struct{}{}
}

func (l *Lines) leave(x *line) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, x)
}

// End implements Gate: the connection itself is closed, whatever is read or written.
func (l *Lines) End(gone func(Peer) bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for x := range l.open {
		if gone(x.peer) && x.conn != nil {
			l.log.Warn("a box's request is cut off: it may speak no more", "site", x.peer.Site, "box", x.peer.Box)
			go x.conn.Close() //nolint:errcheck // it is over
		}
	}
}
