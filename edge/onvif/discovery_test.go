package onvif_test

import (
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"eastgate/edge/onvif"
	"eastgate/edge/onvif/onviftest"
)

// listening starts a device that answers probes at a port of its own.
func listening(t *testing.T, cfg onviftest.Config, conn net.PacketConn) netip.AddrPort {
	t.Helper()
	sim := start(t, cfg)
	t.Cleanup(func() { conn.Close() })
	go sim.Answer(conn)
	return conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

func local(t *testing.T) net.PacketConn {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func TestDevicesAnswerProbes(t *testing.T) {
	for _, elsewhere := range []string{"", "169.254.3.4"} {
		at := listening(t, onviftest.Config{Manufacturer: "Ostkamera", Model: "K1", Elsewhere: elsewhere}, local(t))
		found, err := onvif.Discover(t.Context(), onvif.Search{Group: at, For: time.Second})
		if err != nil || len(found) != 1 { // two probes, one device
			t.Fatalf("%+v, %v", found, err)
		}
		f := found[0]
		if f.Name != "Ostkamera K1" || f.Hardware != "K1" || f.Location != "china" || !strings.HasPrefix(f.Address, "http://127.0.0.1:") || !strings.HasSuffix(f.Address, onvif.ServicePath) {
			t.Errorf("found %+v", f)
		}
		if _, err := onvif.Dial(t.Context(), onvif.Config{Address: f.Address}); err != nil {
			t.Error(err)
		}
	}
}

// TestProbesGoToTheGroup sends real multicast through the first card that can.
func TestProbesGoToTheGroup(t *testing.T) {
	card := multicastCard(t)
	conn, err := net.ListenMulticastUDP("udp4", card, &net.UDPAddr{IP: onvif.Group.Addr().AsSlice()})
	if err != nil {
		t.Skip("cannot listen to multicast:", err)
	}
	at := listening(t, onviftest.Config{Manufacturer: "Ostkamera", Model: "K1"}, conn)
	group := netip.AddrPortFrom(onvif.Group.Addr(), at.Port())
	found, err := onvif.Discover(t.Context(), onvif.Search{Interface: card.Name, Group: group, For: time.Second})
	if err != nil || len(found) != 1 {
		t.Errorf("through %s: %+v, %v", card.Name, found, err)
	}
}

func multicastCard(t *testing.T) *net.Interface {
	t.Helper()
	cards, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cards {
		addrs, err := c.Addrs()
		if err != nil || c.Flags&net.FlagMulticast == 0 || c.Flags&net.FlagUp == 0 || c.Flags&net.FlagLoopback != 0 {
			continue
		}
		for _, a := range addrs {
			if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil {
				return &c
			}
		}
	}
	t.Skip("NOT TESTED: no network card here can multicast")
	return nil
}

func TestAnUnknownCardIsSaid(t *testing.T) {
	_, err := onvif.Discover(t.Context(), onvif.Search{Interface: "nosuch0"})
	if err == nil || !strings.Contains(err.Error(), "nosuch0") {
		t.Error(err)
	}
	var op *net.OpError
	if !errors.As(err, &op) {
		t.Error("the cause is lost:", err)
	}
}
