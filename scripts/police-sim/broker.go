package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"eastgate/cloud/police"
)

// brokerConf writes what mosquitto is told: TLS 1.3 only, certificates of both sides,
// and what each may say (contract §5.2).
func brokerConf(dir, addr string, t police.Topics, o own) (file string, err error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", err
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	abs := func(file string) string { return filepath.Join(dir, filepath.Base(file)) }
	rules, conf := filepath.Join(dir, "acl"), filepath.Join(dir, "mosquitto.conf")
	lines := []string{
		"user community",
		"topic write " + t.Incident("+", "+"), "topic write " + t.Status(), "topic read " + t.Ack(), "topic read " + t.Feedback(), "topic readwrite " + t.Test(),
		"user station",
		"topic read " + t.Incident("+", "+"), "topic read " + t.Status(), "topic write " + t.Ack(), "topic write " + t.Feedback(), "topic readwrite " + t.Test(),
	}
	if err := os.WriteFile(rules, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		return "", err
	}
	lines = []string{
		"listener " + port + " " + host, "cafile " + abs(o.ca), "certfile " + abs(o.broker.cert), "keyfile " + abs(o.broker.key), "tls_version tlsv1.3",
		"require_certificate true", "use_identity_as_username true", "acl_file " + rules, "max_inflight_messages 32", "message_size_limit 262144",
	}
	if os.Getuid() == 0 { // else it becomes another user, who may not read the keys
		lines = append([]string{"user root"}, lines...)
	}
	return conf, os.WriteFile(conf, []byte(strings.Join(lines, "\n")+"\n"), 0o600)
}

// A plug is what their broker hangs on. Pulled, it forgets everything, as mosquitto
// does that keeps nothing on disk.
type plug struct {
	conf string // empty: the broker is somebody else's

	mu  sync.Mutex
	cmd *exec.Cmd
}

var errForeign = errors.New("the broker was there before: pull its own plug")

func (p *plug) in() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conf == "" {
		return errForeign
	}
	if p.cmd != nil {
		return nil
	}
	program, err := exec.LookPath("mosquitto")
	if err != nil {
		program = "/usr/sbin/mosquitto" // not on everybody's path
	}
	cmd := exec.Command(program, "-c", p.conf)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("mosquitto is needed; scripts/setup installs it: %w", err)
	}
	p.cmd = cmd
	return nil
}

func (p *plug) out() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conf == "" {
		return errForeign
	}
	if p.cmd == nil {
		return nil
	}
	err := p.cmd.Process.Kill()
	p.cmd.Wait() //nolint:errcheck // it was killed
	p.cmd = nil
	return err
}
