package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/app"
	"eastgate/cloud/config"
)

// A site is a running cloud with one guard and one box that comes in with a secret.
type site struct {
	cloud       *app.Cloud
	addr        string
	token, csrf string // the guard's
	box         string // the box's secret
	stop        context.CancelFunc
	ended       chan error
}

func openSite(ctx context.Context, dir string) (*site, error) {
	f := config.File{
		Listen: "127.0.0.1:0", PublicURL: "http://127.0.0.1", Store: "sqlite:" + filepath.Join(dir, "cloud.db"), EvidenceDir: filepath.Join(dir, "evidence"), EvidenceBytes: 1 << 30,
		Broker: config.Broker{Listen: "127.0.0.1:0", Dir: filepath.Join(dir, "broker")}, Boxes: config.Boxes{Secrets: config.Loopback}, Authority: config.Authority{Dir: filepath.Join(dir, "authority")},
	}
	cloud, err := app.New(ctx, f, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	s := &site{cloud: cloud, addr: cloud.Addr(), stop: stop, ended: make(chan error, 1)}
	go func() { s.ended <- cloud.Run(running) }()
	if err := s.settle(ctx); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *site) close() error {
	s.stop()
	return errors.Join(<-s.ended, s.cloud.Close())
}

func (s *site) settle(ctx context.Context) error {
	word := access.NewPassword()
	a := access.Account{Name: "li", Person: "李雷", Unit: access.CommunityUnit, Password: word}
	if err := s.cloud.People().Welcome(ctx, access.CommandLine("security"), a, []access.Role{access.Guard}, ""); err != nil {
		return err
	}
	var err error
	if s.box, err = s.cloud.Boxes().Enrol(ctx, "garden", "gate-1"); err != nil {
		return err
	}
	body, err := json.Marshal(map[string]string{"name": "li", "password": word})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.addr+"/api/v1/session", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var said struct{ Token, CSRF string }
	if err := json.NewDecoder(resp.Body).Decode(&said); err != nil || said.Token == "" {
		return fmt.Errorf("log in: %s, %w", resp.Status, err)
	}
	s.token, s.csrf = said.Token, said.CSRF
	return s.alive(ctx)
}

// alive says whether the cloud still does all that it is for.
func (s *site) alive(ctx context.Context) error {
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.addr+"/healthz", nil)
		if err != nil {
			return err
		}
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
			err = errors.New(resp.Status)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the cloud is not well any more: %w", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// leaks are what no answer to an attack may hold: they stand in files that are nobody's.
var leaks = [][]byte{[]byte("root:x:"), []byte("SQLite format 3"), []byte("PRIVATE KEY"), []byte("goroutine 1 ["), []byte("runtime.gopanic")}

// raw sends bytes to an address as they are, and returns what is answered, up to 1 MiB,
// until the other side is silent for a while or closes.
func raw(ctx context.Context, addr string, sent io.Reader) ([]byte, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))           //nolint:errcheck // a TCP connection has deadlines
	io.Copy(conn, sent)                                          //nolint:errcheck // it may hang up before the end
	conn.SetReadDeadline(time.Now().Add(700 * time.Millisecond)) //nolint:errcheck // as above
	said, err := io.ReadAll(io.LimitReader(conn, 1<<20))
	if len(said) > 0 {
		err = nil
	}
	for _, l := range leaks {
		if bytes.Contains(said, l) {
			return said, fmt.Errorf("the answer holds %q", l)
		}
	}
	if errors.As(err, new(net.Error)) || errors.Is(err, io.EOF) {
		err = nil // it hung up, or said nothing
	}
	return said, err
}
