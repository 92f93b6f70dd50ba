package main

import (
	"fmt"
	"maps"
	"math"
	"net"
	"net/http"
	"net/netip"
	"slices"

	"eastgate/edge/camera/cameratest"
	"eastgate/edge/onvif"
	"eastgate/edge/onvif/onviftest"
)

// A recorder is the simulated cameras as one ONVIF device.
type recorder struct{ *onviftest.Device }

// openRecorder lists every film as a channel, as it is coded.
func openRecorder(at addresses, films map[string]cameratest.Film) (recorder, error) {
	cfg := onviftest.Config{Manufacturer: "Eastgate", Model: "simulator"}
	for _, name := range slices.Sorted(maps.Keys(films)) {
		f := films[name]
		s := f.Packets[0].Stream
		p := onviftest.Profile{
			Token: name, Source: name, Encoding: map[string]string{"h264": "H264", "hevc": "H265"}[s.Codec],
			Width: s.Width, Height: s.Height, URI: fmt.Sprintf("rtsp://%s/%s", at.rtsp, name),
		}
		keys := 0
		for _, packet := range f.Packets {
			if packet.Key {
				keys++
			}
		}
		p.FPS = int(math.Round(float64(len(f.Packets)) / f.Length.Seconds()))
		p.GovLength = len(f.Packets) / keys
		cfg.Profiles = append(cfg.Profiles, p)
	}
	d, err := onviftest.Listen(at.onvif, cfg)
	if err != nil {
		return recorder{}, fmt.Errorf("listen for ONVIF: %w", err)
	}
	r := recorder{d}
	r.set(false)
	return r, r.listenForProbes(at.onvif)
}

// listenForProbes answers those who look for cameras of the network (edge discover),
// unless the recorder is for this machine alone.
func (r recorder) listenForProbes(address string) error {
	if at, err := netip.ParseAddrPort(address); err != nil || at.Addr().IsLoopback() {
		return nil //nolint:nilerr // a name is asked for by name
	}
	conn, err := net.ListenMulticastUDP("udp4", nil, net.UDPAddrFromAddrPort(onvif.Group))
	if err != nil {
		return fmt.Errorf("listen for those who look for cameras: %w", err)
	}
	go r.Answer(conn) // until the simulator ends
	return nil
}

func (r recorder) set(closed bool) {
	r.Set("tns1:Device/Trigger/tns1:DigitalInput", map[string]string{"InputToken": "1"}, map[string]string{"LogicalState": fmt.Sprint(closed)})
}

// input closes or opens the recorder's one digital input.
func (r recorder) input(w http.ResponseWriter, req *http.Request) {
	how := req.PathValue("how")
	if how != "closed" && how != "open" {
		http.Error(w, "an input is closed or open", http.StatusNotFound)
		return
	}
	r.set(how == "closed")
	fmt.Fprintf(w, "input 1: %s\n", how)
}
