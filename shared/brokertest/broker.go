// Package brokertest is a real MQTT broker inside a test: it can be stopped and
// started again at the same address, and its links can be cut and frozen.
package brokertest

import (
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// A Broker runs until its test ends.
type Broker struct {
	t    testing.TB
	dir  string
	port int
	pass string
	srv  *server.Server
}

// Start runs a broker on a free port of the loopback. With a password, clients
// must give it, under any name.
func Start(t testing.TB, password string) *Broker {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	b := &Broker{t: t, dir: t.TempDir(), port: port, pass: password}
	b.Start()
	t.Cleanup(b.Stop)
	return b
}

// Check lets clients in that know the password.
func (b *Broker) Check(c server.ClientAuthentication) bool {
	if b.pass != "" && c.GetOpts().Password != b.pass {
		return false
	}
	c.RegisterUser(&server.User{Username: c.GetOpts().Username})
	return true
}

// Start starts the broker again after Stop.
func (b *Broker) Start() {
	b.t.Helper()
	srv, err := server.NewServer(&server.Options{
		ServerName: "test", DontListen: true, NoSigs: true, NoLog: true, JetStream: true, StoreDir: b.dir,
		CustomClientAuthentication: b, MQTT: server.MQTTOpts{Host: "127.0.0.1", Port: b.port},
	})
	if err != nil {
		b.t.Fatal(err)
	}
	go srv.Start()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if c, err := net.Dial("tcp", b.addr()); err == nil {
			c.Close()
			b.srv = srv
			return
		}
	}
	b.t.Fatal("the broker does not come up")
}

// Stop ends the broker; its clients lose their links.
func (b *Broker) Stop() {
	if b.srv != nil {
		b.srv.Shutdown()
		b.srv.WaitForShutdown()
		b.srv = nil
	}
}

func (b *Broker) addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(b.port)) }

// URL is the broker's address.
func (b *Broker) URL() string { return "mqtt://" + b.addr() }
