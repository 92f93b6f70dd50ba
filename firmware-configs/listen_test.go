package configs_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/prometheus/client_golang/prometheus"

	"eastgate/edge/config"
	"eastgate/edge/sensor"
	"eastgate/edge/sensor/mqtt"
	"eastgate/shared/brokertest"
	"eastgate/shared/secret"
)

// listen lets the box's own adapter hear a source over mosquitto. It returns a function
// that says something and returns all that is heard of it.
func listen(t *testing.T, s config.Sensors, source string) func(topic, payload string) []string {
	t.Helper()
	broker := brokertest.Mosquitto(t)
	c := s.MQTT
	c.URL, c.Client, c.User = broker.URL(), "box", ""
	ctx, stop := context.WithCancel(t.Context())
	out, ended := make(chan sensor.Reading), make(chan error, 1)
	adapter := mqtt.New(c, source, s.Of(source), secret.Value{}, mqtt.NewMetrics(prometheus.NewRegistry()))
	go func() { ended <- adapter.Run(ctx, out) }()
	t.Cleanup(func() { stop(); <-ended })

	v := paho.NewClient(paho.NewClientOptions().AddBroker(strings.Replace(broker.URL(), "mqtt://", "tcp://", 1)).SetClientID("device"))
	await := func(tok paho.Token) {
		t.Helper()
		if !tok.WaitTimeout(30*time.Second) || tok.Error() != nil {
			t.Fatal(tok.Error())
		}
	}
	next := func() sensor.Reading {
		t.Helper()
		select {
		case r := <-out:
			return r
		case err := <-ended:
			ended <- err
			t.Fatal(err)
		case <-time.After(30 * time.Second):
			t.Fatal("nothing is heard")
		}
		return sensor.Reading{}
	}
	await(v.Connect())
	t.Cleanup(func() { v.Disconnect(0) })
	if r := next(); r.What != sensor.Linked {
		t.Fatalf("the first reading is %v", r.What)
	}
	return func(topic, payload string) (heard []string) {
		t.Helper()
		await(v.Publish(topic, 1, false, payload))
		for { // the last reading of a message brings its acknowledgement
			r := next()
			heard = append(heard, fmt.Sprint(r.Device, " ", r.What))
			if r.Done != nil {
				r.Done()
				return heard
			}
		}
	}
}
