package onviftest

import (
	"bytes"
	"encoding/xml"
	"net"
	"strings"
)

// Answer answers probes that come in on conn until it is closed (WS-Discovery 1.1 §5).
func (d *Device) Answer(conn net.PacketConn) {
	buf := make([]byte, 64<<10)
	for {
		n, from, err := conn.ReadFrom(buf)
		if err != nil {
			return
		}
		var probe struct {
			MessageID string `xml:"Header>MessageID"`
			Action    string `xml:"Header>Action"`
			Types     string `xml:"Body>Probe>Types"`
		}
		if xml.Unmarshal(buf[:n], &probe) != nil || !strings.HasSuffix(probe.Action, "/Probe") || !strings.Contains(probe.Types, "NetworkVideoTransmitter") {
			continue
		}
		var b bytes.Buffer
		err = envelopes.ExecuteTemplate(&b, "ProbeMatches.xml", map[string]string{
			"RelatesTo": probe.MessageID, "Address": d.address(), "Manufacturer": d.cfg.Manufacturer, "Model": d.cfg.Model,
		})
		if err == nil {
			conn.WriteTo(b.Bytes(), from) //nolint:errcheck // lost like any datagram
		}
	}
}

// address is what the device says of itself: with Elsewhere, another host.
func (d *Device) address() string {
	if d.cfg.Elsewhere == "" {
		return d.URL
	}
	_, port, _ := net.SplitHostPort(d.listen.Addr().String())
	return "http://" + net.JoinHostPort(d.cfg.Elsewhere, port) + "/onvif/device_service"
}
