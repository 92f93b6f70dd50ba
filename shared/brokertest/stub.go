package brokertest

import (
	"net"
	"sync"
	"testing"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// A Stub speaks MQTT as a broker does that has lost its mind: it lets clients in,
// answers pings, confirms what it is told to confirm, and never hands anything on.
type Stub struct {
	// Suback is the answer to a subscription: a granted QoS, or 0x80 for refused.
	Suback byte
	// NoPuback leaves what is published unconfirmed.
	NoPuback bool

	l    net.Listener
	done sync.WaitGroup

	mu        sync.Mutex
	conns     map[net.Conn]bool
	logins    int
	published int
}

// Run serves until t ends. The fields must be set before.
func (s *Stub) Run(t testing.TB) *Stub {
	t.Helper()
	var err error
	if s.l, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	s.conns = map[net.Conn]bool{}
	s.done.Go(func() {
		for {
			c, err := s.l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns[c] = true
			s.mu.Unlock()
			s.done.Go(func() { s.serve(c) })
		}
	})
	t.Cleanup(func() {
		s.l.Close()
		s.mu.Lock()
		for c := range s.conns {
			c.Close()
		}
		s.mu.Unlock()
		s.done.Wait()
	})
	return s
}

// URL is the stub's address.
func (s *Stub) URL() string { return "mqtt://" + s.l.Addr().String() }

// Logins is how often a client has come in.
func (s *Stub) Logins() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.logins
}

// Published is how many messages were said, over all links.
func (s *Stub) Published() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.published
}

func (s *Stub) serve(c net.Conn) {
	defer c.Close()
	for {
		p, err := packets.ReadPacket(c)
		if err != nil {
			return
		}
		if answer := s.answer(p); answer != nil && answer.Write(c) != nil {
			return
		}
	}
}

func (s *Stub) answer(p packets.ControlPacket) packets.ControlPacket {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch p := p.(type) {
	case *packets.ConnectPacket:
		s.logins++
		return packets.NewControlPacket(packets.Connack)
	case *packets.SubscribePacket:
		a := packets.NewControlPacket(packets.Suback).(*packets.SubackPacket)
		a.MessageID = p.MessageID
		for range p.Topics {
			a.ReturnCodes = append(a.ReturnCodes, s.Suback)
		}
		return a
	case *packets.PublishPacket:
		s.published++
		if p.Qos == 1 && !s.NoPuback {
			a := packets.NewControlPacket(packets.Puback).(*packets.PubackPacket)
			a.MessageID = p.MessageID
			return a
		}
	case *packets.PingreqPacket:
		return packets.NewControlPacket(packets.Pingresp)
	}
	return nil
}
