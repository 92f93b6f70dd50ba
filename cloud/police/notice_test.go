package police

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eastgate/cloud/governance"
	"eastgate/cloud/incident"
	"eastgate/shared/event"
)

func fire() incident.Incident {
	seen := time.Date(2026, 11, 25, 3, 59, 10, 0, time.UTC)
	confirmed := seen.Add(40 * time.Second)
	return incident.Incident{
		ID: "01KAXQ4M5S6V7W8X9Y0Z1A2B3D", Number: "20261125-0001", Version: 7, Class: "fire.smoke", Level: event.Urgent, State: incident.Dispatched, Certainty: "Observed",
		Place: "dongguan/c3/b07", PlaceName: "三号院7栋", FirstSeenAt: seen, ConfirmedAt: &confirmed, ConfirmedBy: "li", Text: "王某某 13900001234", Handler: "zhao",
	}
}

var lat, lon = 38.914, 121.6147

func golden(now time.Time) *Bridge {
	return New(Options{
		Topics: Topics{"jiefang", "dongguan"}, Contact: Contact{"社区值班室", "0411-8888 1234"}, Catalogue: governance.Default(), Now: func() time.Time { return now },
		Point: func(string) (*float64, *float64) { return &lat, &lon },
	})
}

func told(fields ...string) map[string]any {
	out := map[string]any{}
	for _, f := range fields {
		out[f] = true
	}
	return out
}

// TestGoldenNotices: what the police get, byte for byte.
func TestGoldenNotices(t *testing.T) {
	now := time.Date(2026, 11, 25, 4, 0, 0, 0, time.UTC)
	b := golden(now)
	closed := fire()
	closed.State = incident.Closed
	expires := now.Add(72 * time.Hour)
	all := []string{"level", "certainty", "state", "first_seen_at", "confirmed_at", "place", "place_name"}
	for name, n := range map[string]struct {
		notice  Notice
		expires *time.Time
		ref     string
	}{
		"alert":   {b.notice(told(all...), fire(), "Alert"), nil, ""},
		"update":  {b.notice(told(all...), closed, "Update"), &expires, ""},
		"least":   {b.notice(told(), fire(), "Alert"), nil, ""},
		"dataref": {b.notice(told(all...), fire(), "Alert"), nil, "https://bridge.example:8444/police/evidence/qTHtmDQ1HNkQGgfKuhvAq2vUZmCIcWTrOcWCCcV3uO4"},
	} {
		e := envelope("incident", "01KAXQ4M5S6V7W8X9Y0Z1A2B3C", b.o.Topics.Source(), now, n.notice)
		e.Subject, e.Recorded, e.Sequence, e.Ref = "20261125-0001", stamp(now), "0000000007", n.ref
		if n.expires != nil {
			e.Expires = stamp(*n.expires)
		}
		body, err := e.encode()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		sameAsFile(t, filepath.Join("testdata", "out", name+".json"), body)
		if strings.Contains(string(body), "王某某") || strings.Contains(string(body), "zhao") {
			t.Errorf("%s names somebody: %s", name, body)
		}
	}
	since := now.Add(-time.Hour)
	c := camerasOf([]CameraState{{"garden/gate-1/yard", "up", &since}, {"garden/gate-1/gate", "down", &since}, {"garden/gate-2/shed", "unknown", nil}}, now)
	data := map[string]any{"state": "suspended", "reason": "对方系统被入侵", "since": stamp(since), "cameras": c}
	body, err := envelope("status", "01KAXQ4M5S6V7W8X9Y0Z1A2B3E", b.o.Topics.Source(), now, data).encode()
	if err != nil {
		t.Fatal(err)
	}
	sameAsFile(t, filepath.Join("testdata", "out", "status.json"), body)
}

func sameAsFile(t *testing.T, file string, body []byte) {
	t.Helper()
	var nice bytes.Buffer
	if err := json.Indent(&nice, body, "", "  "); err != nil {
		t.Fatal(err)
	}
	nice.WriteByte('\n')
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(file, nice.Bytes(), 0o644); err != nil { //nolint:gosec // a golden file
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(want, nice.Bytes()) {
		t.Errorf("%s is other than sent (%v):\n%s", file, err, nice.Bytes())
	}
}

// TestTheSchemaIsClosed: one field more, anywhere, does not fit.
func TestTheSchemaIsClosed(t *testing.T) {
	good, err := os.ReadFile("testdata/out/alert.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := Check(good); err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{`"specversion"`, `"status"`, `"role"`, `"code"`} {
		more := bytes.Replace(good, []byte(at), []byte(`"reporter": "x", `+at), 1)
		if bytes.Equal(more, good) || Check(more) == nil {
			t.Errorf("one field more before %s fits", at)
		}
	}
	for old, fresh := range map[string]string{`"Actual"`: `"Exercise"`, "fire.smoke": "fire/smoke", `"1.0"`: `"2.0"`, "+08:00\"": "\"", "0411": "王警官"} {
		if Check(bytes.Replace(good, []byte(old), []byte(fresh), 1)) == nil {
			t.Errorf("%s for %s fits", fresh, old)
		}
	}
}

// TestTheTextIsBounded, whatever places are called.
func TestTheTextIsBounded(t *testing.T) {
	i := fire()
	i.PlaceName = strings.Repeat("很长的地名", 100)
	n := golden(time.Now()).notice(told("place_name", "level"), i, "Alert")
	if got := len([]rune(n.Text)); got != maxText {
		t.Errorf("the text has %d characters", got)
	}
}

func TestRepeatsWaitLonger(t *testing.T) {
	m := Message{Level: 1, Kind: OfIncident}
	for n, want := range []time.Duration{30 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 32 * time.Minute, time.Hour, time.Hour} {
		m.Attempts = n
		if got := m.again(); got != want {
			t.Errorf("after %d attempts it waits %s, want %s", n, got, want)
		}
	}
}

func TestRemotes(t *testing.T) {
	for _, r := range []Remote{
		{Broker: "mqtt://police.example:1883"},
		{Broker: "mqtt://10.0.0.9:1883"},
		{Broker: "mqtts://police.example:8883"},
		{Broker: "https://police.example"},
		{},
		{Broker: "mqtts://a:1,mqtt://b:1", CAFile: "ca", Cert: "c", Key: "k"},
	} {
		if r.Validate() == nil {
			t.Errorf("%+v is good enough", r)
		}
	}
	for _, r := range []Remote{{Broker: "mqtt://127.0.0.1:1883"}, {Broker: "mqtt://localhost:1883"}, {Broker: "mqtts://police.example:8883", CAFile: "ca", Cert: "c", Key: "k"}} {
		if err := r.Validate(); err != nil {
			t.Error(err)
		}
	}
}
