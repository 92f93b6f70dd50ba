package identity

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"eastgate/shared/trust"
	"eastgate/shared/wire"
)

// answerWait bounds one exchange with the cloud.
const answerWait = 30 * time.Second

// Enrol makes a key in a folder, asks the cloud at an address for a certificate by a code,
// and keeps both. When the answer is lost, asking again with the same code works.
func Enrol(ctx context.Context, dir, cloud, text string) (wire.Enrolled, error) {
	code, err := wire.ParseCode(text)
	if err != nil {
		return wire.Enrolled{}, err
	}
	base, err := address(cloud)
	if err != nil {
		return wire.Enrolled{}, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return wire.Enrolled{}, fmt.Errorf("identity: %w", err)
	}
	key, err := nextKey(dir)
	if err != nil {
		return wire.Enrolled{}, fmt.Errorf("identity: %w", err)
	}
	ask := wire.EnrolAsk{Code: code.Reveal()}
	if ask.Request, err = request(key); err != nil {
		return wire.Enrolled{}, err
	}
	var out wire.Enrolled
	if err := exchange(ctx, pinned(code), http.MethodPost, base+wire.EnrolPath, ask, &out); err != nil {
		return wire.Enrolled{}, fmt.Errorf("enrol at %s: %w", base, err)
	}
	if err := keep(dir, key, out); err != nil {
		return out, err
	}
	return out, trust.Inherit(dir)
}

func address(cloud string) (string, error) {
	u, err := url.Parse(cloud)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return "", errors.New("the cloud's address is not as https://host:8444")
	}
	return strings.TrimSuffix(u.Scheme+"://"+u.Host+u.Path, "/"), nil
}

// pinned believes the one authority that a code names, and checks the server's name and
// the time as ever.
func pinned(code wire.Code) *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: true, //nolint:gosec // VerifyConnection does it, against the code's authority
		VerifyConnection: func(s tls.ConnectionState) error {
			for _, c := range s.PeerCertificates {
				if code.Of(c) {
					roots := x509.NewCertPool()
					roots.AddCert(c)
					_, err := s.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots, DNSName: s.ServerName})
					return err
				}
			}
			return errors.New("this is not the cloud that made the code: its certificate is of another authority")
		},
	}
}

// exchange asks the cloud for one thing.
func exchange(ctx context.Context, conf *tls.Config, method, address string, body, into any) error {
	ctx, stop := context.WithTimeout(ctx, answerWait)
	defer stop()
	var in io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		in = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, address, in)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig, transport.DisableKeepAlives = conf, true // each asks with the certificate of now
	client := http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		return explain(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, wire.MaxEnrol))
	if err != nil {
		return err
	}
	if resp.StatusCode >= http.StatusMultipleChoices {
		var problem struct{ Detail string }
		if json.Unmarshal(text, &problem) != nil || problem.Detail == "" {
			problem.Detail = resp.Status
		}
		return &refusal{resp.StatusCode, problem.Detail}
	}
	return json.Unmarshal(text, into)
}

// A refusal is the cloud's no.
type refusal struct {
	status int
	detail string
}

func (r *refusal) Error() string { return "the cloud says: " + r.detail }

// explain names a wrong clock, which looks like a certificate that has ended.
func explain(err error) error {
	var invalid x509.CertificateInvalidError
	if errors.As(err, &invalid) && invalid.Reason == x509.Expired {
		c := invalid.Cert
		return fmt.Errorf("this box's clock says %s, and the cloud's certificate is good from %s to %s: set the clock (NTP): %w",
			time.Now().UTC().Format(time.RFC3339), c.NotBefore.UTC().Format(time.RFC3339), c.NotAfter.UTC().Format(time.RFC3339), err)
	}
	return err
}
