package evidence

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/time/rate"

	"eastgate/shared/retry"
	"eastgate/shared/trust"
)

// How long to wait after a failure.
const (
	retryMin = time.Second      // the cloud is away or busy; doubles
	retryMax = time.Minute      //
	slow     = 5 * time.Minute  // somebody has to change something first
	aside    = time.Hour        // the cloud does not want this one file
	answers  = 90 * time.Second // for one request, both ways
)

// sweep is how often files are looked through for those that are too old.
const sweep = time.Hour

// Events is what must be known of those that files belong to.
type Events interface {
	// Urgent reports whether events wait that nothing may hold up.
	Urgent() bool
	// Unacknowledged returns the IDs of those that the cloud may not have.
	Unacknowledged() (map[string]bool, error)
}

// An Uploader sends the files of a folder to the cloud, one at a time, the most
// urgent first, within a budget, and not while urgent events wait. A file leaves
// the folder only when the cloud says it has it.
type Uploader struct {
	folder *Folder
	events Events
	base   *url.URL
	user   string
	secret string
	client *http.Client
	budget *rate.Limiter
	m      *Metrics
	log    *slog.Logger

	backoff retry.Backoff
	slow    time.Duration
	calm    time.Duration // between two looks for urgent events
	swept   time.Time
	trouble string // the class of failure that was last logged; empty when all is well
}

// NewUploader returns the uploader of folder, which was opened with the same c.
func NewUploader(c Config, folder *Folder, events Events, m *Metrics, log *slog.Logger) (*Uploader, error) {
	base, err := c.base()
	if err != nil {
		return nil, fmt.Errorf("evidence: %w", err)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = trust.Or(c.TLS)
	return &Uploader{
		folder: folder, events: events, base: base, user: c.User, secret: c.Secret.Reveal(), m: m, log: log,
		client: &http.Client{
			Transport: transport, Timeout: answers,
			// The secret goes to the cloud that was configured and nowhere else.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		budget:  rate.NewLimiter(rate.Limit(c.BytesPerSecond), chunk),
		backoff: retry.Backoff{Min: retryMin, Max: retryMax},
		slow:    slow, calm: time.Second,
	}, nil
}

// Run sends what waits, and what comes to wait, until ctx ends.
func (u *Uploader) Run(ctx context.Context) error {
	defer u.client.CloseIdleConnections()
	for ctx.Err() == nil {
		u.sweep(time.Now())
		item, wait, ok := u.folder.next(time.Now())
		if !ok {
			u.idle(ctx, wait)
			continue
		}
		u.handle(ctx, item)
	}
	return nil
}

// sweep gives up what is too old.
func (u *Uploader) sweep(now time.Time) {
	if now.Sub(u.swept) < sweep {
		return
	}
	u.swept = now
	if err := u.folder.expire(now, u.events.Unacknowledged); err != nil {
		u.log.Error("old evidence stays, the outbox does not say what waits", "err", err)
	}
}

// idle waits for a new file, or for wait unless it is 0.
func (u *Uploader) idle(ctx context.Context, wait time.Duration) {
	if wait <= 0 || wait > sweep {
		wait = sweep
	}
	due := time.NewTimer(wait)
	defer due.Stop()
	select {
	case <-ctx.Done():
	case <-u.folder.added:
	case <-due.C:
	}
}

// handle tries to send one file, and waits after a failure for as long as trying
// again makes no sense.
func (u *Uploader) handle(ctx context.Context, item Item) {
	data, err := u.folder.read(item)
	switch {
	case errors.Is(err, errSpoiled):
		u.folder.spoil(item)
		u.log.Error("evidence is given up", "err", err)
		return
	case err != nil:
		u.folder.postpone(item.SHA256, time.Now().Add(u.slow))
		u.log.Error("evidence cannot be read, it is tried again later", "err", err)
		return
	}
	out, err := u.send(ctx, item, data)
	if ctx.Err() != nil && out == away { // our own stop is nobody's failure
		return
	}
	u.m.attempts.WithLabelValues(string(out)).Inc()
	u.tell(out, err)
	switch out {
	case done:
		u.folder.remove(item.SHA256)
		u.m.sent.WithLabelValues(item.Type).Inc()
		u.backoff.Reset()
	case unwanted:
		u.folder.postpone(item.SHA256, time.Now().Add(aside))
	case away:
		u.backoff.Wait(ctx)
	case refused, misdirected:
		retry.Sleep(ctx, u.slow)
	}
}

// tell logs the beginning and the end of trouble, not every attempt.
func (u *Uploader) tell(out outcome, err error) {
	switch {
	case out == done && u.trouble != "":
		u.log.Info("evidence reaches the cloud again")
		u.trouble = ""
	case out == unwanted:
		u.log.Error("cloud does not take a file, it is tried again in an hour", "err", err)
	case out != done && out != outranked && u.trouble != string(out):
		u.trouble = string(out)
		u.log.Warn("evidence waits for the cloud", "reason", string(out), "err", err)
	}
}
