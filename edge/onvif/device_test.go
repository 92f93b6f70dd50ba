package onvif_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"eastgate/edge/onvif"
	"eastgate/edge/onvif/onviftest"
	"eastgate/shared/secret"
)

func start(t *testing.T, cfg onviftest.Config) *onviftest.Device {
	t.Helper()
	d := onviftest.New(cfg)
	t.Cleanup(d.Close)
	return d
}

func dial(t *testing.T, d *onviftest.Device, user, password string) *onvif.Device {
	t.Helper()
	c, err := onvif.Dial(t.Context(), onvif.Config{Address: d.URL, Username: user, Password: secret.New(password), Timeout: 30 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// TestDevicesOfEveryKindAreRead: both logins, both media services, old capabilities,
// clocks that are wrong by hours.
func TestDevicesOfEveryKindAreRead(t *testing.T) {
	for name, cfg := range map[string]onviftest.Config{
		"open":                      {},
		"token":                     {Username: "eastgate", Password: `a<b>&"c`},
		"token, clock 8 h ahead":    {Username: "eastgate", Password: "word", Skew: 8 * time.Hour},
		"token, clock years behind": {Username: "eastgate", Password: "word", Skew: -9 * 365 * 24 * time.Hour},
		"http digest":               {Username: "eastgate", Password: "word", Login: onviftest.HTTPDigest},
		"media 1":                   {Username: "eastgate", Password: "word", OnlyMedia1: true},
		"capabilities":              {Username: "eastgate", Password: "word", OnlyMedia1: true, OnlyCapabilities: true},
		"names another host":        {Username: "eastgate", Password: "word", Elsewhere: "10.99.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg.Manufacturer, cfg.Model = "A & B", "<C>"
			sim := start(t, cfg)
			d := dial(t, sim, cfg.Username, cfg.Password)
			if c := d.Clock(); !c.Known || c.Source != "NTP" || (c.Offset-cfg.Skew).Abs() > 10*time.Second {
				t.Errorf("clock: %+v, want an offset of about %v", c, cfg.Skew)
			}
			info, err := d.Information(t.Context())
			if err != nil || info.Manufacturer != "A & B" || info.Model != "<C>" || info.Firmware == "" || info.Serial == "" {
				t.Errorf("information: %+v, %v", info, err)
			}
			profiles, err := d.Profiles(t.Context())
			if err != nil || len(profiles) != 2 {
				t.Fatalf("profiles: %+v, %v", profiles, err)
			}
			p := profiles[0]
			if p.Encoding != "H264" || p.Width != 1920 || p.Height != 1080 || p.FPS != 25 || p.KeyInterval() != 2 || p.Source != "VideoSource_1" || p.Kbps != 4096 {
				t.Errorf("profile: %+v", p)
			}
			host := strings.TrimSuffix(strings.TrimPrefix(sim.URL, "http://"), onvif.ServicePath)
			if uri, err := d.StreamURI(t.Context(), p); err != nil || uri != "rtsp://"+host+"/Profile_1" {
				t.Errorf("stream: %q, %v", uri, err)
			}
			if uri, err := d.SnapshotURI(t.Context(), p); err != nil || uri != "http://"+host+"/onvif/snapshot?Profile_1" {
				t.Errorf("snapshot: %q, %v", uri, err)
			}
		})
	}
}

// TestAClockThatIsSetMeanwhileLetsUsIn: the login is tried again with the device's time.
func TestAClockThatIsSetMeanwhileLetsUsIn(t *testing.T) {
	sim := start(t, onviftest.Config{Username: "eastgate", Password: "word"})
	d := dial(t, sim, "eastgate", "word")
	sim.SetClock(-3 * time.Hour)
	if _, err := d.Information(t.Context()); err != nil {
		t.Error(err)
	}
	if n := sim.Asked("GetDeviceInformation"); n != 2 {
		t.Errorf("asked %d times, want once refused and once let in", n)
	}
}

func TestAWrongPasswordIsSaid(t *testing.T) {
	for _, login := range []onviftest.Login{onviftest.Token, onviftest.HTTPDigest} {
		sim := start(t, onviftest.Config{Username: "eastgate", Password: "word", Login: login})
		_, err := onvif.Dial(t.Context(), onvif.Config{Address: sim.URL, Username: "eastgate", Password: secret.New("wrong")})
		if !errors.Is(err, onvif.ErrNotAuthorized) || strings.Contains(err.Error(), "wrong") {
			t.Errorf("login %v: %v", login, err)
		}
		if n := sim.Asked("GetServices"); login == onviftest.Token && n != 1 {
			t.Errorf("tried %d times: cameras lock users out", n)
		}
	}
}

func TestFaultsAreSaid(t *testing.T) {
	d := dial(t, start(t, onviftest.Config{}), "", "")
	profiles, err := d.Profiles(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p := profiles[0]
	p.Token = "no & such"
	_, err = d.StreamURI(t.Context(), p)
	f := (*onvif.Fault)(nil)
	if !errors.As(err, &f) || f.Code != "Sender" || f.Subcodes[0] != "NoProfile" || f.Reason != "Profile does not exist" {
		t.Errorf("got %v", err)
	}
}

func TestAddressesThatAreNone(t *testing.T) {
	for _, a := range []string{"", "ftp://camera", "http://u:word@camera/", "://", "http:///x"} {
		if _, err := onvif.Dial(t.Context(), onvif.Config{Address: a}); err == nil || strings.Contains(err.Error(), "word@") {
			t.Errorf("%q: %v", a, err)
		}
	}
}

// TestHostileDevices: what a device may send to hurt who asks.
func TestHostileDevices(t *testing.T) {
	endless := strings.Repeat("<a>", 200)
	for name, answer := range map[string]string{
		"nothing":             "",
		"no XML":              "login please",
		"another root":        `<html xmlns="http://www.w3.org/2003/05/soap-envelope"><Body/></html>`,
		"SOAP 1.1":            `<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body><x/></Body></Envelope>`,
		"a document type":     `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><Envelope xmlns="http://www.w3.org/2003/05/soap-envelope"><Body>&b;</Body></Envelope>`,
		"an unknown entity":   `<Envelope xmlns="http://www.w3.org/2003/05/soap-envelope"><Body>&b;</Body></Envelope>`,
		"an instruction":      `<?php x?><Envelope xmlns="http://www.w3.org/2003/05/soap-envelope"><Body/></Envelope>`,
		"depth":               `<Envelope xmlns="http://www.w3.org/2003/05/soap-envelope"><Body>` + endless,
		"an empty body":       `<Envelope xmlns="http://www.w3.org/2003/05/soap-envelope"><Body/></Envelope>`,
		"another answer":      `<Envelope xmlns="http://www.w3.org/2003/05/soap-envelope"><Body><GetUsersResponse xmlns="http://www.onvif.org/ver10/device/wsdl"/></Body></Envelope>`,
		"more than is wanted": `<Envelope xmlns="http://www.w3.org/2003/05/soap-envelope"><Body>` + strings.Repeat("<a></a>", 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(answer)) }))
			defer s.Close()
			_, err := onvif.Dial(t.Context(), onvif.Config{Address: s.URL, Timeout: 30 * time.Second})
			if err == nil {
				t.Error("believed")
			}
		})
	}
}

// TestADeviceThatSendsUsElsewhereIsNotFollowed: our digest is for it alone.
func TestADeviceThatSendsUsElsewhereIsNotFollowed(t *testing.T) {
	asked := false
	third := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer third.Close()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, third.URL, http.StatusTemporaryRedirect)
	}))
	defer s.Close()
	if _, err := onvif.Dial(t.Context(), onvif.Config{Address: s.URL}); err == nil || asked {
		t.Errorf("followed: %v, %v", asked, err)
	}
}

func TestASilentDeviceIsGivenUp(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-ctx.Done() }))
	defer s.Close()
	defer stop()
	_, err := onvif.Dial(t.Context(), onvif.Config{Address: s.URL, Timeout: 50 * time.Millisecond})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

func TestPasswordDigest(t *testing.T) {
	// The example of the ONVIF Application Programmer's Guide §6.1.1.3.
	nonce := mustBase64(t, "LKqI6G/AikKCQrN0zqZFlg==")
	if got := onvif.PasswordDigest(nonce, "2010-09-16T07:50:45Z", "userpassword"); got != "tuOSpGlFlIXsozq4HFNeeGeFLEI=" {
		t.Errorf("got %s", got)
	}
}

func TestNoPasswordInAddress(t *testing.T) {
	sim := start(t, onviftest.Config{Profiles: []onviftest.Profile{{Token: "p", Encoding: "H264", URI: "rtsp://admin:word@10.0.0.9:554/main?channel=1&subtype=0"}}})
	d := dial(t, sim, "", "")
	profiles, err := d.Profiles(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	uri, err := d.StreamURI(t.Context(), profiles[0])
	if u, _ := url.Parse(uri); err != nil || u.User != nil || u.Port() != "554" || u.Query().Get("subtype") != "0" {
		t.Errorf("%q, %v", uri, err)
	}
}
