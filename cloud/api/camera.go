package api

import (
	"context"
	"encoding/json"

	"eastgate/cloud/access"
	"eastgate/cloud/camera"
	"eastgate/cloud/coverage"
	"eastgate/cloud/incident"
	"eastgate/cloud/place"
	"eastgate/cloud/register"
	"eastgate/cloud/web"
	"eastgate/shared/event"
)

func (s said) camera() camera.Name {
	return camera.Name{Site: s.word("site"), Box: s.word("box"), Camera: s.word("camera")}
}

// lens returns a camera that somebody may know of, and where it hangs; to others it is
// not there.
func (a *API) lens(ctx context.Context, u access.User, n camera.Name) (camera.State, place.Found, coverage.Report, error) {
	at := a.Places.Resolve(n.Source())
	if !seesCamera(u, at) {
		return camera.State{}, at, coverage.Report{}, camera.ErrNotFound
	}
	seen, err := a.watched(ctx, stripDays, n.Site)
	if err != nil {
		return camera.State{}, at, seen, err
	}
	s, err := a.Lenses.State(ctx, n, seen.Open)
	return s, at, seen, err
}

func (a *API) getCamera(c *call) (reply, error) {
	d, err := a.CameraOf(c.Context(), c.who.User, c.said.camera())
	return ok(d), err
}

// CameraOf returns all about one camera, to who may know of it.
func (a *API) CameraOf(ctx context.Context, u access.User, n camera.Name) (CameraDetail, error) {
	s, at, seen, err := a.lens(ctx, u, n)
	if err != nil {
		return CameraDetail{}, err
	}
	about, err := a.gather(ctx, u, coverage.Report{})
	if err != nil {
		return CameraDetail{}, err
	}
	out := CameraDetail{Camera: about.camera(s, at), Days: []coverage.Day{}, Recent: []Dot{}, Tune: access.May(u, access.TuneCameras, access.Object{Place: at.Path, Units: units(at.Unit)})}
	for _, d := range seen.Devices {
		if d.Site == n.Site && d.Box == n.Box && d.Device == n.Camera {
			out.Days, out.Share = d.Days, d.Share
		}
	}
	out.Recent, err = a.recent(ctx, u, n, at.Path)
	return out, err
}

// recent are the incidents that a camera told of last, of those that somebody sees.
func (a *API) recent(ctx context.Context, u access.User, n camera.Name, path string) ([]Dot, error) {
	list, _, err := a.List(ctx, u, incident.Filter{PlacePrefix: path, From: a.Now().AddDate(0, 0, -monthDays), Limit: incident.MaxPage})
	if err != nil {
		return nil, err
	}
	out := []Dot{}
	for _, i := range list {
		if (camera.Name{Site: i.Site, Box: i.Box, Camera: i.Device}) != n || i.Hidden || len(out) == dots {
			continue
		}
		out = append(out, Dot{i.ID, i.Number, i.ClassZH, i.ClassEN, i.Level, i.LastAt, i.Zone, i.Area, i.Verdict})
	}
	return out, nil
}

func (a *API) getSettings(c *call) (reply, error) {
	s, _, _, err := a.lens(c.Context(), c.who.User, c.said.camera())
	if err != nil {
		return reply{}, err
	}
	out, err := a.Lenses.Settings(c.Context(), s)
	return reply{status: 200, body: out, version: out.Version}, err
}

// tuning lets somebody draw on a camera, and has it written down with the reason.
func (a *API) tuning(c *call, act register.Act, reason, detail string) (camera.State, error) {
	n := c.said.camera()
	s, at, _, err := a.lens(c.Context(), c.who.User, n)
	if err != nil {
		return s, err
	}
	return s, a.Register.Use(c.Context(), c.who.User, register.Use{
		Right: access.TuneCameras, On: access.Object{Place: at.Path, Units: units(at.Unit)}, Act: act, Object: "camera/" + n.String(),
		Purpose: "upkeep", Reason: reason, Detail: detail, From: web.From(c.Request),
	})
}

// A drawing is what comes with settings.
type drawing struct {
	Settings json.RawMessage
	Reason   string
}

func (c *call) drawing() (d drawing, err error) {
	if err = json.Unmarshal(c.body, &d); err != nil {
		err = web.Malformed.With(err.Error())
	}
	return d, err
}

func (a *API) saveSettings(c *call) (reply, error) {
	was, err := c.version()
	if err != nil {
		return reply{}, err
	}
	d, err := c.drawing()
	if err != nil {
		return reply{}, err
	}
	s, err := a.tuning(c, register.Change, d.Reason, "zones, masks, privacy areas and tuning")
	if err != nil {
		return reply{}, err
	}
	// It is kept and sent even if who asked has gone meanwhile.
	v, err := a.Lenses.Save(context.WithoutCancel(c.Context()), s.Name, was, camera.Version{Settings: d.Settings, Who: c.who.User.Name, Why: d.Reason})
	return reply{status: 200, body: v, version: v.Version}, err
}

func (a *API) preview(c *call) (reply, error) {
	d, err := c.drawing()
	if err != nil {
		return reply{}, err
	}
	s, err := a.tuning(c, register.Snapshot, d.Reason, "a still")
	if err != nil {
		return reply{}, err
	}
	p, err := a.Lenses.Try(c.Context(), c.who.User.Name, s.Name, d.Settings)
	return ok(p), err
}

// CameraPicture lets somebody see a still of a camera, which must be one;
// incident.ErrNotFound when there is none for them.
func (a *API) CameraPicture(ctx context.Context, u access.User, device, sha256, from string) error {
	site, box, name, isDevice := event.Source("/" + device).Split()
	n := camera.Name{Site: site, Box: box, Camera: name}
	if !isDevice || name == "" {
		return incident.ErrNotFound
	}
	at := a.Places.Resolve(n.Source())
	on := access.Object{Place: at.Path, Units: units(at.Unit)}
	use := register.Use{Right: access.SeePictures, On: on, Act: register.Snapshot, Object: "picture/" + sha256, Detail: "a still of " + n.String(), From: from}
	if !access.May(u, use.Right, on) {
		return a.refused(ctx, u, use)
	}
	shown, err := a.Lenses.Shown(ctx, n, sha256)
	switch {
	case err != nil:
		return err
	case !shown:
		return incident.ErrNotFound
	}
	return a.Register.Use(ctx, u, use)
}
