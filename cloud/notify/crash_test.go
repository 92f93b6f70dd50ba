package notify_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"eastgate/cloud/incident"
	"eastgate/cloud/notify"
	"eastgate/cloud/notify/channel"
	"eastgate/cloud/notify/robottest"
	"eastgate/cloud/notify/wecom"
	"eastgate/cloud/store"
	"eastgate/cloud/store/storetest"
	"eastgate/shared/event"
	"eastgate/shared/secret"
)

// crashEnv is the store of a process that a test starts and kills, and robotEnv the
// robot that it sends to.
const (
	crashEnv = "NOTIFY_CRASH_STORE"
	robotEnv = "NOTIFY_CRASH_ROBOT"
)

// sendUntilKilled is the process that TestKilledBetweenSendAndRecord kills: it sends
// what it is told of, and does not end by itself.
func sendUntilKilled(address string) error {
	s, err := store.Open(context.Background(), address)
	if err != nil {
		return err
	}
	w := &world{store: s, clock: noon, incidents: map[string]incident.Incident{}, wake: make(chan struct{}, 1)}
	w.emergency()
	r, err := w.oneRobot(os.Getenv(robotEnv))
	if err != nil {
		return err
	}
	return r.Run(context.Background())
}

// emergency is a fire, and something of level 3.
func (w *world) emergency() {
	w.happen(w.fire("fire", event.Urgent), incident.Signal)
	i := w.fire("bins", event.Ordinary)
	i.State = incident.Confirmed
	w.happen(i, incident.Confirm)
}

// oneRobot makes a runner with one robot for each of the two: a hanging try of the
// one must not keep the other back.
func (w *world) oneRobot(base string) (*notify.Runner, error) {
	o := notify.Options{PublicURL: "https://eastgate.example", Now: w.now, Patience: time.Minute}
	for _, name := range []string{"urgent", "rest"} {
		r, err := wecom.New(secret.New(base+"/cgi-bin/webhook/send?key="+name), patient())
		if err != nil {
			return nil, err
		}
		o.Robots = append(o.Robots, notify.Robot{Name: name, Kind: "wecom", Sender: r, Limits: slices.Clone(wecom.Limits)})
	}
	o.Routes = []notify.Route{{Robot: "urgent", Levels: []event.Level{event.Urgent}}, {Robot: "rest", Levels: []event.Level{event.Ordinary}}}
	return notify.New(w, w, w.store, o), nil
}

// patient is a client that waits as long as it takes.
func patient() *http.Client {
	c := channel.NewClient()
	c.Timeout = 0
	return c
}

// TestKilledBetweenSendAndRecord: both robots have taken a message and not yet
// answered when the cloud is killed. Level 1 comes again and says so; level 3 does
// not, and shows that nobody knows.
func TestKilledBetweenSendAndRecord(t *testing.T) {
	address := "sqlite:" + filepath.Join(t.TempDir(), "cloud.db")
	w := newWorld(t, storetest.Open(t, address))
	for _, name := range []string{"urgent", "rest"} {
		w.robots.Add(robottest.Robot{Name: name, Kind: robottest.WeCom, Key: name})
		if err := w.robots.Fail(name, robottest.Hang, 0); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashEnv+"="+address, robotEnv+"="+w.web.URL)
	cmd.Stderr = t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.await("urgent 【疑似】", "rest 【属实】")
	if err := cmd.Process.Kill(); err != nil { // kill -9
		t.Fatal(err)
	}
	cmd.Wait() //nolint:errcheck // it was killed
	for _, m := range w.settled(2, notify.Sending) {
		if m.SentAt != nil {
			t.Errorf("%s is said to be sent", m.Robot)
		}
	}
	for _, name := range []string{"urgent", "rest"} {
		if err := w.robots.Fail(name, robottest.None, 0); err != nil {
			t.Fatal(err)
		}
	}
	w.emergency()
	w.run(must[*notify.Runner](t)(w.oneRobot(w.web.URL)))
	w.await("urgent 【可能重复】【疑似】")
	all := w.settled(2, notify.Sent, notify.Unclear)
	for _, m := range all {
		if (m.Level == event.Urgent) != (m.State == notify.Sent) || m.State == notify.Unclear && m.Fault == "" {
			t.Errorf("level %d: %+v", m.Level, m.Fate)
		}
	}
	if n := len(w.robots.Messages()); n != 3 {
		t.Errorf("%d messages arrived: level 1 twice, level 3 once", n)
	}
	if said := fmt.Sprint(all); strings.Contains(said, "key=") {
		t.Error("a robot's address is kept")
	}
}
