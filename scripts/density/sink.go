package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"eastgate/shared/wire"
)

// The box's names.
const (
	site = "bench"
	box  = "box-1"
)

// A sink stands for the cloud: it acknowledges whatever a box says, notes when its events
// arrived, and takes its pictures and clips.
type sink struct {
	client mqtt.Client
	web    *http.Server

	mu     sync.Mutex
	events []heard
}

// openSink listens at a stand's broker, and for evidence.
func openSink(s *stand) (*sink, error) {
	k := &sink{}
	l, err := net.Listen("tcp", s.sink)
	if err != nil {
		return nil, err
	}
	k.web = &http.Server{Handler: http.HandlerFunc(evidence), ReadHeaderTimeout: 5 * time.Second}
	go k.web.Serve(l) //nolint:errcheck // it ends when it is closed
	k.client = mqtt.NewClient(mqtt.NewClientOptions().AddBroker("tcp://" + s.broker).SetClientID("density"))
	if t := k.client.Connect(); !t.WaitTimeout(20*time.Second) || t.Error() != nil {
		return nil, errors.Join(errors.New("the broker does not let us in"), t.Error())
	}
	for what, do := range map[string]func([]byte){wire.Event: k.take, wire.Hello: k.greet, wire.Coverage: k.cover} {
		t := k.client.Subscribe(wire.Topic(site, box, what), 1, func(_ mqtt.Client, m mqtt.Message) { do(m.Payload()) })
		if !t.WaitTimeout(20*time.Second) || t.Error() != nil {
			return nil, fmt.Errorf("subscribe to %s: %w", what, errors.Join(t.Error(), context.DeadlineExceeded))
		}
	}
	return k, nil
}

func (k *sink) close() {
	k.client.Disconnect(100)
	k.web.Close()
}

// heard returns the events so far.
func (k *sink) heard() []heard {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]heard(nil), k.events...)
}

func (k *sink) take(payload []byte) {
	now := time.Now()
	items, _, err := wire.DecodeBatch(payload, site, box)
	if err != nil {
		return
	}
	var positions []wire.Position
	k.mu.Lock()
	for _, it := range items {
		_, _, camera, _ := it.Event.Source.Split()
		k.events = append(k.events, heard{it.Event, camera, now})
		positions = append(positions, it.Position)
	}
	k.mu.Unlock()
	for _, a := range wire.AcksFor(positions) {
		k.client.Publish(wire.Topic(site, box, wire.Acks), 1, false, a.Encode())
	}
}

// greet says that nothing of what waits is held here.
func (k *sink) greet(payload []byte) {
	if h, err := wire.DecodeHello(payload); err == nil {
		k.client.Publish(wire.Topic(site, box, wire.Acks), 1, false, wire.Ack{Epoch: h.Epoch, Hello: true}.Encode())
	}
}

func (k *sink) cover(payload []byte) {
	days, refused, err := wire.DecodeCoverage(payload)
	if err != nil {
		return
	}
	for _, d := range days {
		refused = append(refused, d.Mark())
	}
	if b, err := wire.EncodeMarks(refused); err == nil {
		k.client.Publish(wire.Topic(site, box, wire.Covered), 1, false, b)
	}
}

// evidence takes files and forgets them.
func evidence(w http.ResponseWriter, r *http.Request) {
	n, _ := io.Copy(io.Discard, r.Body) //nolint:errcheck // a broken line comes again
	switch {
	case r.Method == http.MethodHead:
		w.Header().Set("Upload-Offset", "0")
	case r.Method == http.MethodPatch && strings.Contains(r.Header.Get("Upload-Complete"), "0"):
		var from int64
		fmt.Sscan(r.Header.Get("Upload-Offset"), &from) //nolint:errcheck // 0 where it is none
		w.Header().Set("Upload-Offset", fmt.Sprint(from+n))
		w.WriteHeader(http.StatusNoContent)
	default:
		w.WriteHeader(http.StatusCreated)
	}
}
