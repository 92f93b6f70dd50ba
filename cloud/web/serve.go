package web

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// A Patience is how long a connection may keep the cloud waiting.
type Patience struct {
	Header time.Duration // until a request's headers are there
	Idle   time.Duration // between requests
}

// Patient is what the cloud's own server has: a phone on a bad line gets through, and
// who opens connections to say nothing is cut off.
var Patient = Patience{Header: 10 * time.Second, Idle: 2 * time.Minute}

// maxHeader bounds the headers of one request, in bytes.
const maxHeader = 32 << 10

// NewServer returns a server that waits for nobody for ever. Answers have no bound:
// streams last as long as a shift, and have their own.
func NewServer(h http.Handler, p Patience) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: p.Header, IdleTimeout: p.Idle, MaxHeaderBytes: maxHeader}
}

// timed returns a request's body, which must have come within d.
func timed(w http.ResponseWriter, r *http.Request, d time.Duration) io.ReadCloser {
	c := http.NewResponseController(w)
	if err := c.SetReadDeadline(time.Now().Add(d)); err != nil {
		return r.Body // no connection: the request comes from within the process
	}
	return &timedBody{r.Body, c}
}

type timedBody struct {
	io.ReadCloser
	connection *http.ResponseController
}

func (b *timedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) { // it is here: what the answer takes is another matter
		b.connection.SetReadDeadline(time.Time{}) //nolint:errcheck // it was set before
	}
	return n, err
}
