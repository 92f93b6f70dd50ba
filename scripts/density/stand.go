package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"eastgate/edge/camera/cameratest"
)

// A stand is the processes of one measurement: the cameras, a broker, and the box.
type stand struct {
	dir                                 string
	rtsp, control, broker, sink, health string
	running                             []*process

	edge  *process
	peers watching
}

// A process is one of them; what it says goes into a file.
type process struct {
	name  string
	cmd   *exec.Cmd
	log   string
	ended chan struct{}
}

func newStand(dir string) (*stand, error) {
	s := &stand{dir: dir}
	for _, addr := range []*string{&s.rtsp, &s.control, &s.broker, &s.sink, &s.health} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		*addr = l.Addr().String()
		l.Close()
	}
	return s, nil
}

// start starts a program; it ends with this one.
func (s *stand) start(name, program string, args ...string) (*process, error) {
	p := &process{name: name, log: filepath.Join(s.dir, name+".log"), ended: make(chan struct{})}
	f, err := os.Create(p.log)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	p.cmd = exec.Command(program, args...)
	p.cmd.Stderr = f
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		p.cmd.Wait() //nolint:errcheck // how it ended is in its log
		close(p.ended)
	}()
	s.running = append(s.running, p)
	return p, nil
}

// stop ends a process, by force after a while.
func (p *process) stop() {
	p.cmd.Process.Signal(syscall.SIGTERM) //nolint:errcheck // it may have ended
	select {
	case <-p.ended:
	case <-time.After(20 * time.Second):
		p.cmd.Process.Kill() //nolint:errcheck // it may have ended
		<-p.ended
	}
}

func (p *process) alive() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// down stops what runs, the last one first.
func (s *stand) down() {
	for i := len(s.running) - 1; i >= 0; i-- {
		s.running[i].stop()
	}
}

func (s *stand) file(name, body string) (string, error) {
	path := filepath.Join(s.dir, name)
	return path, os.WriteFile(path, []byte(body), 0o600)
}

// simulate starts the cameras in a process of their own.
func (s *stand) simulate(ctx context.Context, program string, p plan) error {
	b, err := json.Marshal(p.programme)
	if err != nil {
		return err
	}
	file, err := s.file("programme.json", string(b))
	if err != nil {
		return err
	}
	sim, err := s.start("simulator", program, "-listen", s.rtsp, "-control", s.control, "-programme", file)
	if err != nil {
		return err
	}
	return answers(ctx, "http://"+s.control+"/", sim)
}

// told asks the simulator which scenes have begun.
func (s *stand) told() ([]cameratest.Told, error) {
	var told []cameratest.Told
	return told, ask("http://"+s.control+"/told", &told)
}

func (s *stand) startBroker(ctx context.Context) error {
	program, err := exec.LookPath("mosquitto")
	if err != nil {
		program = "/usr/sbin/mosquitto" // not on everybody's path
	}
	_, port, err := net.SplitHostPort(s.broker)
	if err != nil {
		return err
	}
	conf, err := s.file("mosquitto.conf", fmt.Sprintf("listener %s 127.0.0.1\nallow_anonymous true\n", port))
	if err != nil {
		return err
	}
	if _, err := s.start("mosquitto", program, "-c", conf); err != nil {
		return err
	}
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end) && ctx.Err() == nil; time.Sleep(50 * time.Millisecond) {
		if c, err := net.Dial("tcp", s.broker); err == nil {
			return c.Close()
		}
	}
	return fmt.Errorf("mosquitto does not answer: see %s", filepath.Join(s.dir, "mosquitto.log"))
}

// startEdge starts the box as an installer would.
func (s *stand) startEdge(ctx context.Context, o options, p plan) (*process, error) {
	secret, err := s.file("box.secret", "measured\n")
	if err != nil {
		return nil, err
	}
	config, err := s.file("edge.yml", s.edgeConfig(p, secret, o.sub))
	if err != nil {
		return nil, err
	}
	args := []string{"run", "-config", config}
	if o.profile != "" {
		args = append(args, "-profile", o.profile)
	}
	edge, err := s.start("edge", o.edge, args...)
	if err != nil {
		return nil, err
	}
	return edge, answers(ctx, "http://"+s.health+"/healthz", edge)
}

func (s *stand) edgeConfig(p plan, secret string, sub bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, `site: %s
box: %s
data: %s
listen: %s
cloud:
  broker: mqtt://%s
  evidence: http://%s
  secret: {file: %s}
cameras:
`, site, box, filepath.Join(s.dir, "data"), s.health, s.broker, s.sink, secret)
	for _, c := range p.cameras {
		fmt.Fprintf(&b, "  %s:\n    inputs: %s\n", c.name, s.inputs(c.name, sub))
		if c.place.zones != "" {
			fmt.Fprintf(&b, "    zones:%s\n", c.place.zones)
		}
	}
	return b.String()
}

func (s *stand) inputs(name string, sub bool) string {
	main := fmt.Sprintf("rtsp://%s/%s", s.rtsp, name)
	if sub {
		return fmt.Sprintf(`[{url: "%s%s", roles: [detect]}, {url: "%s", roles: [record]}]`, main, cameratest.Sub, main)
	}
	return fmt.Sprintf(`[{url: "%s"}]`, main)
}

// answers waits until a process answers at url with 200.
func answers(ctx context.Context, url string, p *process) error {
	client := http.Client{Timeout: 2 * time.Second}
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end) && ctx.Err() == nil; time.Sleep(100 * time.Millisecond) {
		if resp, err := client.Get(url); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		if !p.alive() {
			break
		}
	}
	said, _ := os.ReadFile(p.log)
	return fmt.Errorf("%s does not answer at %s: %s", p.name, url, said[max(0, len(said)-2000):])
}
