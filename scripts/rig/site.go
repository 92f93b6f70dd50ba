package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// A site is the processes of one demo site and where they are reached.
type site struct {
	dir      string // holds everything that the processes write
	console  string // host:port of the cloud's pages
	broker   string
	boxes    string // where boxes enrol and send pictures
	rtsp     string
	control  string // of the camera simulator
	onvif    string // of the same, as an ONVIF recorder
	health   string // of the edge
	sensors  string // the broker of the sensors
	robots   string // of the robots and of the phone
	police   policeSide
	user     string
	password string
	// leadPassword is of the account lead, where there is one.
	leadPassword string
	// talkative has the box log all that it can, and gives it a camera that it cannot reach.
	talkative bool

	running []*process // in the order of their start
}

// demoSite is the site that the demo's boxes belong to.
const demoSite = "demo"

// newSite chooses ports and an empty folder. The console keeps its usual port
// where that is free, so that a bookmark works from one demo to the next.
func newSite(dir, console string) (*site, error) {
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	s := &site{dir: dir, user: "duty", console: freePort(console)}
	for _, p := range []*string{&s.broker, &s.boxes, &s.rtsp, &s.control, &s.onvif, &s.health, &s.sensors, &s.robots} {
		*p = freePort("127.0.0.1:0")
	}
	return s, nil
}

// freePort returns addr, or a free port on the loopback where addr is taken.
func freePort(addr string) string {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		if l, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return addr // the process that needs it will say what is wrong
		}
	}
	defer l.Close()
	return l.Addr().String()
}

// up starts the parts one after the other, each when the one before answers.
func (s *site) up(ctx context.Context, cams []view) error {
	s.file("places.csv", placeList(cams))
	if err := s.startRobots(ctx); err != nil {
		return err
	}
	if err := s.startCloud(ctx); err != nil {
		return err
	}
	if err := s.startSensors(ctx); err != nil {
		return err
	}
	if err := s.startSimulator(ctx, cams); err != nil {
		return err
	}
	return s.startEdge(ctx, cams)
}

// down stops the parts in reverse order, the edge first, so that it can still
// hand over what it holds.
func (s *site) down() {
	for i := len(s.running) - 1; i >= 0; i-- {
		s.running[i].stop()
	}
	s.running = nil
}

func (s *site) cloudFile() string { return filepath.Join(s.dir, "cloud.yml") }

// cloudConfig writes what the cloud is told and returns the file's path.
func (s *site) cloudConfig() string {
	return s.file("cloud.yml", fmt.Sprintf(`# Written by the demo.
listen: %s
public_url: http://%s
store: sqlite:%s
evidence_dir: %s
broker: {listen: "%s"}
boxes: {listen: "%s"}
`, s.console, s.console, filepath.Join(s.dir, "cloud.db"), filepath.Join(s.dir, "evidence"), s.broker, s.boxes)+s.notifyConfig()+s.policeConfig())
}

func (s *site) startCloud(ctx context.Context) error {
	config := s.cloudConfig()
	out, err := output(ctx, "bin/cloud", "user", "add", "-config", config, "-role", "guard", s.user)
	if err != nil {
		return err
	}
	s.password = lastWord(out)
	if err := s.onDuty(ctx, config); err != nil {
		return err
	}
	if _, err := output(ctx, "bin/cloud", "places", "import", "-config", config, filepath.Join(s.dir, "places.csv")); err != nil {
		return err
	}
	if err := s.start(ctx, "cloud", "bin/cloud", "run", "-config", config); err != nil {
		return err
	}
	if err := answers(ctx, "http://"+s.console+"/healthz", s.last()); err != nil {
		return err
	}
	return s.enrol(ctx, "gate-1", s.edgeData())
}

func (s *site) edgeData() string { return filepath.Join(s.dir, "edge") }

// enrol has a box get its certificate, as an installer does: a code from the cloud, typed
// at the box. It stands in no command line, where everybody on the machine could read it.
func (s *site) enrol(ctx context.Context, box, data string) error {
	said, err := output(ctx, "bin/cloud", "edge", "enrol", "-config", s.cloudFile(), demoSite+"/"+box)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "bin/edge", "enrol", "-cloud", "https://"+s.boxes, "-data", data, "-")
	cmd.Stdin = strings.NewReader(lastWord(said) + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("enrol box %s: %w\n%s", box, err, out)
	}
	return nil
}

func (s *site) startSimulator(ctx context.Context, cams []view) error {
	args := []string{"-listen", s.rtsp, "-control", s.control, "-onvif", s.onvif, "-cache", ".cache/videos"}
	for _, c := range cams {
		args = append(args, c.name+"="+c.file)
	}
	s.file(controlFile, s.control)
	if err := s.start(ctx, "simulator", ".cache/bin/simulator", args...); err != nil {
		return err
	}
	return answers(ctx, "http://"+s.control+"/", s.last())
}

func (s *site) startEdge(ctx context.Context, cams []view) error {
	config := s.file("edge.yml", s.edgeConfig(cams))
	args := []string{"run", "-config", config}
	if s.talkative {
		args = append(args, "-log", "debug")
	}
	if err := s.start(ctx, "edge", "bin/edge", args...); err != nil {
		return err
	}
	return answers(ctx, "http://"+s.health+"/healthz", s.last())
}

func (s *site) file(name, body string) string {
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
		return path // the process that reads it will say that it is not there
	}
	return path
}

func lastWord(out string) string {
	words := strings.Fields(out)
	if len(words) == 0 {
		return ""
	}
	return words[len(words)-1]
}

// answers waits until something answers at url with 200, or the process that
// should has ended.
func answers(ctx context.Context, url string, p *process) error {
	client := http.Client{Timeout: 2 * time.Second}
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); {
		if resp, err := client.Get(url); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.ended:
			return fmt.Errorf("%s has ended: see %s\n%s", p.name, p.log, tail(p.log))
		case <-time.After(200 * time.Millisecond):
		}
	}
	return fmt.Errorf("%s does not answer at %s: see %s\n%s", p.name, url, p.log, tail(p.log))
}
