package api_test

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/cloud/access"
	"eastgate/cloud/app/apptest"
	"eastgate/cloud/incident"
	"eastgate/cloud/organisation"
	"eastgate/cloud/register"
)

// A thing is an incident, and the units that were whistled to.
type thing struct {
	incident.Incident
	asked []string
}

// things happen all over the community; to one an authority is whistled.
func things(t *testing.T, s *apptest.Site) []thing {
	t.Helper()
	if err := s.Store().PutOrganisation(t.Context(), organisation.Organisation{ID: "chengguan", Party: access.Authority, ZH: "城管"}); err != nil {
		t.Fatal(err)
	}
	a := access.Account{Name: "city", Person: "Mr city", Unit: "chengguan", Password: apptest.Password}
	if err := s.Cloud.People().Welcome(t.Context(), access.CommandLine("test"), a, []access.Role{access.Handler}, "unit:chengguan"); err != nil {
		t.Fatal(err)
	}
	duty := incident.Actor{Name: "duty", Unit: access.CommunityUnit, Roles: []incident.Role{incident.DutyOfficer}}
	var out []thing
	for _, r := range []incident.Report{
		{Class: "street.vendor", Place: "dongguan/s012"},
		{Class: "fire.smoke", Place: "dongguan/c3/b07"},
		{Class: "report.dispute", Place: "dongguan/c3/b07"},
		{Class: "report.dispute", Place: "dongguan/c4"},
		{Class: "parking.motor", Place: "dongguan/c4"},
	} {
		r.Source, r.Text, r.Photo = incident.ByGridWorker, "words of "+r.Class, s.Picture(t)
		i, err := s.Incidents().Report(t.Context(), duty, r)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, thing{Incident: i})
	}
	vendor := &out[0]
	var err error
	if vendor.Incident, err = s.Incidents().Do(t.Context(), duty, vendor.ID, vendor.Version, incident.Command{Action: incident.Confirm}); err != nil {
		t.Fatal(err)
	}
	ask := map[string]any{"action": "sound", "unit": "chengguan", "purpose": "占道经营"}
	if got := s.As(t, "lead").Do(t, "POST", "/api/v1/incidents/"+vendor.ID+"/whistles", ask, "Idempotency-Key", "leak-test-1"); got.Status != http.StatusCreated {
		t.Fatalf("whistle: %d %s", got.Status, got.Body)
	}
	vendor.asked = []string{"chengguan"}
	return out
}

// TestNothingLeaks: by list, by number, as a file and as a picture everybody gets
// what the grants say, and no more; each refusal is a row.
func TestNothingLeaks(t *testing.T) {
	s := apptest.Start(t)
	all := things(t, s)
	users, err := s.Cloud.People().Users(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range users {
		v := s.Exporter(t, u.Name)
		var page struct{ Incidents []incident.Incident }
		v.Do(t, "GET", "/api/v1/incidents", nil).Into(t, &page)
		file := v.Do(t, "GET", "/api/v1/export/incidents?format=csv&purpose=check&reason=leaks", nil)
		if got := file.Status == http.StatusOK; got != access.May(u, access.AskExport, access.Anywhere) {
			t.Errorf("%s: the file: %d", u.Name, file.Status)
		}
		rows, _ := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(file.Body), "\ufeff"))).ReadAll()
		for _, x := range all {
			on := access.Object{Place: x.Place, Class: x.Class, Units: append(x.asked, x.Unit)}
			may := func(r access.Right) bool { return access.May(u, r, on) }
			at := slices.IndexFunc(page.Incidents, func(i incident.Incident) bool { return i.ID == x.ID })
			if (at >= 0) != may(access.SeePublic) {
				t.Errorf("%s: %s at %s in the list: %v", u.Name, x.Class, x.Place, at >= 0)
			}
			if at >= 0 && page.Incidents[at].Text != "" && (x.Class == "report.dispute" || !may(access.SeeIncidents)) {
				t.Errorf("%s: the list has the words of %s", u.Name, x.Class)
			}
			var one incident.Incident
			got := v.Do(t, "GET", "/api/v1/incidents/"+x.ID, nil)
			if status := got.Status; status != map[bool]int{true: 200, false: 404}[may(access.SeePublic)] {
				t.Errorf("%s: %s at %s by its id: %d", u.Name, x.Class, x.Place, status)
			}
			if got.Status == http.StatusOK {
				got.Into(t, &one)
			}
			if words := may(access.SeeIncidents) && (x.Class != "report.dispute" || may(access.SeeRestricted)); (one.Text != "") != words {
				t.Errorf("%s: the words of %s: %q", u.Name, x.Class, one.Text)
			}
			filed := slices.ContainsFunc(rows, func(row []string) bool { return row[0] == x.ID })
			if filed && !may(access.SeeIncidents) {
				t.Errorf("%s: %s at %s in the file", u.Name, x.Class, x.Place)
			}
		}
		rowsOf(t, s, u, all)
	}
	if p, err := register.New(s.Store(), register.NewMetrics(prometheus.NewRegistry())).Verify(t.Context()); err != nil || p.Fault != nil {
		t.Errorf("the register: %+v, %v", p.Fault, err)
	}
}

// rowsOf looks whether the register has what somebody was refused and what he saw of
// restricted classes.
func rowsOf(t *testing.T, s *apptest.Site, u access.User, all []thing) {
	t.Helper()
	rows, err := s.Store().Register(t.Context(), register.Query{Who: u.Name, Act: register.View, Limit: register.MaxRows})
	if err != nil {
		t.Fatal(err)
	}
	denied, seen := 0, 0
	for _, e := range rows {
		if e.Result == register.Denied {
			denied++
		} else {
			seen++
		}
	}
	wantDenied, wantSeen := 0, 0
	for _, x := range all {
		on := access.Object{Place: x.Place, Class: x.Class, Units: append(x.asked, x.Unit)}
		if !access.May(u, access.SeePublic, on) {
			wantDenied++
		} else if x.Class == "report.dispute" && access.May(u, access.SeeRestricted, on) {
			wantSeen++
		}
	}
	if denied != wantDenied || seen != wantSeen {
		t.Errorf("%s: %d refusals and %d views in the register, want %d and %d", u.Name, denied, seen, wantDenied, wantSeen)
	}
}

// TestQuotesAreNoSQL: what would end a text in SQL is text, wherever it can be said.
func TestQuotesAreNoSQL(t *testing.T) {
	w := open(t)
	i := w.bring(t, incident.Confirmed)
	const evil = `'; DROP TABLE incidents; -- " OR 1=1 %00`
	for who, path := range map[string]string{
		"duty": "/api/v1/incidents?text=", "lead": "/api/v1/incidents?place=", "super": "/api/v1/incidents?class=", "grid": "/api/v1/places?text=",
		"auditor": "/api/v1/register?purpose=audit&reason=look&who=", "check": "/api/v1/coverage?site=",
	} {
		a := w.who(t, who).Do(t, "GET", path+url.QueryEscape(evil), nil)
		if a.Status >= 500 || strings.Contains(string(a.Body), i.ID) {
			t.Errorf("%s: %d %.300s", path, a.Status, a.Body)
		}
	}
	if a := w.ask(t, "duty", "GET", "/api/v1/incidents/"+i.ID, nil); a.Status != http.StatusOK {
		t.Errorf("afterwards: %d", a.Status)
	}
}
