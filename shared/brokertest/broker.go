// Package brokertest runs real MQTT brokers for tests: one inside the test, others in
// processes that can be killed. Each can be started again at the same address, and
// its links can be cut and frozen.
package brokertest

import (
	"crypto/tls"
	"net"
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
	tls  *tls.Config // nil for none
	srv  *server.Server
}

// Start runs a broker on a free port of the loopback. With a password, clients
// must give it, under any name.
func Start(t testing.TB, password string) *Broker {
	t.Helper()
	return StartTLS(t, password, nil)
}

// StartTLS is Start with TLS, if c is not nil.
func StartTLS(t testing.TB, password string, c *tls.Config) *Broker {
	t.Helper()
	b := &Broker{t: t, dir: t.TempDir(), port: FreePort(t), pass: password, tls: c}
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
		CustomClientAuthentication: b, MQTT: server.MQTTOpts{Host: "127.0.0.1", Port: b.port, TLSConfig: b.tls},
	})
	if err != nil {
		b.t.Fatal(err)
	}
	go srv.Start()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if c, err := net.Dial("tcp", addr(b.port)); err == nil {
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

// URL is the broker's address.
func (b *Broker) URL() string {
	if b.tls != nil {
		return "mqtts://" + addr(b.port)
	}
	return "mqtt://" + addr(b.port)
}
