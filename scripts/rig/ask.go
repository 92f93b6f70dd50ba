package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"eastgate/scripts/rig/screen"
)

// An asker asks the cloud's API as one person.
type asker struct {
	address string // http://host:port
	token   string
}

// ask logs a person in at the API.
func (s *site) ask(ctx context.Context, p screen.Person) (*asker, error) {
	a := &asker{address: "http://" + s.console}
	words := map[string]string{"name": p.Name, "password": p.Password}
	if p.Code != nil {
		var err error
		if words["code"], err = p.Code(ctx); err != nil {
			return nil, err
		}
	}
	login, err := json.Marshal(words)
	if err != nil {
		return nil, err
	}
	var said struct{ Token string }
	if err := a.do(ctx, http.MethodPost, "/api/v1/session", login, &said); err != nil {
		return nil, fmt.Errorf("log in as %s: %w", p.Name, err)
	}
	a.token = said.Token
	return a, nil
}

func (a *asker) get(ctx context.Context, path string, v any) error {
	return a.do(ctx, http.MethodGet, path, nil, v)
}

func (a *asker) do(ctx context.Context, method, path string, body []byte, v any) error {
	req, err := http.NewRequestWithContext(ctx, method, a.address+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if a.token != "" {
		req.Header.Set("Authorization", "Bearer "+a.token)
	}
	client := http.Client{Timeout: 30 * time.Second}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		said, err := io.ReadAll(io.LimitReader(resp.Body, 1000))
		return fmt.Errorf("%s %s: %s: %s %w", method, path, resp.Status, said, err)
	}
	return json.NewDecoder(resp.Body).Decode(v)
}

// An alarm is an incident as far as the rig needs to know it.
type alarm struct {
	ID, Class, Box, Device, Snapshot, Clip string
}

// incidents returns those that a query finds, up to most of them.
func (a *asker) incidents(ctx context.Context, query string, most int) ([]alarm, error) {
	var all []alarm
	for after := ""; len(all) < most; {
		var page struct {
			Incidents []alarm
			Next      string
		}
		if err := a.get(ctx, "/api/v1/incidents?limit=500&"+query+after, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Incidents...)
		if page.Next == "" {
			break
		}
		after = "&after=" + url.QueryEscape(page.Next)
	}
	return all, nil
}
