package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/incident"
	"eastgate/cloud/report"
	"eastgate/cloud/web"
)

// A newReport is what somebody on duty enters.
type newReport struct {
	Class      string
	Place      string
	Source     incident.Source
	Text       string
	ObservedAt time.Time `json:"observed_at"`
	Photo      string
	Contact    string
}

func (a *API) report(c *call) (reply, error) {
	var r newReport
	if err := json.Unmarshal(c.body, &r); err != nil {
		return reply{}, web.Malformed.With(err.Error())
	}
	p, found := a.Reports.Find(r.Place)
	if !found {
		return reply{}, faultOf("body", "/place", "is in no list of places")
	}
	who := Actor(c.who.User, access.Object{Place: p.Path, Class: r.Class, Units: []string{p.Org}})
	if !access.May(c.who.User, access.Report, access.Object{Place: p.Path, Class: r.Class, Units: []string{p.Org}}) {
		return reply{}, web.Forbidden.With("you cannot report for this place")
	}
	if r.Source == "" {
		r.Source = SourceOf(who)
	}
	i, err := a.Reports.Enter(c.Context(), who, report.Told{
		Key: "api/" + c.who.User.Name + "/" + c.said.word(idempotencyKey), Source: r.Source, Class: r.Class, Place: p, Text: r.Text,
		Observed: r.ObservedAt, Photo: r.Photo, Phone: r.Contact,
	})
	if err != nil {
		return reply{}, err
	}
	v := a.View(c.who.User, i)
	return reply{status: http.StatusCreated, body: v, version: v.Version, location: "/api/v1/incidents/" + v.ID}, nil
}

// SourceOf says whose word a report is, by the role of who enters it. A duty officer
// enters what somebody at the telephone says.
func SourceOf(who incident.Actor) incident.Source {
	switch {
	case who.Is(incident.GridWorker):
		return incident.ByGridWorker
	case who.Is(incident.Guard) && !who.Is(incident.DutyOfficer):
		return incident.ByGuard
	}
	return incident.Resident
}

func (a *API) importHotline(c *call) (reply, error) {
	calls, faults, err := report.ReadCalls(bytes.NewReader(c.body))
	if err != nil {
		return reply{}, web.Malformed.With(err.Error())
	}
	out, err := a.Reports.Import(c.Context(), Actor(c.who.User, access.Anywhere), calls, faults)
	return ok(out), err
}

func (a *API) keepPhoto(c *call) (reply, error) {
	sum, err := a.Reports.Darkroom.Keep(c.Context(), c.body)
	return reply{status: http.StatusCreated, body: map[string]string{"sha256": sum}}, err
}
