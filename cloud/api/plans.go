package api

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/camera"
	"eastgate/cloud/incident"
	"eastgate/cloud/place"
	"eastgate/cloud/plan"
	"eastgate/cloud/register"
	"eastgate/cloud/web"
	"eastgate/shared/event"
)

// Plans are the plans of places, as plan.Plans keeps them.
type Plans interface {
	Of(ctx context.Context, place string) (plan.Plan, error)
	Move(ctx context.Context, who, place string, version int64, positions map[string]*plan.Position) (plan.Plan, error)
	Draw(ctx context.Context, who, place string, version int64, picture []byte) (plan.Plan, error)
}

// A Plan is a place with what stands and hangs in it, and how that is.
type Plan struct {
	Place   string     `json:"place"` // path; empty when no place is listed
	ZH      string     `json:"zh"`
	EN      string     `json:"en"`
	Version int64      `json:"version"`
	Image   *PlanImage `json:"image,omitempty"`
	// Around are the places that it is in, the outermost first.
	Around []PlanArea `json:"around"`
	Areas  []PlanArea `json:"areas"` // compounds, streets and the like in it
	Items  []PlanItem `json:"items"`
	Edit   bool       `json:"edit"` // whether the asker may change it
	At     time.Time  `json:"at"`
}

// A PlanImage is a picture of one's own.
type PlanImage struct {
	SHA256 string `json:"sha256"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

// A PlanArea is a place with a plan of its own.
type PlanArea struct {
	Path    string     `json:"path"`
	Kind    place.Kind `json:"kind"`
	ZH      string     `json:"zh"`
	EN      string     `json:"en"`
	Cameras int        `json:"cameras"`
	Down    int        `json:"down"`
	Shops   int        `json:"shops"`
	Open    [4]int     `json:"open"` // incidents by level, 1 first
}

// A PlanItem is a building, a shop, a spot or a device.
type PlanItem struct {
	Code string     `json:"code"`
	Path string     `json:"path"`
	Kind place.Kind `json:"kind"`
	ZH   string     `json:"zh"`
	EN   string     `json:"en"`
	// At is where it was put, 0 to 1; Lat and Lon where the list of places has it.
	At  *plan.Position `json:"at,omitempty"`
	Lat *float64       `json:"lat,omitempty"`
	Lon *float64       `json:"lon,omitempty"`
	// Camera and State are of a camera.
	Camera    string         `json:"camera,omitempty"` // site/box/camera
	State     string         `json:"state,omitempty"`
	Reason    string         `json:"reason,omitempty"`
	Since     *time.Time     `json:"since,omitempty"`
	Level     event.Level    `json:"level,omitempty"` // of the gravest incident here
	Incidents []PlanIncident `json:"incidents,omitempty"`
}

// A PlanIncident is one that has not ended.
type PlanIncident struct {
	ID      string         `json:"id"`
	Number  string         `json:"number"`
	ClassZH string         `json:"class_zh"`
	ClassEN string         `json:"class_en"`
	Level   event.Level    `json:"level"`
	State   incident.State `json:"state"`
	FirstAt time.Time      `json:"first_at"`
}

// areaKinds have plans of their own.
var areaKinds = []place.Kind{place.Community, place.Compound, place.Street, place.Park, place.Institution}

// maxItems bounds a plan.
const maxItems = 3000

func (a *API) getPlan(c *call) (reply, error) {
	p, err := a.PlanOf(c.Context(), c.who.User, c.said.word("place"))
	return reply{status: 200, body: p, version: p.Version}, err
}

// PlanOf returns the plan of a place, by its path, to who may know of it; an empty path
// is the community.
func (a *API) PlanOf(ctx context.Context, u access.User, path string) (Plan, error) {
	out := Plan{Place: path, Around: []PlanArea{}, Areas: []PlanArea{}, Items: []PlanItem{}, At: a.Now().UTC(), Edit: access.May(u, access.ManagePlaces, access.Anywhere)}
	all := a.Places.Under(path)
	if path == "" && len(all) > 0 {
		path = all[0].Path
		all = a.Places.Under(path)
	}
	if len(all) == 0 {
		if path != "" {
			return out, web.NotFound.With("there is no such place")
		}
		return out, nil // no places are listed
	}
	out.Place, out.ZH, out.EN = path, all[0].ZH, all[0].EN
	seen, err := a.watched(ctx, 1, "")
	if err != nil {
		return out, err
	}
	states, err := a.Lenses.States(ctx, seen.Open)
	if err != nil {
		return out, err
	}
	open, _, err := a.List(ctx, u, incident.Filter{States: openStates(), PlacePrefix: path, Limit: incident.MaxPage, Sort: incident.Grave})
	if err != nil {
		return out, err
	}
	drawn, err := a.Plans.Of(ctx, path)
	if err != nil {
		return out, err
	}
	out.Version = drawn.Version
	if drawn.Image != "" {
		out.Image = &PlanImage{drawn.Image, drawn.Width, drawn.Height}
	}
	l := layer{states: map[string]camera.State{}, open: open, drawn: drawn}
	for _, s := range states {
		l.states[s.String()] = s
	}
	for up := place.Parent(path); up != ""; up = place.Parent(up) {
		if p, _, found := a.Places.Place(up); found {
			out.Around = append([]PlanArea{{Path: p.Path, Kind: p.Kind, ZH: p.ZH, EN: p.EN}}, out.Around...)
		}
	}
	for _, p := range all[1:] {
		if len(out.Items) == maxItems || !seesPlace(u, p) {
			continue
		}
		if slices.Contains(areaKinds, p.Kind) {
			out.Areas = append(out.Areas, l.area(p, all))
		}
		if p.Kind != place.Unit && p.Kind != place.Business {
			out.Items = append(out.Items, l.item(p))
		}
	}
	return out, nil
}

func seesPlace(u access.User, p place.Place) bool {
	return access.May(u, access.SeePublic, access.Object{Place: p.Path, Units: units(p.Org)}) || access.May(u, access.ManagePlaces, access.Anywhere)
}

// A layer is what lies over the places of a plan.
type layer struct {
	states map[string]camera.State
	open   []Incident
	drawn  plan.Plan
}

func (l layer) area(p place.Place, all []place.Place) PlanArea {
	out := PlanArea{Path: p.Path, Kind: p.Kind, ZH: p.ZH, EN: p.EN}
	for _, q := range all {
		if !place.Within(q.Path, p.Path) {
			continue
		}
		switch q.Kind {
		case place.Shop:
			out.Shops++
		case place.Camera:
			out.Cameras++
			if l.state(q).Down() {
				out.Down++
			}
		}
	}
	for _, i := range l.open {
		if place.Within(i.Place, p.Path) && i.Level >= 1 && int(i.Level) <= len(out.Open) {
			out.Open[i.Level-1]++
		}
	}
	return out
}

// state is how a camera is that hangs at a place.
func (l layer) state(p place.Place) camera.State {
	s, told := l.states[string(p.Device)[min(1, len(p.Device)):]]
	if !told {
		s.Word = camera.Unknown
	}
	return s
}

func (l layer) item(p place.Place) PlanItem {
	out := PlanItem{Code: p.Code, Path: p.Path, Kind: p.Kind, ZH: p.ZH, EN: p.EN, Lat: p.Lat, Lon: p.Lon}
	if at, put := l.drawn.Positions[p.Code]; put {
		out.At = &at
	}
	if p.Kind == place.Camera {
		s := l.state(p)
		out.Camera, out.State, out.Reason, out.Since = string(p.Device)[min(1, len(p.Device)):], s.Word, s.Reason, s.Since
	}
	for _, i := range l.open {
		if !l.at(i, p) {
			continue
		}
		if out.Level == 0 || i.Level < out.Level {
			out.Level = i.Level
		}
		out.Incidents = append(out.Incidents, PlanIncident{i.ID, i.Number, i.ClassZH, i.ClassEN, i.Level, i.State, i.FirstAt})
	}
	return out
}

// at reports whether an incident is at a place: a device's own at the device, others
// at the place itself or, for a building, in it.
func (l layer) at(i Incident, p place.Place) bool {
	if p.Kind.IsDevice() {
		return i.Device != "" && string(p.Device) == "/"+i.Site+"/"+i.Box+"/"+i.Device
	}
	if slices.Contains(areaKinds, p.Kind) {
		return i.Place == p.Path
	}
	return place.Within(i.Place, p.Path)
}

// planning lets somebody change the plan of a place, and has it written down.
func (a *API) planning(c *call, what string) (path string, version int64, err error) {
	path = c.said.word("place")
	if _, _, found := a.Places.Place(path); !found {
		return "", 0, web.NotFound.With("there is no such place")
	}
	if version, err = c.version(); err != nil {
		return "", 0, err
	}
	return path, version, a.Register.Use(c.Context(), c.who.User, register.Use{
		Right: access.ManagePlaces, On: access.Anywhere, Act: register.Change, Object: "plan/" + path, Detail: what, From: web.From(c.Request),
	})
}

func (a *API) movePlan(c *call) (reply, error) {
	var asked struct{ Positions map[string]*plan.Position }
	if err := json.Unmarshal(c.body, &asked); err != nil {
		return reply{}, web.Malformed.With(err.Error())
	}
	path, version, err := a.planning(c, fmt.Sprintf("%d things moved", len(asked.Positions)))
	if err != nil {
		return reply{}, err
	}
	for code := range asked.Positions {
		if p, known := a.Places.Coded(code); !known || !place.Within(p.Path, path) {
			return reply{}, faultOf("body", "/positions/"+code, "is no place in "+path)
		}
	}
	p, err := a.Plans.Move(c.Context(), c.who.User.Name, path, version, asked.Positions)
	return a.planned(c, p, err)
}

func (a *API) drawPlan(c *call) (reply, error) {
	path, version, err := a.planning(c, fmt.Sprintf("a picture of %d bytes", len(c.body)))
	if err != nil {
		return reply{}, err
	}
	p, err := a.Plans.Draw(c.Context(), c.who.User.Name, path, version, c.body)
	return a.planned(c, p, err)
}

// planned answers with the plan as it is now.
func (a *API) planned(c *call, p plan.Plan, err error) (reply, error) {
	if err != nil {
		return reply{}, err
	}
	v, err := a.PlanOf(c.Context(), c.who.User, p.Place)
	return reply{status: 200, body: v, version: v.Version}, err
}

// PlanPicture lets somebody see the picture of a place's plan; incident.ErrNotFound
// when there is none for them.
func (a *API) PlanPicture(ctx context.Context, u access.User, path, sha256 string) error {
	p, _, found := a.Places.Place(path)
	if !found || !seesPlace(u, p) {
		return incident.ErrNotFound
	}
	drawn, err := a.Plans.Of(ctx, path)
	if err == nil && drawn.Image != sha256 {
		err = incident.ErrNotFound
	}
	return err
}
