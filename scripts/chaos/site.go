package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"eastgate/scripts/chaos/link"
	"eastgate/scripts/chaos/mqttproxy"
)

// A shape says what a site consists of.
type shape struct {
	outside string  // program that is the broker: "", "mosquitto" or "nats"
	crowds  int     // processes of boxes
	boxes   int     // in each
	rate    float64 // events a second of each camera
	bytes   int64   // bound of each outbox
	history time.Duration
	box     bool // one whole box, bin/edge, with cameras whose pictures are really decoded
	films   int  // how many cameras it has
}

// A site is running processes, and how they are reached and hurt.
type site struct {
	shape
	dir      string // logs, ledgers, secrets: on a disk that nothing happens to
	edgeDir  string // outboxes
	cloudDir string // database, broker, pictures

	net   *link.Link // nil where the kernel has none
	near  string     // the cloud's IP address
	door  *mqttproxy.Proxy
	back  *mqttproxy.Proxy // between an outside broker and the cloud; nil without one
	pages string           // host:port
	mqtt  string

	broker    *process // outside; nil without one
	cloud     *process
	crowdsOf  []*process
	edge      *process // nil without one
	simulator *process
	health    string // of edge, host:port in its own place
	control   string // of the simulator
	notes     []string
}

// newSite writes what a site needs. Folders may be on special disks.
func newSite(dir string, sh shape, net *link.Link, seed uint64) (*site, error) {
	s := &site{shape: sh, dir: dir, edgeDir: filepath.Join(dir, "edge"), cloudDir: filepath.Join(dir, "cloud"), net: net, near: "127.0.0.1"}
	if net != nil {
		s.near = net.Near
	}
	for _, d := range []string{s.dir, s.edgeDir, s.cloudDir} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, err
		}
	}
	s.pages, s.mqtt = freePort(s.near), freePort(s.near)
	var err error
	if s.door, err = mqttproxy.New(net0(s.near), s.mqtt, seed); err != nil {
		return nil, err
	}
	if sh.outside != "" {
		s.back, err = mqttproxy.New(net0(s.near), s.mqtt, seed+1)
	}
	return s, err
}

func net0(host string) string { return net.JoinHostPort(host, "0") }

// freePort returns a free port of an address.
func freePort(host string) string {
	l, err := net.Listen("tcp", net0(host))
	if err != nil {
		return net0(host) // the process that needs it says what is wrong
	}
	defer l.Close()
	return l.Addr().String()
}

// up starts everything, each part when the one before answers.
func (s *site) up(ctx context.Context) error {
	config := s.file("cloud.yml", s.cloudConfig())
	for _, b := range s.boxNames() {
		if _, err := output(ctx, "bin/cloud", "edge", "enrol", "-secret", "-config", config, "-out", filepath.Join(s.dir, b+".secret"), siteName+"/"+b); err != nil {
			return err
		}
	}
	if s.outside != "" {
		s.broker = s.outsideProcess()
		if err := s.broker.start(); err != nil {
			return err
		}
		if err := answers(ctx, "tcp", s.mqtt, s.broker); err != nil {
			return err
		}
	}
	s.cloud = newProcess(s.dir, "cloud", "bin/cloud", "run", "-config", config)
	if err := s.cloud.start(); err != nil {
		return err
	}
	if err := s.cloudAnswers(ctx); err != nil {
		return err
	}
	for i := range s.crowds {
		p := newProcess(s.dir, fmt.Sprintf("crowd-%d", i+1), s.crowdCommand(i)...)
		s.crowdsOf = append(s.crowdsOf, p)
		if err := p.start(); err != nil {
			return err
		}
	}
	if s.box {
		return s.startBox(ctx)
	}
	return nil
}

func (s *site) cloudAnswers(ctx context.Context) error {
	return answers(ctx, "http", "http://"+s.pages+"/healthz", s.cloud)
}

func (s *site) cloudConfig() string {
	broker := fmt.Sprintf("{listen: %q}", s.mqtt)
	if s.back != nil {
		broker = fmt.Sprintf("{url: %q}", "mqtt://"+s.back.Addr())
	}
	return fmt.Sprintf("listen: %s\npublic_url: http://%s\nstore: sqlite:%s\nevidence_dir: %s\nbroker: %s\nboxes: {secrets: tunnel}\n",
		s.pages, s.pages, s.database(), filepath.Join(s.cloudDir, "evidence"), broker)
}

func (s *site) database() string { return filepath.Join(s.cloudDir, "cloud.db") }

// inside returns the command line that runs a program where the boxes are.
func (s *site) inside(argv ...string) []string {
	if s.net == nil {
		return argv
	}
	return s.net.Inside(argv...)
}

func (s *site) crowdCommand(i int) []string {
	self, err := os.Executable()
	if err != nil {
		self = os.Args[0]
	}
	return s.inside(self, "load", "-name", fmt.Sprintf("crowd-%d", i+1), "-site", s.dir, "-outboxes", s.edgeDir,
		"-broker", "mqtt://"+s.door.Addr(), "-rate", strconv.FormatFloat(s.rate, 'g', -1, 64), "-bytes", strconv.FormatInt(s.bytes, 10),
		"-history", s.history.String(), "-boxes", strings.Join(s.crowdBoxes(i), ","))
}

func (s *site) crowdBoxes(i int) []string {
	var names []string
	for n := range s.boxes {
		names = append(names, fmt.Sprintf("box-%d-%d", i+1, n+1))
	}
	return names
}

// wholeBox is the name of the box that is bin/edge.
const wholeBox = "whole"

func (s *site) boxNames() []string {
	var names []string
	for i := range s.crowds {
		names = append(names, s.crowdBoxes(i)...)
	}
	if s.box {
		names = append(names, wholeBox)
	}
	return names
}

func (s *site) processes() []*process {
	all := slices.Concat([]*process{s.simulator, s.edge}, s.crowdsOf, []*process{s.cloud, s.broker})
	return slices.DeleteFunc(all, func(p *process) bool { return p == nil })
}

// down stops everything, the boxes first.
func (s *site) down() {
	var boxes sync.WaitGroup
	for _, p := range s.processes() {
		if p == s.cloud {
			boxes.Wait()
		}
		if p == s.cloud || p == s.broker {
			p.stop()
		} else {
			boxes.Go(p.stop)
		}
	}
	boxes.Wait()
	s.door.Close()
	if s.back != nil {
		s.back.Close()
	}
}

func (s *site) file(name, body string) string {
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
		return path // the process that reads it will say that it is not there
	}
	return path
}

// answers waits until something answers at addr, by HTTP with 200 or by TCP at all.
func answers(ctx context.Context, by, addr string, p *process) error {
	client := http.Client{Timeout: 2 * time.Second}
	for end := time.Now().Add(time.Minute); time.Now().Before(end) && ctx.Err() == nil; sleep(ctx, 50*time.Millisecond) {
		if by == "tcp" {
			if c, err := net.DialTimeout("tcp", addr, time.Second); err == nil {
				c.Close()
				return nil
			}
			continue
		}
		if resp, err := client.Get(addr); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("%s does not answer at %s: see %s\n%s", p.name, addr, p.log, tail(p.log))
}

// quiet makes the cameras of the crowds see nothing, or something again.
func (s *site) quiet(yes bool) error {
	path := filepath.Join(s.dir, quietFile)
	if yes {
		return os.WriteFile(path, nil, 0o600)
	}
	if err := os.Remove(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// askAnew forgets what boxes have said: a killed one says nothing new.
func (s *site) askAnew() error {
	said, err := filepath.Glob(filepath.Join(s.dir, "*"+saysFile))
	for _, f := range said {
		err = errors.Join(err, os.Remove(f))
	}
	return err
}

// crowdsSay is how many events the boxes of crowds hold, and how many gave way there.
func (s *site) crowdsSay() (waiting, gone int, err error) {
	for i := range s.crowds {
		for _, b := range s.crowdBoxes(i) {
			body, err := os.ReadFile(filepath.Join(s.dir, b+saysFile))
			if err != nil {
				return 0, 0, err
			}
			var w, g int
			if _, err := fmt.Sscan(string(body), &w, &g); err != nil {
				return 0, 0, fmt.Errorf("%s%s: %w", b, saysFile, err)
			}
			waiting, gone = waiting+w, gone+g
		}
	}
	return waiting, gone, nil
}

// waiting is how many events the boxes still hold.
func (s *site) waiting(ctx context.Context) (int, error) {
	n, _, err := s.crowdsSay()
	if err != nil || s.edge == nil {
		return n, err
	}
	k, err := s.metric(ctx, "edge_outbox_waiting")
	return n + k, err
}
