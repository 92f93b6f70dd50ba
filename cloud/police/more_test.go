package police_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/cloud/incident"
	"eastgate/cloud/police"
	"eastgate/cloud/register"
	"eastgate/cloud/replica"
	"eastgate/cloud/store"
	"eastgate/cloud/store/storetest"
	"eastgate/shared/brokertest"
	"eastgate/shared/wire"
)

// TestStatusIsTrue: cameras are up, down or unknown as their boxes say, and a link
// that breaks is told by their broker.
func TestStatusIsTrue(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := newCentre(t, s)
		proxy := brokertest.NewProxy(t, strings.Replace(c.mosquitto.URL(), "mqtts", "mqtt", 1))
		c.options.Remote.Broker = strings.Replace(proxy.URL(), "mqtt", "mqtts", 1)
		hear := func(box, status string, cameras ...wire.CameraHealth) {
			t.Helper()
			health, _ := json.Marshal(wire.BoxHealth{At: time.Now(), Cameras: cameras})
			err := s.AddBox(t.Context(), "garden", box, "secret")
			for what, body := range map[string]string{"status": status, "health": string(health)} {
				if err == nil {
					err = s.Heard(t.Context(), "garden", box, what, []byte(body))
				}
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		online := `{"online":true,"epoch":"01KAXQ4M5S6V7W8X9Y0Z1A2B3C"}`
		hear("gate-1", online, wire.CameraHealth{Camera: "yard", State: "online"}, wire.CameraHealth{Camera: "gate", State: "unreachable"})
		hear("gate-2", strings.Replace(online, "true", "false", 1), wire.CameraHealth{Camera: "shed", State: "online"}) // it was, when it was heard last
		b, _ := c.bridge()
		told := func(want string) {
			t.Helper()
			c.until("the police are told "+want, func() bool { return strings.Contains(string(c.station.View().Status), want) })
		}
		told(`"up":1,"down":1,"unknown":1`)
		if v := c.station.View(); strings.Contains(string(v.Status), `"camera":"garden/gate-2/shed","state":"up"`) {
			t.Errorf("a camera nobody hears of is up: %s", v.Status)
		}
		proxy.Cut() // as if the machine had lost its power
		c.until("offline, and back", func() bool {
			states := c.station.View().States
			at := slices.Index(states, "offline")
			return at >= 0 && states[len(states)-1] == "online" && at < len(states)-1
		})
		c.until("health agrees", func() bool {
			h, err := b.Health(t.Context())
			return err == nil && h.Link.Connected && h.Cameras != nil && !h.Cameras.Differs && h.Cameras.Police.Up == 1
		})
		c.clock.pass(5 * time.Minute) // nothing is heard of the boxes
		told(`"up":0,"down":0,"unknown":3`)
	})
}

// TestOneTimeLinks: once, in time, with unit, name and reason, by a certificate; each
// fetch is a row before it is one.
func TestOneTimeLinks(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := newCentre(t, s, "level", "snapshot")
		door := c.authority.Member("door")
		at := fmt.Sprintf("127.0.0.1:%d", brokertest.FreePort(t))
		c.options.Evidence = &police.Evidence{
			Listen: at, PublicURL: "https://" + at, Cert: door.Cert, Key: door.Key, ClientCA: c.authority.File(), TTL: 15 * time.Minute,
			Open: func(sum string) (io.ReadCloser, error) {
				return io.NopCloser(bytes.NewBufferString("picture " + sum)), nil
			},
		}
		b, _ := c.bridge()
		c.background(b.Serve)
		ref := func() string {
			t.Helper()
			c.n++
			sum := strings.Repeat("ab", 32)
			i, err := c.engine.Report(t.Context(), duty, incident.Report{Class: "security.panic", Place: fmt.Sprintf("dongguan/c3/p%02d", c.n), Source: incident.Resident, Text: "x", Photo: sum})
			if err != nil {
				t.Fatal(err)
			}
			c.do(i, duty, incident.Command{Action: incident.Confirm})
			c.is(i, police.Received)
			all := c.station.View().Notices
			var e struct{ DataRef string }
			if err := json.Unmarshal(all[len(all)-1].Body, &e); err != nil || !strings.HasPrefix(e.DataRef, "https://"+at) {
				t.Fatalf("no link in %s, %v", all[len(all)-1].Body, err)
			}
			return e.DataRef
		}
		first, second := ref(), ref()
		get := func(conf *tls.Config, url string, headers ...string) (int, string) {
			client := http.Client{Transport: &http.Transport{TLSClientConfig: conf, DisableKeepAlives: true}, Timeout: 20 * time.Second}
			req, _ := http.NewRequest(http.MethodGet, url, nil) //nolint:noctx // it has a time limit
			for n := 0; n < len(headers); n += 2 {
				req.Header.Set(headers[n], headers[n+1])
			}
			var resp *http.Response
			var err error
			for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
				if resp, err = client.Do(req); err == nil || conf.Certificates == nil {
					break // else the door may not be open yet
				}
			}
			if err != nil {
				return 0, err.Error()
			}
			defer resp.Body.Close()
			body, _ := io.ReadAll(resp.Body)
			return resp.StatusCode, string(body)
		}
		who := []string{"X-Requester-Unit", "station", "X-Requester-Name", "Wang", "X-Requester-Reason", "fire 20261125"}
		officer := c.as("officer")
		if code, body := get(officer, first, who[:4]...); code != http.StatusBadRequest {
			t.Errorf("without a reason: %d %s", code, body)
		}
		if code, body := get(officer, first, who...); code != http.StatusOK || !strings.HasPrefix(body, "picture abab") {
			t.Fatalf("%d %s", code, body)
		}
		if code, _ := get(officer, first, who...); code != http.StatusGone {
			t.Errorf("a second time: %d", code)
		}
		if code, _ := get(officer, "https://"+at+"/police/evidence/x", who...); code != http.StatusGone {
			t.Errorf("a link that never was: %d", code)
		}
		stranger := officer.Clone()
		stranger.Certificates = nil
		if code, body := get(stranger, second, who...); code != 0 {
			t.Errorf("without a certificate: %d %s", code, body)
		}
		c.clock.pass(16 * time.Minute)
		if code, _ := get(officer, second, who...); code != http.StatusGone {
			t.Errorf("too late: %d", code)
		}
		rows, err := s.Register(t.Context(), register.Query{Act: register.Snapshot, Limit: 10})
		done := slices.DeleteFunc(slices.Clone(rows), func(e register.Entry) bool { return e.Result != register.Done })
		if err != nil || len(rows) != 4 || len(done) != 1 || done[0].Person != "Wang" || done[0].Unit != "station" || done[0].Who != "officer" || done[0].Agreement != c.agreement.ID {
			t.Errorf("the register has %+v, %v", rows, err)
		}
	})
}

// TestNoLinksByDefault: neither without a door, nor without the agreement.
func TestNoLinksByDefault(t *testing.T) {
	c := newCentre(t, storetest.Open(t, storetest.SQLite(t)), "level", "snapshot")
	c.bridge()
	i, err := c.engine.Report(t.Context(), duty, incident.Report{Class: "security.panic", Place: "dongguan/c3", Source: incident.Resident, Text: "x", Photo: strings.Repeat("ab", 32)})
	if err != nil {
		t.Fatal(err)
	}
	c.do(i, duty, incident.Command{Action: incident.Confirm})
	c.is(i, police.Received)
	if body := string(c.station.View().Notices[0].Body); strings.Contains(body, "dataref") || strings.Contains(body, "abab") {
		t.Errorf("a picture is named: %s", body)
	}
}

// TestReconciliation: a month agrees when both sides counted the same, and says what
// differs when not.
func TestReconciliation(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := newCentre(t, s)
		b, _ := c.bridge()
		fire := c.confirm("fire.smoke")
		c.is(fire, police.Received)
		c.is(c.confirm("security.panic"), police.Received)
		if _, err := c.station.Feedback(fire.Number, "accepted", ""); err != nil {
			t.Fatal(err)
		}
		month := c.clock.now().In(time.FixedZone("", 8*3600)).Format("2006-01")
		r, err := b.Reconcile(t.Context(), month)
		if err != nil || r.Agrees || len(r.Differences) != 1 || r.Sent != 2 {
			t.Errorf("without their word: %+v, %v", r, err)
		}
		if err := c.station.State(month); err != nil {
			t.Fatal(err)
		}
		c.until("it agrees", func() bool { r, err = b.Reconcile(t.Context(), month); return err == nil && r.Agrees })
		// Something got lost on their side.
		if err := c.station.Say(topics.Ack(), fmt.Sprintf(`{"specversion":"1.0","id":"s-2","source":"/police/station","type":"cs.statement.v1","time":%q,"data":{"status":"Actual","month":%q,"received":1,"refused":0,"feedback":1}}`,
			time.Now().Format(time.RFC3339), month)); err != nil {
			t.Fatal(err)
		}
		c.until("it differs", func() bool {
			r, err = b.Reconcile(t.Context(), month)
			return err == nil && !r.Agrees && strings.Contains(fmt.Sprint(r.Differences), "they received 1 messages, we hold 2 receipts")
		})
		if _, err := b.Reconcile(t.Context(), "November"); err == nil {
			t.Error("November is a month")
		}
	})
}

// TestOneBridgeOfTwoClouds: the second takes over when the first ends, and each
// incident goes out once.
func TestOneBridgeOfTwoClouds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := newCentre(t, s)
		run := func() func() {
			c.options.Metrics = police.NewMetrics(prometheus.NewRegistry())
			b, m := police.New(c.options), replica.Join(s, slog.New(slog.DiscardHandler))
			return c.background(func(ctx context.Context) error { return m.Alone(ctx, "police", b.Run) })
		}
		stop := run()
		c.until("it follows", func() bool { _, begun, err := s.PoliceFollowed(t.Context()); return err == nil && begun })
		run()
		before := c.confirm("fire.smoke")
		c.is(before, police.Received)
		stop()
		after := c.confirm("fire.smoke")
		c.is(after, police.Received)
		for _, n := range c.station.View().Notices {
			if n.Times != 1 {
				t.Errorf("%s came %d times", n.Incident, n.Times)
			}
		}
	})
}
