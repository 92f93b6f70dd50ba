package api

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/coverage"
	"eastgate/cloud/escalation"
	"eastgate/cloud/governance"
	"eastgate/cloud/incident"
	"eastgate/cloud/kpi"
	"eastgate/cloud/organisation"
	"eastgate/cloud/place"
	"eastgate/cloud/register"
	"eastgate/cloud/report"
	"eastgate/cloud/sharing"
	"eastgate/cloud/web"
	"eastgate/cloud/whistle"
	"eastgate/shared/event"
)

// Engine is the part of the incident engine that is asked.
type Engine interface {
	incident.Reader
	Do(ctx context.Context, who incident.Actor, id string, version int64, c incident.Command) (incident.Incident, error)
	Allowed(i incident.Incident, who incident.Actor) []incident.Action
	Displayed(ctx context.Context, ids ...string) error
	Subscribe() (wake <-chan struct{}, done func())
}

// Whistles is the part of the whistle engine that is asked.
type Whistles interface {
	whistle.Reader
	Begin(ctx context.Context, who access.Actor, incident string, a whistle.Ask) (whistle.Whistle, error)
	Do(ctx context.Context, who access.Actor, id string, version int64, a whistle.Ask) (whistle.Whistle, error)
}

// Places knows where things are.
type Places interface {
	report.Places
	Resolve(s event.Source) place.Found
}

// Register writes down who looked at what.
type Register interface {
	Use(ctx context.Context, who access.User, u register.Use) error
	List(ctx context.Context, who access.User, q register.Query, purpose, reason string) ([]register.Entry, error)
}

// Reminders are told when a limit comes near, or has passed.
type Reminders interface {
	Open(ctx context.Context, f escalation.Filter) ([]escalation.Reminder, error)
	Settle(ctx context.Context, position int64, who, note string) error
}

// Cameras knows what people call the cameras, by "site/box/camera".
type Cameras interface {
	CameraNames(ctx context.Context) (map[string]string, error)
}

// Coverage says how much of the time devices were watched.
type Coverage interface {
	Report(ctx context.Context, from, to, site string) (coverage.Report, error)
}

// Sharing keeps agreements, and tells organisations what theirs say.
type Sharing interface {
	List(ctx context.Context, organisation string) ([]sharing.Agreement, error)
	Draft(ctx context.Context, who access.User, a sharing.Agreement) (sharing.Agreement, error)
	Do(ctx context.Context, who access.User, id string, version int64, s sharing.Step, reason string) (sharing.Agreement, error)
	Share(ctx context.Context, who access.User, organisation string, m sharing.Matter, act register.Act) (map[string]any, error)
}

// Deps are the parts that the API speaks for.
type Deps struct {
	Centre
	Door          web.Door
	Keys          KeyStore
	Incidents     Engine
	Catalogue     *governance.Catalogue
	Places        Places
	Organisations func(ctx context.Context) ([]organisation.Organisation, error)
	Whistles      Whistles
	Register      Register
	Sharing       Sharing
	Bundles       Bundles
	Holds         Holds
	Kept          Kept
	Filing        Filing
	Reminders     Reminders
	Police        Police // nil: there is no bridge
	Notify        Notify
	Reports       report.Deps
	Desks         Desks
	// Figures computes a month such as 2025-06.
	Figures func(ctx context.Context, month string) ([]kpi.Figure, error)
	// Book holds what people enter for them.
	Book     kpi.Book
	Cameras  Cameras
	Lenses   Lenses
	Plans    Plans
	Commands Commands
	Boxes    Boxes
	Devices  Devices
	// Coverage reports the days from one to another, as 2026-11-25, of a site or all.
	Coverage Coverage
	Metrics  *Metrics
	Log      *slog.Logger
	Now      func() time.Time
}

// An API answers under /api/.
type API struct {
	Deps
	doc *Document
	mux *web.Mux
	// The parameters of these are for pages too.
	list, export *Operation
	judged       judgedCache
}

// New reads the document and joins it with the handlers.
func New(d Deps) (*API, error) {
	doc, err := Load()
	if err != nil {
		return nil, err
	}
	a := &API{Deps: d, doc: doc, mux: web.NewMux()}
	for _, op := range doc.Operations {
		switch op.ID {
		case "listIncidents":
			a.list = op
		case "exportIncidents":
			a.export = op
		}
	}
	t := &router{doc: doc, door: d.Door, keys: d.Keys, handlers: a.handlers(), public: web.NewLimiter(publicEvery, publicBurst), problem: problemOf}
	if err := t.routes(a.mux); err != nil {
		return nil, err
	}
	a.docs(a.mux)
	return a, nil
}

// publicEvery and publicBurst bound what one address asks without logging in.
const (
	publicEvery = 2 * time.Second
	publicBurst = 60
)

// handlers says who answers which operation.
func (a *API) handlers() map[string]handler {
	out := map[string]handler{
		"openSession": a.openSession, "closeSession": a.closeSession, "showSecond": a.showSecond, "me": a.me,
		"listFactors": a.listFactors, "offerFactor": a.offerFactor, "offerKey": a.offerKey, "askKey": a.askKey, "dropFactor": a.dropFactor, "newRecovery": a.newRecovery, "resetFactors": a.resetFactors,
		"listSessions": a.listSessions, "endSession": a.endSession, "endOtherSessions": a.endSession,
		"listIncidents": a.listIncidents, "getIncident": a.getIncident, "incidentHistory": a.history, "incidentActions": a.allowed,
		"listDesks": a.desks, "tellDesk": a.tellDesk,
		"doAction": a.do, "displayed": a.displayed, "stream": a.stream, "exportIncidents": a.exportIncidents,
		"reportIncident": a.report, "importHotline": a.importHotline, "keepPhoto": a.keepPhoto,
		"incidentWhistles": a.incidentWhistles, "beginWhistle": a.beginWhistle, "listWhistles": a.listWhistles, "getWhistle": a.getWhistle, "doWhistle": a.doWhistle,
		"listActions": a.actions, "listDomains": a.domains, "listClasses": a.classes, "listPlaces": a.places, "listOrganisations": a.organisations,
		"listReminders": a.reminders, "settleReminder": a.settle, "listCameras": a.cameras, "sendCommand": a.sendCommand, "listCommands": a.listCommands, "getCommand": a.getCommand, "cameraStates": a.listCameras, "getCamera": a.getCamera, "cameraZones": a.getSettings, "saveCameraZones": a.saveSettings, "previewCamera": a.preview,
		"getPlan": a.getPlan, "movePlan": a.movePlan, "drawPlan": a.drawPlan, "clearPlan": a.drawPlan, "coverage": a.coverage, "listFigures": a.figures, "enterFigures": a.enterFigures, "listRegister": a.register,
		"listAgreements": a.listAgreements, "draftAgreement": a.draftAgreement, "doAgreement": a.doAgreement, "sharedIncident": a.sharedIncident,
		"notifyMessages": a.notifyMessages, "notifyHealth": a.notifyHealth, "dutyRoster": a.dutyRoster, "putDutyRoster": a.putDutyRoster,
		"policeHealth": a.policeHealth, "policeMessages": a.policeMessages, "killPolice": a.killPolice, "testPolice": a.testPolice, "reconcilePolice": a.reconcilePolice,
	}
	maps.Copy(out, a.centre())
	return out
}

// maxBody bounds every body; each operation has its own bound below it.
const maxBody = 32 << 20

// RouteOf returns what an operation takes, as a page that asks for it is to say. One
// that is in no document is a fault of the program.
func (a *API) RouteOf(page, method, path string) web.Route {
	_, pattern := a.mux.Handler(&http.Request{Method: method, URL: &url.URL{Path: path}})
	for _, r := range a.mux.Routes() {
		if r.Pattern == pattern {
			r.Pattern = page
			return r
		}
	}
	panic("api: no operation " + method + " " + path)
}

// Handler answers what is under /api/.
func (a *API) Handler() web.Handler {
	return a.mux.Within(func(next http.Handler) http.Handler {
		return web.Bounded(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if h, pattern := a.mux.Handler(r); pattern == "" {
				a.nowhere(w, r, h)
				return
			}
			next.ServeHTTP(w, r)
		}), maxBody)
	})
}

// nowhere says in a problem what ServeMux says in words: no such path, or method.
func (a *API) nowhere(w http.ResponseWriter, r *http.Request, h http.Handler) {
	rec := &statusOnly{header: http.Header{}}
	h.ServeHTTP(rec, r)
	if rec.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", rec.header.Get("Allow"))
		web.WrongMethod.With(r.Method + " is not for this path").Write(w)
		return
	}
	web.NotFound.With("no such path; /api/docs lists all").Write(w)
}

type statusOnly struct {
	header http.Header
	status int
}

func (s *statusOnly) Header() http.Header         { return s.header }
func (s *statusOnly) Write(b []byte) (int, error) { return len(b), nil }
func (s *statusOnly) WriteHeader(status int)      { s.status = status }
