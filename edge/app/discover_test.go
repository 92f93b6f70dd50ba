package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"eastgate/edge/config"
	"eastgate/edge/onvif/onviftest"
)

func run(t *testing.T, args ...string) (out, said string, err error) {
	t.Helper()
	var o, e bytes.Buffer
	err = Console{Out: &o, Err: &e}.Command(t.Context(), args)
	return o.String(), e.String(), err
}

// TestDiscoverPrintsASectionThatIsGood: what is printed goes into a file as it is,
// whatever a device calls itself.
func TestDiscoverPrintsASectionThatIsGood(t *testing.T) {
	t.Setenv("EDGE_PASSWORD", "hush-hush")
	good := onviftest.New(onviftest.Config{Username: "eastgate", Password: "hush-hush", Manufacturer: "x\"\n  evil: {a: b}", Model: "K1 # no"})
	defer good.Close()
	off := onviftest.New(onviftest.Config{
		Username: "eastgate", Password: "hush-hush", Login: onviftest.HTTPDigest, Manufacturer: "HIKVISION", Model: "DS-2CD2143", Skew: 8 * time.Hour,
		Profiles: []onviftest.Profile{
			{Token: "a", Source: "1", Encoding: "H265", Width: 2560, Height: 1440, FPS: 25, GovLength: 250},
			{Token: "b", Source: "2", Encoding: "H264", Width: 1280, Height: 720, FPS: 15, GovLength: 15},
			{Token: "c", Source: "2", Encoding: "H264", Width: 640, Height: 360, FPS: 15, GovLength: 15},
		},
	})
	defer off.Close()
	locked := onviftest.New(onviftest.Config{Username: "other", Password: "word"})
	defer locked.Close()

	out, said, err := run(t, "discover", "-user", "eastgate", good.URL, off.URL, locked.URL)
	if err != nil || strings.Contains(out+said, "hush-hush") {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{
		"change: the clock is ahead by 8 whole hours", "NTP, the box's address, every 60 minutes",
		"change: the codec is H.265: set H.264", "[Configuration > Video/Audio > Video > Video Encoding: H.264]",
		"a key picture comes every 10.0 s", "there is no sub-stream",
		"# sub-stream, 640×360: rtsp://", "the device refuses user name and password",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not said:\n%s", want, out)
		}
	}
	file := "site: garden\nbox: gate\ncloud: {broker: mqtt://c, evidence: http://c, secret: {env: X}}\n" + out
	f, faults := config.Parse([]byte(file))
	if len(faults) > 0 {
		t.Fatal(errors.Join(faults...), out)
	}
	c := f.Cameras["cam-127-0-0-1"]
	if len(f.Cameras) != 3 || c.Name != "x\"  evil: {a: b} K1 # no" || c.Inputs[0].Username != "eastgate" || c.Inputs[0].Password.Env != "EDGE_PASSWORD" {
		t.Errorf("read as %+v", f.Cameras)
	}
}

func TestDiscoverAsJSON(t *testing.T) {
	sim := onviftest.New(onviftest.Config{})
	defer sim.Close()
	out, _, err := run(t, "discover", "-json", sim.URL)
	var got []sighting
	if err := errors.Join(err, json.Unmarshal([]byte(out), &got)); err != nil || len(got) != 1 || len(got[0].Survey.Lenses) != 1 || len(got[0].Advice)+len(got[0].Lenses[0]) != 0 {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestDiscoverSaysWhatLacks(t *testing.T) {
	t.Setenv("EDGE_PASSWORD", "")
	if _, _, err := run(t, "discover", "-user", "eastgate", "10.0.0.1"); err == nil || !strings.Contains(err.Error(), "give -password-file or EDGE_PASSWORD") {
		t.Error(err)
	}
	if _, _, err := run(t, "discover", "-interface", "nosuch0"); err == nil || !strings.Contains(err.Error(), "nosuch0") {
		t.Error(err)
	}
	if _, said, _ := run(t, "probe"); !strings.Contains(said, "/Streaming/Channels/101") {
		t.Errorf("probe's help names no addresses: %s", said)
	}
}
