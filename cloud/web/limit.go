package web

import (
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// A Limiter bounds how often each address may ask what anybody may ask. It is kept
// in memory: a restart forgives.
type Limiter struct {
	every time.Duration
	burst int

	mu   sync.Mutex
	from map[string]*bucket
}

type bucket struct {
	*rate.Limiter
	last time.Time
}

// maxAddresses bounds the memory of a Limiter; beyond it, newcomers share one bucket.
const maxAddresses = 10_000

// NewLimiter allows burst requests at once, and one more each so often.
func NewLimiter(every time.Duration, burst int) *Limiter {
	return &Limiter{every: every, burst: burst, from: map[string]*bucket{}}
}

// Allow reports whether an address may ask now.
func (l *Limiter) Allow(from string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.from[from]
	if b == nil {
		if len(l.from) >= maxAddresses {
			l.forget(now)
		}
		if len(l.from) >= maxAddresses {
			from = "others"
		}
		if b = l.from[from]; b == nil {
			b = &bucket{Limiter: rate.NewLimiter(rate.Every(l.every), l.burst)}
			l.from[from] = b
		}
	}
	b.last = now
	return b.AllowN(now, 1)
}

// forget drops those whose bucket is full again.
func (l *Limiter) forget(now time.Time) {
	full := l.every * time.Duration(l.burst)
	for from, b := range l.from {
		if now.Sub(b.last) > full {
			delete(l.from, from)
		}
	}
}

// Limit refuses who asks too often.
func (l *Limiter) Limit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !l.Allow(From(r), time.Now()) {
			w.Header().Set("Retry-After", "60")
			TooMany.With("wait a minute").Write(w)
			return
		}
		next.ServeHTTP(w, r)
	})
}
