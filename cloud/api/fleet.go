package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/register"
	"eastgate/cloud/web"
	"eastgate/shared/wire"
)

// A BoxRow is a box and what it last told of itself.
type BoxRow struct {
	Site, Box          string
	Enrolled           time.Time
	Revoked            *time.Time
	Heard, HealthHeard *time.Time
	Certificate        *time.Time      // until when it is good; nil: it has none
	Code               *time.Time      // until when one may be used; nil: none is open
	Status             *wire.BoxStatus // nil: nothing was told yet
	Health             *wire.BoxHealth
}

// An Enroller lets boxes speak.
type Enroller interface {
	Enrol(ctx context.Context, by access.User, site, box string) (Enrolment, error)
	Revoke(ctx context.Context, site, box string) error
}

// An Enrolment is what a box needs to enrol. The code is told only now and never stored:
// sent again, the request makes another one.
type Enrolment struct {
	Site    string    `json:"site"`
	Box     string    `json:"box"`
	Code    string    `json:"code"`
	Expires time.Time `json:"expires"`
	Address string    `json:"address"` // of the cloud, for boxes
}

// A Box is what the office sees of one.
type Box struct {
	Site     string     `json:"site"`
	Box      string     `json:"box"`
	State    string     `json:"state"` // online, silent, away, never, revoked
	Enrolled time.Time  `json:"enrolled"`
	Revoked  *time.Time `json:"revoked"`
	Heard    *time.Time `json:"heard"`
	Since    *time.Time `json:"since"` // since when its program runs
	// Certificate is until when its certificate is good, Code until when a code for it may
	// be used; nil for none.
	Certificate *time.Time `json:"certificate_until"`
	Code        *time.Time `json:"code_until"`
	Version     string     `json:"version"`
	Host        string     `json:"host"`
	// Waiting are events that it has not delivered; ClockAhead is how far its clock is
	// ahead of the cloud's, in seconds; both nil when it told nothing.
	Waiting    *int64              `json:"waiting"`
	ClockAhead *float64            `json:"clock_ahead_s"`
	Cameras    []wire.CameraHealth `json:"cameras"`
	Sensors    []wire.SensorHealth `json:"sensors"`
}

// silentAfter is how long a box that tells of itself each 30 s may say nothing.
const silentAfter = 2 * time.Minute

func (a *API) boxView(b BoxRow) Box {
	v := Box{Site: b.Site, Box: b.Box, Enrolled: b.Enrolled, Revoked: b.Revoked, Heard: b.Heard, Certificate: b.Certificate, Code: b.Code, State: "never", Cameras: []wire.CameraHealth{}, Sensors: []wire.SensorHealth{}}
	if b.Status != nil {
		v.Version, v.Host, v.Since = b.Status.Version, b.Status.Host, &b.Status.Since
		v.State = map[bool]string{true: "online", false: "away"}[b.Status.Online]
	}
	if b.Health != nil {
		v.Waiting, v.Cameras = &b.Health.Waiting, append(v.Cameras, b.Health.Cameras...)
		v.Sensors = append(v.Sensors, b.Health.Sensors...)
		if b.HealthHeard != nil && !b.Health.At.IsZero() {
			ahead := b.Health.At.Sub(*b.HealthHeard).Seconds()
			v.ClockAhead = &ahead
		}
	}
	switch {
	case b.Revoked != nil:
		v.State = "revoked"
	case v.State == "online" && (b.Heard == nil || a.Now().Sub(*b.Heard) > silentAfter):
		v.State = "silent"
	}
	return v
}

// seesBoxes lets those through who look after boxes, or after cameras.
func (a *API) seesBoxes(u access.User) error {
	if access.May(u, access.ManageBoxes, access.Anywhere) || access.May(u, access.SeeVideo, access.Anywhere) {
		return nil
	}
	return a.denied(access.ManageBoxes)
}

// denied says who has a right.
func (a *API) denied(right access.Right) error {
	p := web.Forbidden.With("it takes the right " + string(right))
	p.More = map[string]any{"roles": access.RolesWith(right)}
	return p
}

func (a *API) listBoxes(c *call) (reply, error) {
	if err := a.seesBoxes(c.who.User); err != nil {
		return reply{}, err
	}
	list, err := a.Fleet(c.Context())
	out := []Box{}
	for _, b := range list {
		out = append(out, a.boxView(b))
	}
	return ok(out), err
}

// may asks for a right of the centre's own affairs and has its use written down, also
// a refusal.
func (a *API) may(c *call, right access.Right, object, what string) error {
	err := a.Register.Use(c.Context(), c.who.User, register.Use{Right: right, On: access.Anywhere, Act: register.Change, Object: object, Detail: what, From: web.From(c.Request)})
	if onlyForbidden(err) {
		return a.denied(right)
	}
	return err
}

type boxName struct {
	Site string `json:"site"`
	Box  string `json:"box"`
}

func (a *API) enrolBox(c *call) (reply, error) {
	var said boxName
	if err := json.Unmarshal(c.body, &said); err != nil {
		return reply{}, web.Malformed.With(err.Error())
	}
	if err := a.may(c, access.ManageBoxes, "box/"+said.Site+"/"+said.Box, "enrol"); err != nil {
		return reply{}, err
	}
	out, err := a.Enroller.Enrol(c.Context(), c.who.User, said.Site, said.Box)
	if err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusCreated, body: out}, nil
}

func (a *API) revokeBox(c *call) (reply, error) {
	site, box := c.said.word("site"), c.said.word("box")
	var said struct {
		Reason string `json:"reason"`
	}
	if err := json.Unmarshal(c.body, &said); err != nil {
		return reply{}, web.Malformed.With(err.Error())
	}
	if err := a.may(c, access.ManageBoxes, "box/"+site+"/"+box, "revoke: "+said.Reason); err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusNoContent}, a.Enroller.Revoke(c.Context(), site, box)
}
