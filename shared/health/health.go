// Package health asks a running program whether it does its work, at its /healthz.
package health

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// Local is the address at which a program that listens at host:port is asked from the
// same machine.
func Local(scheme, listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip != nil && ip.IsUnspecified()) {
		listen = net.JoinHostPort("127.0.0.1", port)
	}
	return scheme + "://" + listen + "/healthz"
}

// again is how long to wait before asking once more.
const again = 500 * time.Millisecond

// Wait asks until the answer is good, at most for patience and at least once. The
// error says what was wrong last. secure is for https; the program is on this
// machine, so that it may leave the name unchecked.
func Wait(ctx context.Context, address string, secure *tls.Config, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, patience+5*time.Second)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: secure, DisableKeepAlives: true}, Timeout: 5 * time.Second}
	for end := time.Now().Add(patience); ; {
		err := ask(ctx, client, address)
		if err == nil || time.Now().After(end) {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(again):
		}
	}
}

func ask(ctx context.Context, client *http.Client, address string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("does not answer: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return err
	}
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	return fmt.Errorf("is not healthy: %s", faults(body, resp.Status))
}

// faults reads what is wrong out of an answer: a list of faults, or of parts the
// words of those that are not "ok".
func faults(body []byte, status string) string {
	var said struct {
		Faults []string       `json:"faults"`
		Parts  map[string]any `json:"parts"`
	}
	if json.Unmarshal(body, &said) != nil {
		return status
	}
	for part, word := range said.Parts {
		if w, ok := word.(string); ok && w != "ok" && len(said.Faults) == 0 {
			return part + ": " + w
		}
	}
	if len(said.Faults) == 0 {
		return status
	}
	return strings.Join(said.Faults, "; ")
}
