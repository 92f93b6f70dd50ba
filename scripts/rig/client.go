package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"eastgate/shared/event"
)

// A person is somebody who uses the cloud's API.
type person struct {
	base, token string
}

// addPerson makes an account with a role and returns its password.
func (s *site) addPerson(ctx context.Context, name, role string) (password string, err error) {
	out, err := output(ctx, "bin/cloud", "user", "add", "-config", s.cloudFile(), "-role", role, name)
	return lastWord(out), err
}

// login lets a person in.
func (s *site) login(ctx context.Context, name, password string) (*person, error) {
	p := &person{base: "http://" + s.console}
	var session struct{ Token string }
	if err := p.ask(ctx, http.MethodPost, "/api/v1/session", map[string]string{"name": name, "password": password}, &session); err != nil {
		return nil, err
	}
	p.token = session.Token
	return p, nil
}

// ask asks for something and reads the answer into v, if that is not nil. headers come
// in pairs.
func (p *person) ask(ctx context.Context, method, path string, body, v any, headers ...string) error {
	ctx, stop := context.WithTimeout(ctx, 30*time.Second)
	defer stop()
	var in io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return err
		}
		in = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, p.base+path, in)
	if err != nil {
		return err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if p.token != "" {
		req.Header.Set("Authorization", "Bearer "+p.token)
	}
	for n := 0; n+1 < len(headers); n += 2 {
		req.Header.Set(headers[n], headers[n+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s %s: %d %.300s", method, path, resp.StatusCode, data)
	}
	if v == nil || len(data) == 0 {
		return nil
	}
	return json.Unmarshal(data, v)
}

// get reads something.
func (p *person) get(ctx context.Context, path string, v any) error {
	return p.ask(ctx, http.MethodGet, path, nil, v)
}

// once is the header that keeps what is sent twice from being done twice.
func once() []string { return []string{"Idempotency-Key", event.NewID()} }

// knowing is the header that names the version that a change is about.
func knowing(version int64) []string {
	return []string{"If-Match", strconv.Quote(strconv.FormatInt(version, 10))}
}
