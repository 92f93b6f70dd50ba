package api_test

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"net/http"
	"testing"
	"time"

	"eastgate/cloud/api"
	"eastgate/cloud/app/apptest"
	"eastgate/cloud/camera"
	"eastgate/cloud/incident"
	"eastgate/shared/event"
	"eastgate/shared/wire"
)

const courtyard = "/api/v1/cameras/garden/gate-1/courtyard"

// tell has the box tell of its cameras.
func (w *world) tell(t *testing.T, cameras ...wire.CameraHealth) {
	t.Helper()
	body, err := json.Marshal(wire.BoxHealth{At: time.Now(), Cameras: cameras})
	if err == nil {
		err = w.Store().Heard(t.Context(), "garden", "gate-1", "health", body)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestCamerasTellHowTheyAre(t *testing.T) {
	w := open(t)
	w.tell(t, wire.CameraHealth{Camera: "courtyard", Name: "Courtyard", State: "online", Since: time.Now(), Zones: &wire.ZonesState{Version: 2}},
		wire.CameraHealth{Camera: "attic", State: "credentials", Reason: "401 Unauthorized", Since: time.Now()})
	i := w.Happen(t, event.FireVisual, "courtyard", event.Start)
	var list []api.Camera
	w.ask(t, "duty", "GET", "/api/v1/cameras/states", nil).Into(t, &list)
	if len(list) != 2 || list[0].Camera != "attic" || list[0].Word != "credentials" || list[1].Open != 1 || list[1].Level != 1 || list[1].Place != "dongguan/c3/yard" {
		t.Fatalf("%+v", list)
	}
	var d api.CameraDetail
	w.ask(t, "duty", "GET", courtyard, nil).Into(t, &d)
	if !d.Tune || len(d.Recent) != 1 || d.Recent[0].ID != i.ID || d.Called != "Courtyard" || d.InForce.Version != 2 || d.Precision["7"].Share != nil {
		t.Errorf("%+v", d)
	}
	act := &api.Incident{}
	w.ask(t, "duty", "GET", "/api/v1/incidents/"+i.ID, nil).Into(t, act)
	w.act(t, "duty", act, incident.Verify, incident.Command{})
	if a := w.act(t, "duty", act, incident.Reject, incident.Command{Verdict: incident.Mistaken, Reason: "a red van", Cause: "light"}); a.Status != http.StatusOK {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	for name, want := range map[string]int{"handler": 200, "reporter": 200, "sysadmin": 200, "secadmin": 403, "auditor": 403} {
		if a := w.ask(t, name, "GET", courtyard, nil); a.Status != want {
			t.Errorf("%s: %d, want %d", name, a.Status, want)
		}
	}
	if a := w.ask(t, "duty", "GET", "/api/v1/cameras/garden/gate-1/nowhere", nil); a.Status != 404 {
		t.Errorf("no such camera: %d", a.Status)
	}
}

func TestWhoMayDraw(t *testing.T) {
	w := open(t)
	w.tell(t, wire.CameraHealth{Camera: "courtyard", State: "online", Since: time.Now(), Zones: &wire.ZonesState{}})
	drawing := map[string]any{"reason": "bins moved", "settings": map[string]any{"zones": map[string]any{"bins": map[string]any{"kind": "motion", "points": [][]float64{{0, 0}, {1, 0}, {1, 1}}}}}}
	for name := range apptest.People {
		want := map[string]int{"duty": 200, "lead": 412}[name] // the second draws on an older version
		if want == 0 {
			want = 403
		}
		if name == "lead" {
			continue
		}
		if a := w.ask(t, name, "PUT", courtyard+"/zones", drawing, "If-Match", `"0"`); a.Status != want {
			t.Errorf("%s: %d %s, want %d", name, a.Status, a.Body, want)
		}
	}
	if a := w.ask(t, "lead", "PUT", courtyard+"/zones", drawing, "If-Match", `"0"`); a.Status != 412 {
		t.Errorf("on an older version: %d %s", a.Status, a.Body)
	}
	for body, want := range map[string]int{
		`{"settings": {}}`: 422, `{"reason": "x", "settings": {"zones": {"a": {"kind": "prison", "points": [[0,0],[1,0],[1,1]]}}}}`: 422, `{"reason": "x", "settings": {"url": "rtsp://x"}}`: 422,
	} {
		if a := w.ask(t, "lead", "PUT", courtyard+"/zones", body, "If-Match", `"1"`); a.Status != want {
			t.Errorf("%s: %d %s", body, a.Status, a.Body)
		}
	}
	var z camera.Settings
	a := w.ask(t, "duty", "GET", courtyard+"/zones", nil)
	if a.Into(t, &z); z.Version != 1 || z.Versions[0].Who != "duty" || z.Versions[0].Why != "bins moved" || z.Versions[0].State == camera.Done || a.Header.Get("ETag") != `"1"` {
		t.Errorf("%s", a.Body)
	}
	var page struct {
		Rows []struct{ Who, Act, Result, Reason string }
	}
	w.ask(t, "auditor", "GET", "/api/v1/register?purpose=audit&reason=check&act=change&limit=100", nil).Into(t, &page)
	drew, denied := 0, 0
	for _, r := range page.Rows {
		if r.Who == "duty" && r.Act == "change" && r.Reason == "bins moved" && r.Result == "done" {
			drew++
		}
		if r.Result == "denied" {
			denied++
		}
	}
	if drew != 1 || denied < 5 {
		t.Errorf("%+v", page.Rows)
	}
}

func TestPlan(t *testing.T) {
	w := open(t)
	w.tell(t, wire.CameraHealth{Camera: "courtyard", State: "stalled", Reason: "no pictures for 10 s", Since: time.Now()})
	i := w.Happen(t, event.FireVisual, "courtyard", event.Start)
	var p api.Plan
	w.ask(t, "duty", "GET", "/api/v1/plan", nil).Into(t, &p)
	var c3 api.PlanArea
	for _, area := range p.Areas {
		if area.Path == "dongguan/c3" {
			c3 = area
		}
	}
	if p.Place != "dongguan" || p.Edit || c3.Cameras != 1 || c3.Down != 1 || c3.Open != [4]int{1, 0, 0, 0} {
		t.Errorf("%+v", p)
	}
	w.ask(t, "duty", "GET", "/api/v1/plan?place=dongguan/c3", nil).Into(t, &p)
	found := map[string]api.PlanItem{}
	for _, item := range p.Items {
		found[item.Code] = item
	}
	if cam := found["cam1"]; cam.State != "stalled" || cam.Level != 1 || len(cam.Incidents) != 1 || cam.Incidents[0].ID != i.ID || cam.Camera != "garden/gate-1/courtyard" {
		t.Errorf("%+v", cam)
	}
	if len(p.Around) != 1 || p.Around[0].Path != "dongguan" || found["b07"].Lat == nil || len(found["b07"].Incidents) != 0 || len(found["yard"].Incidents) != 1 {
		t.Errorf("%+v", p)
	}
	const at = "/api/v1/plan?place=dongguan/c3"
	move := `{"positions": {"b07": [0.25, 0.5]}}`
	if a := w.ask(t, "duty", "PUT", at, move, "If-Match", `"0"`); a.Status != 403 {
		t.Errorf("an officer moves a house: %d", a.Status)
	}
	if a := w.ask(t, "sysadmin", "PUT", at, move, "If-Match", `"0"`); a.Status != 200 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	for body, want := range map[string]int{move: 412, `{"positions": {"shop41": [0, 0]}}`: 422, `{"positions": {"b07": [2, 0]}}`: 422} {
		version := `"1"`
		if want == 412 {
			version = `"0"`
		}
		if a := w.ask(t, "sysadmin", "PUT", at, body, "If-Match", version); a.Status != want {
			t.Errorf("%s: %d %s", body, a.Status, a.Body)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	image := "/api/v1/plan/image?place=dongguan/c3"
	if a := w.ask(t, "sysadmin", "PUT", image, []byte(`<svg/>`), "If-Match", `"1"`, "Content-Type", "image/svg+xml"); a.Status != 415 {
		t.Errorf("SVG: %d", a.Status)
	}
	if a := w.ask(t, "sysadmin", "PUT", image, []byte(`<svg/>`), "If-Match", `"1"`, "Content-Type", "image/png"); a.Status != 422 {
		t.Errorf("SVG that says it is PNG: %d", a.Status)
	}
	w.ask(t, "sysadmin", "PUT", image, b.Bytes(), "If-Match", `"1"`, "Content-Type", "image/png").Into(t, &p)
	if p.Version != 2 || p.Image == nil || p.Image.Width != 40 {
		t.Fatalf("%+v", p)
	}
	for name, want := range map[string]int{"duty": 200, "handler": 200, "auditor": 404} {
		a := w.who(t, name).Do(t, "GET", "/evidence/"+p.Image.SHA256+"?plan=dongguan/c3", nil)
		if a.Status != want || want == 200 && a.Header.Get("Content-Type") != "image/png" {
			t.Errorf("%s: %d %s", name, a.Status, a.Header.Get("Content-Type"))
		}
	}
	if a := w.who(t, "duty").Do(t, "GET", "/evidence/"+p.Image.SHA256+"?plan=dongguan/c4", nil); a.Status != 404 {
		t.Errorf("the plan of another place: %d", a.Status)
	}
	p = api.Plan{}
	w.ask(t, "sysadmin", "DELETE", image, nil, "If-Match", `"2"`).Into(t, &p)
	if p.Version != 3 || p.Image != nil {
		t.Errorf("%+v", p)
	}
	for _, item := range p.Items {
		if len(item.Incidents) > 0 || item.Level != 0 {
			t.Errorf("an administrator of the system sees incidents: %+v", item)
		}
	}
}
