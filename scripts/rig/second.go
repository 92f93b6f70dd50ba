package main

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"eastgate/cloud/access"
)

// A seed is somebody's second factor, as an authenticator app keeps it.
type seed struct {
	words string
	last  string // the code that was shown last: it is good once
}

// secondFactor has the command line give somebody a second factor, as an operator does
// who stands at the machine.
func secondFactor(ctx context.Context, config, name string) (*seed, error) {
	said, err := output(ctx, "bin/cloud", "user", "totp", "-config", config, name)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(lastWord(said))
	if err != nil || u.Query().Get("secret") == "" {
		return nil, fmt.Errorf("cloud user totp of %s names no seed: %w", name, err)
	}
	return &seed{words: u.Query().Get("secret")}, nil
}

// code is the next code that was not shown yet, within half a minute.
func (s *seed) code(ctx context.Context) (string, error) {
	for {
		code, err := access.Code(s.words, time.Now())
		if err != nil || code != s.last {
			s.last = code
			return code, err
		}
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(time.Second):
		}
	}
}
