package delivery

import (
	"strings"
	"testing"
	"time"

	"eastgate/shared/brokertest"
)

// How many boxes speak, and how many events each says.
const (
	boxes = 5
	each  = 300
)

// through sends events over a broker that fails in the middle.
func through(t *testing.T, url string, fault func()) {
	t.Helper()
	c := startCloud(t, url)
	var all []*box
	for _, name := range names(boxes) {
		all = append(all, startBox(t, url, name))
	}
	produce(t, all, each, fault)
	within(t, 2*time.Minute, "the outboxes are empty", func() bool { return waiting(t, all) == 0 })
	conserved(t, c.store, all)
}

// again kills a broker and starts it again.
func again(b *brokertest.Process) func() {
	return func() {
		b.Kill()
		b.Start()
	}
}

// TestMosquittoKilled: a broker that keeps nothing on its disk.
func TestMosquittoKilled(t *testing.T) {
	b := brokertest.Mosquitto(t)
	through(t, b.URL(), again(b))
}

// TestRabbitMQKilled: its plugin speaks MQTT 3.1.1.
func TestRabbitMQKilled(t *testing.T) {
	users := []string{"cloud"}
	for _, name := range names(boxes) {
		users = append(users, "garden/"+name)
	}
	b := brokertest.RabbitMQ(t, password, users...)
	through(t, b.URL(), again(b))
}

// TestClusterLosesAMember: three NATS servers, and the one that all are linked to is
// killed, for good.
func TestClusterLosesAMember(t *testing.T) {
	members := brokertest.Cluster(t)
	var urls []string
	for _, m := range members {
		urls = append(urls, m.URL())
	}
	through(t, strings.Join(urls, ","), members[0].Kill)
}
