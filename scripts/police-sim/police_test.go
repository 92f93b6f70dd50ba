package main

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"eastgate/cloud/police"
	"eastgate/cloud/police/policetest"
)

// TestItsOwnBroker: the certificates, the rules and the plug work with the real
// mosquitto; the community's certificate may say what it must and no more.
func TestItsOwnBroker(t *testing.T) {
	dir, topics := t.TempDir(), police.Topics{District: "jiefang", Community: "dongguan"}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	o, err := certificates(dir)
	if err != nil {
		t.Fatal(err)
	}
	p := &plug{}
	if p.conf, err = brokerConf(dir, addr, topics, o); err != nil {
		t.Fatal(err)
	}
	if err := p.in(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.out() })
	start := func(own pair, name string) *policetest.Station {
		t.Helper()
		f := flags{join: "mqtts://" + addr, ca: o.ca, cert: own.cert, key: own.key}
		conf, err := mutual(f)
		if err != nil {
			t.Fatal(err)
		}
		s := policetest.New(policetest.Options{Broker: f.join, TLS: conf, Name: name, Topics: topics})
		go s.Run(t.Context())
		until(t, name+" is connected", func() bool { return s.View().Connected })
		return s
	}
	station := start(o.station, "station")
	community := start(o.community, "community")
	if err := community.Say(topics.Incident("garden", "fire.smoke"), "{}"); err != nil {
		t.Fatal(err)
	}
	until(t, "it is heard", func() bool { return len(station.View().Notices) == 1 })
	if n := station.View().Notices[0]; n.Fault == "" {
		t.Error("{} has no fault")
	}
	if err := station.Say(topics.Incident("garden", "fire.smoke"), "{}"); err == nil {
		t.Error("the station may say what only the community may")
	}
	web := httptest.NewServer(handler(station, p, topics))
	t.Cleanup(web.Close)
	post := func(path, media, body string, want int) {
		t.Helper()
		resp, err := http.Post(web.URL+path, media, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, resp.StatusCode, want)
		}
	}
	post("/behave", "application/json", `{"delay":"2s","lose":0.5}`, http.StatusNoContent)
	post("/behave", "application/json", `{"speed":1}`, http.StatusBadRequest)
	if how := station.View().Behaviour; how.Delay != 2*time.Second || how.Lose != 0.5 {
		t.Errorf("it behaves as %+v", how)
	}
	post("/feedback", "application/x-www-form-urlencoded", "incident=20261125-0001&word=accepted", http.StatusNoContent)
	post("/plug?out=true", "", "", http.StatusNoContent)
	until(t, "the plug is out", func() bool { return !station.View().Connected })
	post("/plug?out=false", "", "", http.StatusNoContent)
	until(t, "the plug is in", func() bool { return station.View().Connected })
	var page bytes.Buffer
	resp, err := http.Get(web.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := page.ReadFrom(resp.Body); err != nil || !strings.Contains(page.String(), "evt/fire.smoke") {
		t.Errorf("the page: %v\n%s", err, page.String())
	}
	var v policetest.View
	other, err := http.Get(web.URL + "/view")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Body.Close()
	if err := json.NewDecoder(other.Body).Decode(&v); err != nil || len(v.Notices) != 1 {
		t.Errorf("the view: %+v, %v", v, err)
	}
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(40 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("never: %s", what)
}
