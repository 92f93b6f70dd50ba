package evidence

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"time"

	"eastgate/shared/retry"
)

// How long to wait after a failure.
const (
	retryMin = time.Second      // the cloud is away or busy; doubles
	retryMax = time.Minute      //
	slow     = 5 * time.Minute  // somebody has to change something first
	aside    = time.Hour        // the cloud does not want this one picture
	patience = 90 * time.Second // for one picture, both ways
)

// An Uploader sends the pictures of a folder to the cloud, one at a time, the
// oldest first. A picture leaves the folder only when the cloud says it has it.
type Uploader struct {
	folder *Folder
	base   *url.URL
	user   string
	secret string
	client *http.Client
	m      *Metrics
	log    *slog.Logger

	backoff retry.Backoff
	slow    time.Duration
	trouble string // the class of failure that was last logged; empty when all is well
}

// NewUploader returns the uploader of folder, which was opened with the same c.
func NewUploader(c Config, folder *Folder, m *Metrics, log *slog.Logger) (*Uploader, error) {
	base, err := c.base()
	if err != nil {
		return nil, fmt.Errorf("evidence: %w", err)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if c.CAFile != "" {
		pool, err := authority(c.CAFile)
		if err != nil {
			return nil, fmt.Errorf("evidence: ca_file: %w", err)
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	return &Uploader{
		folder: folder, base: base, user: c.User, secret: c.Secret.Reveal(), m: m, log: log,
		client: &http.Client{
			Transport: transport, Timeout: patience,
			// The secret goes to the cloud that was configured and nowhere else.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		backoff: retry.Backoff{Min: retryMin, Max: retryMax},
		slow:    slow,
	}, nil
}

func authority(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate in PEM form", file)
	}
	return pool, nil
}

// Run sends what waits, and what comes to wait, until ctx ends.
func (u *Uploader) Run(ctx context.Context) error {
	defer u.client.CloseIdleConnections()
	for ctx.Err() == nil {
		item, wait, ok := u.folder.next(time.Now())
		if !ok {
			u.idle(ctx, wait)
			continue
		}
		u.handle(ctx, item)
	}
	return nil
}

// idle waits for a new picture, or for wait unless it is 0.
func (u *Uploader) idle(ctx context.Context, wait time.Duration) {
	var due <-chan time.Time
	if wait > 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		due = t.C
	}
	select {
	case <-ctx.Done():
	case <-u.folder.added:
	case <-due:
	}
}

// handle tries to send one picture, and waits after a failure for as long as
// trying again makes no sense.
func (u *Uploader) handle(ctx context.Context, item Item) {
	data, err := u.folder.read(item)
	switch {
	case errors.Is(err, errSpoiled):
		u.folder.remove(item.SHA256)
		u.m.dropped.WithLabelValues(spoiled).Inc()
		u.log.Error("picture is given up", "err", err)
		return
	case err != nil:
		u.folder.postpone(item.SHA256, time.Now().Add(u.slow))
		u.log.Error("picture cannot be read, it is tried again later", "err", err)
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
		u.m.sent.Inc()
		u.backoff.Reset()
	case unwanted:
		u.folder.postpone(item.SHA256, time.Now().Add(aside))
	case away:
		u.backoff.Wait(ctx)
	case refused, misdirected:
		retry.Sleep(ctx, u.slow)
	}
}

// An outcome says what one attempt led to, and with it what to do next.
type outcome string

const (
	done        outcome = "done"
	away        outcome = "away"        // no answer, or the cloud has trouble of its own
	refused     outcome = "refused"     // the cloud does not know us
	misdirected outcome = "misdirected" // there is no such place at that address
	unwanted    outcome = "unwanted"    // the cloud knows us but not this picture
)

func (u *Uploader) send(ctx context.Context, item Item, data []byte) (outcome, error) {
	to := u.base.JoinPath(item.SHA256)
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, to.String(), bytes.NewReader(data))
	if err != nil {
		return misdirected, err
	}
	req.Header.Set("Content-Type", item.Type)
	req.Header.Set("Expect", "100-continue") // nothing is sent for a cloud that has it or does not want it
	req.SetBasicAuth(u.user, u.secret)
	resp, err := u.client.Do(req)
	if err != nil {
		return away, err
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10) // read to its end, the connection serves the next one
	return judge(resp)
}

// judge reads the cloud's answer. Conflict means that it has the picture already.
func judge(resp *http.Response) (outcome, error) {
	answer := fmt.Errorf("PUT %s: %s", resp.Request.URL, resp.Status)
	switch code := resp.StatusCode; {
	case code == http.StatusOK, code == http.StatusCreated, code == http.StatusNoContent, code == http.StatusConflict:
		return done, nil
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return refused, fmt.Errorf("%w: the cloud does not accept this box; check site, box and cloud.secret, or enrol it again", answer)
	case code == http.StatusNotFound, code == http.StatusMethodNotAllowed, code >= 300 && code < 400:
		return misdirected, fmt.Errorf("%w: that is no address for evidence; check cloud.evidence", answer)
	case code == http.StatusRequestTimeout, code == http.StatusTooManyRequests, code >= 500:
		return away, answer
	default:
		return unwanted, answer
	}
}

// tell logs the beginning and the end of trouble, not every attempt.
func (u *Uploader) tell(out outcome, err error) {
	switch {
	case out == done && u.trouble != "":
		u.log.Info("pictures reach the cloud again")
		u.trouble = ""
	case out == unwanted:
		u.log.Error("cloud does not take a picture, it is tried again in an hour", "err", err)
	case out != done && u.trouble != string(out):
		u.trouble = string(out)
		u.log.Warn("pictures wait for the cloud", "reason", string(out), "err", err)
	}
}
