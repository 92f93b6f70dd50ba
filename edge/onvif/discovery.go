package onvif

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/net/ipv4"
)

// Group is where devices listen for probes (WS-Discovery 1.1 §3.1.1).
var Group = netip.MustParseAddrPort("239.255.255.250:3702")

// Search says where and how long to look for devices.
type Search struct {
	// Interface is the network card to ask through; empty asks through the one that
	// multicast leaves by.
	Interface string
	// For is how long to wait for answers; it defaults to 3s.
	For time.Duration
	// Group replaces where probes go, for tests.
	Group netip.AddrPort
}

// Bounds on one search.
const (
	maxFound    = 1024
	maxDatagram = 64 << 10
	maxWord     = 200
)

// Found is a device that answered a probe. All but Address is its own word.
type Found struct {
	// Endpoint is its name for itself, which stays when its address changes.
	Endpoint string `json:"endpoint"`
	// Address is its device service, at the host that the answer came from.
	Address  string `json:"address"`
	Name     string `json:"name,omitempty"`
	Hardware string `json:"hardware,omitempty"`
	Location string `json:"location,omitempty"`
}

// Discover asks the local network for ONVIF devices (ONVIF Core §7; WS-Discovery).
// What answers is not to be trusted: anybody on the network can.
func Discover(ctx context.Context, s Search) ([]Found, error) {
	if s.For == 0 {
		s.For = 3 * time.Second
	}
	if !s.Group.IsValid() {
		s.Group = Group
	}
	conn, err := listen(s)
	if err != nil {
		return nil, fmt.Errorf("look for cameras: %w", err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	id := messageID()
	if err := conn.SetReadDeadline(time.Now().Add(s.For)); err != nil {
		return nil, fmt.Errorf("look for cameras: %w", err)
	}
	// Twice, because a datagram may get lost (SOAP-over-UDP §4.1); the second draws
	// no second answer, as it is the same message.
	for range 2 {
		if _, err := conn.WriteTo([]byte(probe(id)), net.UDPAddrFromAddrPort(s.Group)); err != nil {
			return nil, fmt.Errorf("look for cameras: %w; name the network card with -interface", err)
		}
	}
	return gather(ctx, conn, id)
}

func listen(s Search) (net.PacketConn, error) {
	conn, err := net.ListenPacket("udp4", ":0") //nolint:gosec // answers come from the network
	if err != nil {
		return nil, err
	}
	p := ipv4.NewPacketConn(conn)
	err = p.SetMulticastTTL(1) // the local network, no further
	if s.Interface != "" {
		var card *net.Interface
		if card, err = net.InterfaceByName(s.Interface); err == nil {
			err = p.SetMulticastInterface(card)
		} else {
			err = fmt.Errorf("network card %q: %w", s.Interface, err)
		}
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

func gather(ctx context.Context, conn net.PacketConn, id string) ([]Found, error) {
	var out []Found
	buf := make([]byte, maxDatagram)
	for len(out) < maxFound {
		n, from, err := conn.ReadFrom(buf)
		if timeout := net.Error(nil); errors.As(err, &timeout) && timeout.Timeout() {
			return out, nil
		}
		if ctx.Err() != nil {
			return out, ctx.Err()
		}
		if err != nil {
			return out, fmt.Errorf("look for cameras: %w", err)
		}
		for _, f := range matches(buf[:n], id, from) {
			if !slices.ContainsFunc(out, func(o Found) bool { return o.Endpoint == f.Endpoint || o.Address == f.Address }) {
				out = append(out, f)
			}
		}
	}
	return out, nil
}

func probe(id string) string {
	return `<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"><s:Header>` +
		`<a:Action s:mustUnderstand="1">http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action><a:MessageID>` + id + `</a:MessageID>` +
		`<a:ReplyTo><a:Address>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address></a:ReplyTo>` +
		`<a:To s:mustUnderstand="1">urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To></s:Header><s:Body>` +
		`<Probe xmlns="http://schemas.xmlsoap.org/ws/2005/04/discovery"><d:Types xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl">dn:NetworkVideoTransmitter</d:Types></Probe>` +
		`</s:Body></s:Envelope>`
}

type matchXML struct {
	Endpoint string `xml:"EndpointReference>Address"`
	Types    string
	Scopes   string
	XAddrs   string
}

type matchesXML struct {
	XMLName   xml.Name   `xml:"http://www.w3.org/2003/05/soap-envelope Envelope"`
	RelatesTo string     `xml:"Header>RelatesTo"`
	Matches   []matchXML `xml:"Body>ProbeMatches>ProbeMatch"`
}

// matches reads an answer. What does not answer our probe, or names no address that
// can be asked, is left out.
func matches(data []byte, id string, from net.Addr) []Found {
	var a matchesXML
	dec := xml.NewTokenDecoder(&guard{dec: xml.NewDecoder(bytes.NewReader(data))})
	udp, ok := from.(*net.UDPAddr)
	if !ok || dec.Decode(&a) != nil || strings.TrimSpace(a.RelatesTo) != id {
		return nil
	}
	var out []Found
	for _, m := range a.Matches {
		f := Found{Endpoint: word(m.Endpoint), Address: reachable(m.XAddrs, udp.IP)}
		if f.Address == "" {
			continue
		}
		for _, s := range strings.Fields(m.Scopes) {
			// onvif://www.onvif.org/name/… (ONVIF Core §7.3.2)
			if u, err := url.Parse(s); err == nil && u.Scheme == "onvif" {
				key, value, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
				f.scope(key, word(value))
			}
		}
		out = append(out, f)
	}
	return out
}

func (f *Found) scope(key, value string) {
	switch key {
	case "name":
		f.Name = value
	case "hardware":
		f.Hardware = value
	case "location":
		f.Location = strings.TrimPrefix(strings.TrimSpace(f.Location+" "+value), "country/")
	}
}

// reachable is the one of a device's addresses at which it was heard; where it names
// none such, the first, put there: devices with two networks name both.
func reachable(xaddrs string, heard net.IP) string {
	first := ""
	for _, x := range strings.Fields(xaddrs) {
		u, err := url.Parse(x)
		if err != nil || u.Hostname() == "" || u.User != nil || (u.Scheme != "http" && u.Scheme != "https") {
			continue
		}
		same := net.ParseIP(u.Hostname()).Equal(heard)
		port := u.Port()
		u.Host = heard.String()
		if port != "" {
			u.Host = net.JoinHostPort(heard.String(), port)
		}
		if same {
			return u.String()
		}
		if first == "" {
			first = u.String()
		}
	}
	return first
}

// word is what a device said, as one printable line that is not endless.
func word(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.TrimSpace(s))
	if len(s) > maxWord {
		s = strings.ToValidUTF8(s[:maxWord], "")
	}
	return s
}
