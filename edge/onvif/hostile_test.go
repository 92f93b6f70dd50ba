package onvif

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzAnswers reads whatever a device may send, as each operation reads it.
func FuzzAnswers(f *testing.F) {
	files, err := filepath.Glob("onviftest/envelopes/*.xml")
	if err != nil || len(files) == 0 {
		f.Fatal("no envelopes", err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>`))
	from := &net.UDPAddr{IP: net.IPv4(192, 0, 2, 9), Port: 3702}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, out := range []any{&clockXML{}, &Information{}, &servicesXML{}, &capabilitiesXML{}, &profiles1XML{}, &profiles2XML{}, &uriXML{}, &subscribedXML{}, &pulledXML{}} {
			if err := read(bytes.NewReader(data), out); err != nil && len(err.Error()) > 1000 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
		}
		for _, m := range matches(data, "{{x .RelatesTo}}", from) {
			if !strings.HasPrefix(m.Address, "http") || !strings.Contains(m.Address, "192.0.2.9") || len(m.Name) > maxWord {
				t.Errorf("believed %+v", m)
			}
		}
	})
}

func TestHere(t *testing.T) {
	for _, c := range []struct{ home, given, want string }{
		{"10.0.0.1", "http://192.168.1.64/onvif/events", "http://10.0.0.1/onvif/events"},
		{"10.0.0.1:8080", "http://192.168.1.64:8899/x?y=z", "http://10.0.0.1:8899/x?y=z"},
		{"[fd00::1]:80", "rtsp://u:p@10.1.1.1/1", "rtsp://[fd00::1]/1"},
	} {
		home, err := homeOf(c.home)
		if err != nil {
			t.Fatal(err)
		}
		d := &Device{home: home}
		if got, err := d.here(c.given); err != nil || got != c.want {
			t.Errorf("%v: %q, %v", c, got, err)
		}
	}
	for _, bad := range []string{"", "/onvif", "http://", "http://[::1"} {
		if got, err := (&Device{home: Must(homeOf("a"))}).here(bad); err == nil {
			t.Errorf("%q: %q", bad, got)
		}
	}
}

// Must is a value that tests take for granted.
func Must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
