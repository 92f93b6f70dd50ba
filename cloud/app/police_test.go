package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/app"
	"eastgate/cloud/app/apptest"
	"eastgate/cloud/config"
	"eastgate/cloud/incident"
	"eastgate/cloud/organisation"
	"eastgate/cloud/police"
	"eastgate/cloud/police/policetest"
	"eastgate/cloud/sharing"
	"eastgate/cloud/store/storetest"
	"eastgate/shared/brokertest"
	"eastgate/shared/event"
)

// bridged is a community with a bridge to a broker of the police, and their side.
func bridged(t *testing.T) (*apptest.Site, *policetest.Station) {
	t.Helper()
	broker, topics := brokertest.Mosquitto(t).URL(), police.Topics{District: "jiefang", Community: "dongguan"}
	dir := t.TempDir()
	s := apptest.Open(t, config.File{
		Listen: "127.0.0.1:0", PublicURL: "http://127.0.0.1", Store: storetest.Address(t), EvidenceDir: filepath.Join(dir, "evidence"),
		EvidenceBytes: 1 << 30, Broker: config.Broker{Listen: "127.0.0.1:0", Dir: filepath.Join(dir, "broker")}, Authority: config.Authority{Dir: filepath.Join(dir, "authority")},
		Police: config.Police{
			Broker: broker, District: topics.District, Community: topics.Community, Organisation: "station", Contact: config.PoliceContact{Role: "值班室", Phone: "0411-8888"},
		},
	})
	if err := s.Store().PutOrganisation(t.Context(), organisation.Organisation{ID: "station", Party: access.Police, ZH: "派出所", Since: time.Now()}); err != nil {
		t.Fatal(err)
	}
	station := policetest.New(policetest.Options{Broker: broker, Name: "station", Topics: topics})
	go station.Run(t.Context())
	waitFor(t, "the police listen", func() bool { return station.View().Connected })
	waitFor(t, "the bridge follows", func() bool {
		_, begun, err := s.Store().PoliceFollowed(t.Context())
		return err == nil && begun
	})
	return s, station
}

func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(40 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("never: %s", what)
}

// signAgreement has lead and super agree with the station, over the API.
func signAgreement(t *testing.T, lead, super *apptest.Visitor) {
	t.Helper()
	var a sharing.Agreement
	terms := map[string]any{
		"organisation": "station", "purpose": "联动", "basis": "协议", "classes": []string{"fire.*"}, "places": []string{"dongguan/c3"},
		"fields": []string{"level", "place_name", "confirmed_at"}, "from": time.Now().Add(-time.Hour).UTC(), "to": time.Now().Add(time.Hour).UTC(),
	}
	if code := lead.Do(t, "POST", "/api/v1/agreements", terms, "Idempotency-Key", "agreement-0001").Into(t, &a); code != http.StatusCreated {
		t.Fatal(code)
	}
	for _, v := range []*apptest.Visitor{lead, super} {
		if code := v.Do(t, "POST", "/api/v1/agreements/"+a.ID+"/actions/sign", nil, "If-Match", fmt.Sprintf("%q", fmt.Sprint(a.Version))).Into(t, &a); code != http.StatusOK {
			t.Fatal(code)
		}
	}
}

// TestThePoliceOverTheAPI: a whole cloud tells a broker of the police, and people see
// and steer that with their rights.
func TestThePoliceOverTheAPI(t *testing.T) {
	s, station := bridged(t)
	lead, super, duty, grid, reporter := s.As(t, "lead"), s.As(t, "super"), s.As(t, "duty"), s.As(t, "grid"), s.As(t, "reporter")
	signAgreement(t, lead, super)
	i := s.Happen(t, event.FireVisual, "courtyard", event.Start)
	if _, err := s.Incidents().Do(t.Context(), incident.Actor{Name: "duty", Unit: "community", Roles: []incident.Role{incident.DutyOfficer}}, i.ID, i.Version, incident.Command{Action: incident.Confirm}); err != nil {
		t.Fatal(err)
	}
	var messages []struct {
		State police.State
		Phone bool
		Body  []byte
	}
	waitFor(t, "the receipt shows", func() bool {
		code := grid.Do(t, "GET", "/api/v1/police/messages?incident="+i.ID, nil).Into(t, &messages)
		return code == http.StatusOK && len(messages) == 1 && messages[0].State == police.Received && !messages[0].Phone && messages[0].Body == nil
	})
	if n := station.View().Notices; len(n) != 1 || n[0].Fault != "" || !strings.Contains(string(n[0].Body), "Bins behind house 3") && !strings.Contains(string(n[0].Body), "三号院院子") {
		t.Errorf("the police have %+v", n)
	}
	ask := func(v *apptest.Visitor, method, path string, body any, want int) apptest.Answer {
		t.Helper()
		a := v.Do(t, method, path, body)
		if a.Status != want {
			t.Errorf("%s %s: %d %s, want %d", method, path, a.Status, a.Body, want)
		}
		return a
	}
	var h struct {
		Configured bool
		Bridge     police.Health
	}
	ask(duty, "GET", "/api/v1/police/health", nil, http.StatusOK).Into(t, &h)
	if !h.Configured || !h.Bridge.Link.Connected || h.Bridge.Today[police.Received] != 1 {
		t.Errorf("health %+v", h)
	}
	ask(grid, "GET", "/api/v1/police/health", nil, http.StatusForbidden)
	ask(reporter, "GET", "/api/v1/police/messages?incident="+i.ID, nil, http.StatusForbidden)
	ask(duty, "POST", "/api/v1/police/kill", map[string]any{"on": true, "reason": "why not"}, http.StatusForbidden)
	ask(lead, "POST", "/api/v1/police/kill", map[string]any{"on": true}, http.StatusUnprocessableEntity)
	ask(lead, "POST", "/api/v1/police/kill", map[string]any{"on": true, "reason": "演练之外的停用"}, http.StatusOK)
	waitFor(t, "they see the switch", func() bool { return strings.Contains(string(station.View().Status), "演练之外的停用") })
	ask(super, "POST", "/api/v1/police/kill", map[string]any{"on": false, "reason": "恢复"}, http.StatusOK)
	ask(duty, "POST", "/api/v1/police/test", nil, http.StatusCreated)
	waitFor(t, "the test is answered", func() bool {
		ask(duty, "GET", "/api/v1/police/health", nil, http.StatusOK).Into(t, &h)
		return h.Bridge.LastTest != nil && h.Bridge.LastTest.State == police.Received
	})
	month := time.Now().In(time.FixedZone("", 8*3600)).Format("2006-01")
	ask(duty, "GET", "/api/v1/police/reconciliation?month="+month, nil, http.StatusOK)
	ask(duty, "GET", "/api/v1/police/reconciliation?month=May", nil, http.StatusUnprocessableEntity)
}

// TestWithoutABridge says so, and nothing fails.
func TestWithoutABridge(t *testing.T) {
	s := apptest.Start(t)
	lead := s.As(t, "lead")
	if a := lead.Do(t, "GET", "/api/v1/police/health", nil); a.Status != http.StatusOK || strings.TrimSpace(string(a.Body)) != `{"configured":false}` {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if a := lead.Do(t, "POST", "/api/v1/police/test", nil); a.Status != http.StatusConflict {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}

// TestReconcileByCommand ends with an error as long as the police have said nothing.
func TestReconcileByCommand(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "cloud.yml")
	if err := os.WriteFile(file, fmt.Appendf(nil, "store: sqlite:%s/cloud.db\nevidence_dir: %s\n", dir, dir), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, words bytes.Buffer
	err := app.Console{Out: &out, Err: &words}.Command(t.Context(), []string{"police", "reconcile", "-config", file, "-month", "2026-10"})
	var r police.Reconciliation
	if decode := json.Unmarshal(out.Bytes(), &r); decode != nil || err == nil || r.Month != "2026-10" || len(r.Differences) != 1 {
		t.Errorf("%v, %v: %s", err, decode, out.Bytes())
	}
}
