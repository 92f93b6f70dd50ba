package configs

import (
	"slices"
	"testing"

	"eastgate/edge/camera"
	"eastgate/edge/onvif"
)

func TestCamerasAreKnown(t *testing.T) {
	all, err := Cameras()
	if err != nil || len(all) < 9 {
		t.Fatal(len(all), err)
	}
	for _, c := range all {
		for _, p := range append(slices.Clone(c.Older), c.Streams.Main, c.Streams.Sub) {
			cfg := camera.DefaultConfig()
			cfg.URL = "rtsp://10.0.0.1" + p
			if faults := cfg.Validate(); len(faults) > 0 {
				t.Errorf("%s: %v", c.Vendor, faults)
			}
		}
	}
	for said, want := range map[string]string{
		"HIKVISION": "Hikvision", "Dahua Technology": "Dahua", "UNIVIEW": "Uniview", "tp-link": "TP-Link", "Reolink": "Reolink", "": "", "Nobody": "",
	} {
		if c, ok := Vendor(all, said); c.Vendor != want || ok != (want != "") {
			t.Errorf("%q is %q", said, c.Vendor)
		}
	}
}

// TestAdviceHasItsPlaceInTheMenu: what `edge discover` may advise is what settings are about.
func TestAdviceHasItsPlaceInTheMenu(t *testing.T) {
	for _, a := range onvif.About() {
		if !slices.Contains(abouts, a) {
			t.Errorf("no setting can be about %q", a)
		}
	}
	all, err := Cameras()
	if err != nil {
		t.Fatal(err)
	}
	hik, _ := Vendor(all, "HIKVISION")
	for _, a := range onvif.About() {
		if hik.Where(a) == "" {
			t.Errorf("Hikvision: nothing about %s", a)
		}
	}
}

func TestFaultsOfACameraAreSaid(t *testing.T) {
	bad := Camera{Vendor: "x", Streams: Paths{Main: "a", Sub: "a"}, Settings: []Setting{{About: "taste"}}}
	if got := bad.Validate(); len(got) != 5 {
		t.Errorf("%d faults: %v", len(got), got)
	}
}
