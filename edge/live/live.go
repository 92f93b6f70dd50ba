// Package live sends what a camera shows to the cloud, while somebody there watches.
//
// It promises that pictures go out as the camera coded them, beginning with what came
// since the last key picture; that a line which is too slow shows the present, with
// gaps, and never the past; that it ends when the cloud no longer reads; and that of a
// camera with private areas nothing goes out but pictures in which they are black. It
// never holds the camera's other pictures up. The other end is cloud/live, whose
// DESIGN.md tells both.
package live

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"eastgate/shared/congestion"
	"eastgate/shared/retry"
	"eastgate/shared/secret"
	"eastgate/shared/trust"
	"eastgate/shared/wire"
)

// Config says who the box is, where the cloud is, and what of its cameras may go out.
type Config struct {
	CloudURL string // http(s)://host, as for evidence
	// TLS says whom we believe, and who the box is; nil as in net/http.
	TLS     *tls.Config
	User    string       // site/box
	Secret  secret.Value // empty beside a certificate
	Uploads int          // cameras at once; 0 turns it off
	// Camera returns a camera's packets; nil for one that is not here.
	Camera func(name string) *Source
	// Private reports whether a camera has private areas.
	Private func(name string) bool
	// Still takes a picture of a camera, private areas black.
	Still func(ctx context.Context, name string) (jpeg []byte, taken time.Time, err error)
}

// A Publisher sends. Its methods may be called at once.
type Publisher struct {
	cfg    Config
	client *http.Client
	m      *Metrics
	log    *slog.Logger
	asks   chan wire.LiveStart
	slow   sync.Once

	mu       sync.Mutex
	sessions map[string]bool
	sending  int
}

// asked is how many sessions may wait to be begun; more are asked for again.
const asked = 16

// New returns a publisher that sends nothing yet.
func New(c Config, m *Metrics, log *slog.Logger) (*Publisher, error) {
	p := &Publisher{cfg: c, m: m, log: log, asks: make(chan wire.LiveStart, asked), sessions: map[string]bool{}}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DialContext = (&net.Dialer{Timeout: dialWait, Control: congestion.Control(p.noBBR)}).DialContext
	transport.ForceAttemptHTTP2 = false // a WebSocket begins with HTTP/1.1
	transport.TLSClientConfig = trust.Or(c.TLS)
	transport.TLSClientConfig.NextProtos = []string{"http/1.1"}
	p.client = &http.Client{
		Transport: transport,
		// The secret goes to the cloud that was configured and nowhere else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return p, nil
}

// noBBR says once that lines will lag when they lose packets.
func (p *Publisher) noBBR(err error) {
	p.slow.Do(func() {
		p.log.Warn("live pictures go with the kernel's usual congestion control and will lag on lines that lose packets: allow bbr (net.ipv4.tcp_allowed_congestion_control)", "err", err)
	})
}

// Start begins a session, unless it runs. It never waits.
func (p *Publisher) Start(a wire.LiveStart) {
	select {
	case p.asks <- a:
	default:
	}
}

// Run sends what Start asked for until ctx ends.
func (p *Publisher) Run(ctx context.Context) error {
	var underWay sync.WaitGroup
	defer underWay.Wait()
	for {
		select {
		case <-ctx.Done():
			return nil
		case a := <-p.asks:
			if p.enter(a.Session) {
				underWay.Go(func() {
					defer p.leave(a.Session)
					p.session(ctx, a)
				})
			}
		}
	}
}

// mostSessions bounds sessions, also those that only tell why nothing comes.
const mostSessions = 32

func (p *Publisher) enter(session string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sessions[session] || len(p.sessions) >= mostSessions {
		return false
	}
	p.sessions[session] = true
	return true
}

func (p *Publisher) leave(session string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.sessions, session)
}

// take reserves one of the cameras that may be sent at once.
func (p *Publisher) take() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sending >= p.cfg.Uploads {
		return false
	}
	p.sending++
	p.m.uploads.Set(float64(p.sending))
	return true
}

func (p *Publisher) give() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sending--
	p.m.uploads.Set(float64(p.sending))
}

const (
	dialWait  = 10 * time.Second
	writeWait = 10 * time.Second
	pingEvery = 10 * time.Second
)

// session sends one camera until the cloud has enough.
func (p *Publisher) session(ctx context.Context, a wire.LiveStart) {
	conn, err := p.dial(ctx, a)
	if err != nil {
		if ctx.Err() == nil {
			p.log.Warn("the cloud asked for live pictures and does not take them", "camera", a.Camera, "err", err)
		}
		return
	}
	defer conn.CloseNow() //nolint:errcheck // it is over
	began := time.Now()
	u := upload{p: p, conn: conn, camera: a.Camera}
	err = u.run(conn.CloseRead(ctx), a)
	p.log.Info("live pictures end", "camera", a.Camera, "lasted", time.Since(began).Round(time.Second), "reason", reason(err))
}

func reason(err error) string {
	if code := websocket.CloseStatus(err); code == websocket.StatusNormalClosure || code == websocket.StatusGoingAway || errors.Is(err, context.Canceled) {
		return "nobody watches any more"
	}
	return fmt.Sprint(err)
}

// misdirected is how often a box dials again when it came to another replica of the
// cloud than the one that asked.
const misdirected = 20

func (p *Publisher) dial(ctx context.Context, a wire.LiveStart) (*websocket.Conn, error) {
	address := strings.TrimSuffix(p.cfg.CloudURL, "/") + "/v1/publish/" + url.PathEscape(a.Session)
	head := http.Header{}
	if !p.cfg.Secret.Empty() { // else our certificate says who we are
		head.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(p.cfg.User+":"+p.cfg.Secret.Reveal())))
	}
	backoff := retry.Backoff{Min: 50 * time.Millisecond, Max: time.Second}
	for again := 0; ; again++ {
		wait, stop := context.WithTimeout(ctx, dialWait)
		conn, answer, err := websocket.Dial(wait, address, &websocket.DialOptions{HTTPClient: p.client, HTTPHeader: head}) //nolint:bodyclose // Dial reads and replaces it
		stop()
		if err == nil || answer == nil || answer.StatusCode != http.StatusMisdirectedRequest || again == misdirected {
			return conn, err
		}
		p.client.CloseIdleConnections()
		backoff.Wait(ctx)
	}
}
