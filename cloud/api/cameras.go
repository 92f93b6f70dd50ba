package api

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/camera"
	"eastgate/cloud/coverage"
	"eastgate/cloud/incident"
	"eastgate/cloud/place"
	"eastgate/cloud/report"
	"eastgate/shared/event"
)

// Lenses are the cameras, as camera.Cameras knows them.
type Lenses interface {
	States(ctx context.Context, open []coverage.Open) ([]camera.State, error)
	State(ctx context.Context, n camera.Name, open []coverage.Open) (camera.State, error)
	Settings(ctx context.Context, now camera.State) (camera.Settings, error)
	Save(ctx context.Context, n camera.Name, was int64, v camera.Version) (camera.Version, error)
	Try(ctx context.Context, by string, n camera.Name, settings json.RawMessage) (camera.Preview, error)
	Shown(ctx context.Context, n camera.Name, sha256 string) (bool, error)
}

// A Camera is how one is, for a list.
type Camera struct {
	camera.State
	Place     string                      `json:"place"`
	PlaceZH   string                      `json:"place_zh"`
	Open      int                         `json:"open"`            // incidents that it told of
	Level     event.Level                 `json:"level,omitempty"` // of the gravest of them
	Share     *float64                    `json:"share"`           // of the last seven days watched; nil where nothing was due
	Precision map[string]camera.Precision `json:"precision"`       // by days: 7 and 30
}

// A CameraDetail is all about one.
type CameraDetail struct {
	Camera
	Days   []coverage.Day `json:"days"`   // the last 14, the oldest first
	Recent []Dot          `json:"recent"` // what it told of last, with where in the picture
	// Tune says whether the asker may draw zones.
	Tune bool `json:"tune"`
}

// A Dot is an incident in a camera's picture.
type Dot struct {
	ID      string           `json:"id"`
	Number  string           `json:"number"`
	ClassZH string           `json:"class_zh"`
	ClassEN string           `json:"class_en"`
	Level   event.Level      `json:"level"`
	At      time.Time        `json:"at"`
	Zone    string           `json:"zone,omitempty"`
	Box     *event.Box       `json:"box,omitempty"`
	Verdict incident.Verdict `json:"verdict,omitempty"`
}

const (
	stripDays = 14
	weekDays  = 7
	monthDays = 30
	dots      = 20
)

// watched is what is known of all devices for the last days.
func (a *API) watched(ctx context.Context, days int, site string) (coverage.Report, error) {
	today := a.Now().In(report.Shanghai)
	return a.Coverage.Report(ctx, today.AddDate(0, 0, 1-days).Format(time.DateOnly), today.Format(time.DateOnly), site)
}

// seesCamera reports whether somebody may know of a camera at a place at all.
func seesCamera(u access.User, at place.Found) bool {
	return access.May(u, access.SeePublic, access.Object{Place: at.Path, Units: units(at.Unit)}) || access.May(u, access.ManageBoxes, access.Anywhere)
}

func units(one string) []string {
	if one == "" {
		return nil
	}
	return []string{one}
}

func (a *API) listCameras(c *call) (reply, error) {
	list, err := a.CameraList(c.Context(), c.who.User)
	return ok(list), err
}

// CameraList returns the cameras that somebody may know of, the worst first.
func (a *API) CameraList(ctx context.Context, u access.User) ([]Camera, error) {
	seen, err := a.watched(ctx, weekDays, "")
	if err != nil {
		return nil, err
	}
	states, err := a.Lenses.States(ctx, seen.Open)
	if err != nil {
		return nil, err
	}
	about, err := a.gather(ctx, u, seen)
	if err != nil {
		return nil, err
	}
	out := []Camera{}
	for _, s := range states {
		if at := a.Places.Resolve(s.Source()); seesCamera(u, at) {
			out = append(out, about.camera(s, at))
		}
	}
	return out, nil
}

// about is what lists and plans tell beside the states.
type about struct {
	shares      map[camera.Name]*float64
	week, month map[camera.Name]camera.Precision
	open        []Incident
}

func (a *API) gather(ctx context.Context, u access.User, seen coverage.Report) (about, error) {
	judged, err := a.judged.get(ctx, a)
	if err != nil {
		return about{}, err
	}
	open, _, err := a.List(ctx, u, incident.Filter{States: openStates(), Limit: incident.MaxPage, Sort: incident.Grave})
	if err != nil {
		return about{}, err
	}
	out := about{shares: map[camera.Name]*float64{}, week: camera.Judge(judged, weekDays, a.Now()), month: camera.Judge(judged, monthDays, a.Now()), open: open}
	for _, d := range seen.Devices {
		out.shares[camera.Name{Site: d.Site, Box: d.Box, Camera: d.Device}] = d.Share
	}
	return out, nil
}

func (b about) camera(s camera.State, at place.Found) Camera {
	week, month := b.week[s.Name], b.month[s.Name]
	week.Days, month.Days = weekDays, monthDays
	out := Camera{State: s, Place: at.Path, PlaceZH: at.Name, Share: b.shares[s.Name], Precision: map[string]camera.Precision{"7": week, "30": month}}
	for _, i := range b.open {
		if (camera.Name{Site: i.Site, Box: i.Box, Camera: i.Device}) != s.Name {
			continue
		}
		out.Open++
		if out.Level == 0 || i.Level < out.Level {
			out.Level = i.Level
		}
	}
	return out
}

// openStates are those of incidents that have not ended.
func openStates() (out []incident.State) {
	for _, s := range incident.States {
		if s.Open() {
			out = append(out, s)
		}
	}
	return out
}

// judgedFor is how old what people judged may be when a precision is told.
const judgedFor = time.Minute

// A judgedCache keeps what people judged in the last month: every list of cameras
// needs it, and it changes slowly.
type judgedCache struct {
	mu   sync.Mutex
	at   time.Time
	list []incident.Incident
}

// maxJudged bounds what is read; older verdicts than the newest so many are left out.
const maxJudged = 10_000

func (j *judgedCache) get(ctx context.Context, a *API) ([]incident.Incident, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if now := a.Now(); now.Sub(j.at) < judgedFor {
		return j.list, nil
	}
	f := incident.Filter{Verdicts: camera.Verdicts, From: a.Now().AddDate(0, 0, -monthDays), Scope: incident.Scope{All: true}, Limit: incident.MaxPage}
	var all []incident.Incident
	for len(all) < maxJudged {
		page, err := a.Incidents.List(ctx, f)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if len(page) < f.Limit {
			break
		}
		f.After = f.Cursor(page[len(page)-1])
	}
	j.list, j.at = all, a.Now()
	return all, nil
}
