package brokertest

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// nodeEnv holds a node's options, in a process that shall be one.
const nodeEnv = "BROKERTEST_NODE"

// A node is one member of a cluster.
type node struct {
	Name       string
	Dir        string
	MQTT, Port int      // where clients and where the other members come in
	Routes     []string // to all members
}

// Cluster runs three NATS servers that keep everything three times. Each is a
// process, this very program started again, so the package's TestMain must call
// Serve first.
func Cluster(t testing.TB) []*Process {
	t.Helper()
	nodes := make([]node, 3)
	var routes []string
	for i := range nodes {
		nodes[i] = node{Name: fmt.Sprintf("n%d", i+1), Dir: t.TempDir(), MQTT: FreePort(t), Port: FreePort(t)}
		routes = append(routes, "nats://"+addr(nodes[i].Port))
	}
	out := make([]*Process, len(nodes))
	for i, n := range nodes {
		n.Routes = routes
		text, err := json.Marshal(n)
		if err != nil {
			t.Fatal(err)
		}
		out[i] = &Process{t: t, name: "NATS node " + n.Name, addr: addr(n.MQTT), slow: time.Minute, command: func() *exec.Cmd {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), nodeEnv+"="+string(text))
			return cmd
		}}
		out[i].Launch() // one alone is no cluster and does not listen
		t.Cleanup(out[i].Kill)
	}
	for _, p := range out {
		p.wait()
	}
	return out
}

// Serve makes this process a node of a cluster, if it was started as one; then it
// does not return.
func Serve() {
	text, is := os.LookupEnv(nodeEnv)
	if !is {
		return
	}
	var n node
	err := json.Unmarshal([]byte(text), &n)
	if err == nil {
		err = n.run()
	}
	panic(err) // a test's own process: whoever started it sees why
}

func (n node) run() error {
	routes := make([]*url.URL, len(n.Routes))
	for i, r := range n.Routes {
		var err error
		if routes[i], err = url.Parse(r); err != nil {
			return err
		}
	}
	srv, err := server.NewServer(&server.Options{
		ServerName: n.Name, Host: "127.0.0.1", Port: -1, NoSigs: true, NoLog: true, JetStream: true, StoreDir: n.Dir,
		Cluster: server.ClusterOpts{Name: "test", Host: "127.0.0.1", Port: n.Port}, Routes: routes,
		MQTT: server.MQTTOpts{Host: "127.0.0.1", Port: n.MQTT},
	})
	if err != nil {
		return err
	}
	srv.Start()
	srv.WaitForShutdown()
	return fmt.Errorf("node %s ended", n.Name)
}
