package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/incident"
	"eastgate/cloud/register"
	"eastgate/cloud/web"
	"eastgate/shared/event"
)

// A Setup is how far a new system is on its way to the first alarm that people answer.
type Setup struct {
	Steps []SetupStep `json:"steps"`
	Done  int         `json:"done"`
}

// A SetupStep is one step, done or not.
type SetupStep struct {
	Key  string `json:"key"` // administrators, staff, places, box, heard, camera, sound, drill
	Done bool   `json:"done"`
	// Detail is a number or a name that belongs to it.
	Detail string `json:"detail,omitempty"`
}

// sets lets those through who set the system up.
func (a *API) sets(u access.User) error {
	for _, right := range []access.Right{access.ManageAccounts, access.ManageBoxes, access.ManageGrants} {
		if access.May(u, right, access.Anywhere) {
			return nil
		}
	}
	return a.denied(access.ManageAccounts)
}

func (a *API) setup(c *call) (reply, error) {
	if err := a.sets(c.who.User); err != nil {
		return reply{}, err
	}
	s, err := a.Progress(c.Context())
	return ok(s), err
}

// Progress says what of the first steps is done. Nothing is ticked off by hand.
func (a *API) Progress(ctx context.Context) (Setup, error) {
	users, err := a.People.Users(ctx)
	if err != nil {
		return Setup{}, err
	}
	held := map[access.Role]string{}
	for _, u := range users {
		for _, g := range u.Grants {
			if u.Closed == nil && g.Holds(a.Now()) {
				held[g.Role] = u.Person
			}
		}
	}
	places := len(a.Places.Under(""))
	s := Setup{Steps: []SetupStep{
		{"administrators", held[access.SystemAdmin] != "" && held[access.SecurityAdmin] != "" && held[access.AuditAdmin] != "", ""},
		{"staff", held[access.DutyOfficer] != "", held[access.DutyOfficer]},
		{"places", places > 0, count(places)},
	}}
	if err := a.devices(ctx, &s); err != nil {
		return s, err
	}
	if err := a.trials(ctx, &s); err != nil {
		return s, err
	}
	for _, step := range s.Steps {
		if step.Done {
			s.Done++
		}
	}
	return s, nil
}

// devices adds the steps of boxes and cameras.
func (a *API) devices(ctx context.Context, s *Setup) error {
	boxes, err := a.Fleet(ctx)
	if err != nil {
		return err
	}
	var enrolled, heard, camera string
	for _, b := range boxes {
		if b.Revoked != nil {
			continue
		}
		enrolled = b.Site + "/" + b.Box
		if b.Heard != nil {
			heard = enrolled
		}
		if b.Health == nil {
			continue
		}
		for _, cam := range b.Health.Cameras {
			if cam.State == "online" {
				camera = enrolled + "/" + cam.Camera
			}
		}
	}
	s.Steps = append(s.Steps, SetupStep{"box", enrolled != "", enrolled}, SetupStep{"heard", heard != "", heard}, SetupStep{"camera", camera != "", camera})
	return nil
}

// trials adds the steps that show that an alarm is heard and answered.
func (a *API) trials(ctx context.Context, s *Setup) error {
	desks, err := a.Desks.Desks(ctx)
	if err != nil {
		return err
	}
	sound := SetupStep{Key: "sound"}
	for _, d := range desks {
		if !d.SelfTest.IsZero() {
			sound.Done, sound.Detail = true, d.Who
		}
	}
	yes := true
	drills, err := a.Incidents.List(ctx, incident.Filter{Scope: incident.Everything, Test: &yes, Levels: []event.Level{event.Urgent}, Limit: 20})
	if err != nil {
		return err
	}
	drill := SetupStep{Key: "drill"}
	for _, i := range drills {
		if i.TakenAt != nil || i.ConfirmedAt != nil {
			drill.Done, drill.Detail = true, i.Number
		}
	}
	s.Steps = append(s.Steps, sound, drill)
	return nil
}

func count(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// startDrill makes an exercise of the most urgent level, which takes the way of every
// event of a box and is marked as an exercise all along.
func (a *API) startDrill(c *call) (reply, error) {
	u := c.who.User
	if !access.May(u, access.ManageBoxes, access.Anywhere) && !access.May(u, access.HandOver, access.Anywhere) {
		return reply{}, a.denied(access.ManageBoxes)
	}
	right := access.ManageBoxes
	if !access.May(u, right, access.Anywhere) {
		right = access.HandOver
	}
	if err := a.Register.Use(c.Context(), u, register.Use{Right: right, On: access.Anywhere, Act: register.Change, Object: "drill", Detail: "an exercise of level 1", From: web.From(c.Request)}); err != nil {
		return reply{}, err
	}
	id, now := event.NewID(), a.Now().UTC().Truncate(time.Millisecond)
	kind := event.FireButton
	err := a.Record(c.Context(), event.Event{
		ID: id, Episode: id, Source: event.NewSource("centre", "drill", "button"), Kind: kind, State: event.Start, Time: now, Since: now,
		Certainty: "Likely", Severity: kind.Severity(), Urgency: kind.Urgency(), Status: "Exercise", Score: 1, Detector: event.Detector{Name: "drill", Version: "1"},
	})
	return reply{status: http.StatusAccepted, body: map[string]string{"event": id}}, err
}
