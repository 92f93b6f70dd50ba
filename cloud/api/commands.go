package api

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/command"
	"eastgate/cloud/incident"
	"eastgate/cloud/place"
	"eastgate/cloud/register"
	"eastgate/cloud/web"
	"eastgate/shared/event"
)

// Commands asks boxes to do things.
type Commands interface {
	Send(ctx context.Context, o command.Order) (command.Command, error)
	Wait(ctx context.Context, id string) (command.Command, error)
	List(ctx context.Context, f command.Filter) ([]command.Command, error)
}

// Boxes knows the boxes that may speak.
type Boxes interface {
	List(ctx context.Context) ([]access.Box, error)
}

// Devices knows where devices hang.
type Devices interface {
	Resolve(s event.Source) place.Found
}

// A commandRule says who may ask for a command, of which the args name the device,
// and what is written into the register before it is sent.
type commandRule struct {
	right  access.Right
	device string       // the field of args
	act    register.Act // empty: nothing is shown, and the commands themselves say who asked
}

// commandRules is the one table of what may be asked for here. Settings of a camera
// have operations of their own, which keep their versions.
var commandRules = map[string]commandRule{
	"snapshot":    {access.SeePictures, "camera", register.Snapshot},
	"clip":        {access.SeeVideo, "camera", register.Playback},
	"arm":         {access.Silence, "camera", ""},
	"disarm":      {access.Silence, "camera", ""},
	"sensor_test": {access.Silence, "sensor", ""},
	"lessons":     {access.TuneCameras, "camera", ""}, // what false alarms have taught it
	"forget":      {access.TuneCameras, "camera", ""},
}

// An ask is the body of a command.
type ask struct {
	Name    string          `json:"name"`
	Args    json.RawMessage `json:"args"`
	Seconds int             `json:"seconds"`
	Purpose string          `json:"purpose"`
	Reason  string          `json:"reason"`
}

// commandLife is how long a command may wait for its box when nobody says.
const commandLife = time.Minute

func (a *API) sendCommand(c *call) (reply, error) {
	var q ask
	if err := json.Unmarshal(c.body, &q); err != nil {
		return reply{}, web.Malformed.With(err.Error())
	}
	site, box := c.said.word("site"), c.said.word("box")
	rule, device, err := deviceOf(q.Name, q.Args)
	if err != nil {
		return reply{}, err
	}
	if err := a.enrolled(c.Context(), site, box); err != nil {
		return reply{}, err
	}
	source := event.NewSource(site, box, device)
	on := a.deviceObject(source)
	if rule.act != "" {
		err = a.Register.Use(c.Context(), c.who.User, register.Use{
			Right: rule.right, On: on, Act: rule.act, Object: "camera" + string(source), Purpose: q.Purpose, Reason: q.Reason, Detail: "command " + q.Name, From: web.From(c.Request),
		})
	} else if !access.May(c.who.User, rule.right, on) {
		err = access.ErrForbidden
	}
	if err != nil {
		return reply{}, err
	}
	life := commandLife
	if q.Seconds > 0 {
		life = time.Duration(q.Seconds) * time.Second
	}
	sent, err := a.Commands.Send(c.Context(), command.Order{Site: site, Box: box, Name: q.Name, Args: q.Args, TTL: life, By: c.who.User.Name})
	if err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusAccepted, body: sent, location: "/api/v1/commands/" + sent.ID}, nil
}

// deviceOf returns the rule of a command and the device that its args name.
func deviceOf(name string, args json.RawMessage) (commandRule, string, error) {
	rule, known := commandRules[name]
	if !known {
		return rule, "", bodyFault("/name", "is no command that can be asked for here")
	}
	var fields map[string]json.RawMessage
	var device string
	if json.Unmarshal(args, &fields) != nil || json.Unmarshal(fields[rule.device], &device) != nil || !event.ValidName(device) {
		return rule, "", bodyFault("/args/"+rule.device, "is the name of a device: "+event.NameRule)
	}
	return rule, device, nil
}

func bodyFault(field, detail string) error {
	p := web.Invalid.With("the command is not whole")
	p.Faults = []web.Fault{{In: "body", Field: field, Detail: detail}}
	return p
}

// deviceObject is what rights on a device are asked for.
func (a *API) deviceObject(s event.Source) access.Object {
	f := a.Devices.Resolve(s)
	on := access.Object{Place: f.Path}
	if f.Unit != "" {
		on.Units = []string{f.Unit}
	}
	return on
}

// enrolled reports that there is no such box, or nil.
func (a *API) enrolled(ctx context.Context, site, box string) error {
	all, err := a.Boxes.List(ctx)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(b access.Box) bool { return b.Site == site && b.Box == box && b.Revoked == nil }) {
		return web.NotFound.With("no box of that name is enrolled")
	}
	return nil
}

// seesCommand reports whether somebody may know of a command: who asked, and who
// might have.
func (a *API) seesCommand(u access.User, c command.Command) bool {
	if c.By == u.Name || access.May(u, access.ManageBoxes, access.Anywhere) {
		return true
	}
	rule, device, err := deviceOf(c.Name, c.Args)
	return err == nil && access.May(u, rule.right, a.deviceObject(event.NewSource(c.Site, c.Box, device)))
}

// getCommand answers at once, or when the command has ended, within the seconds that
// the asker wants to wait.
func (a *API) getCommand(c *call) (reply, error) {
	ctx, stop := context.WithTimeout(c.Context(), time.Duration(c.said.number("wait", 0))*time.Second)
	defer stop()
	one, err := a.Commands.Wait(ctx, c.said.word("id"))
	if err == nil && !a.seesCommand(c.who.User, one) {
		err = command.ErrNotFound
	}
	return ok(one), err
}

type commandPage struct {
	Commands []command.Command `json:"commands"`
	Next     string            `json:"next,omitempty"`
}

func (a *API) listCommands(c *call) (reply, error) {
	after, err := unseal(c.said.word("after"))
	if err != nil {
		return reply{}, err
	}
	f := command.Filter{Site: c.said.word("site"), Box: c.said.word("box"), Before: after, Limit: c.said.number("limit", defaultPage)}
	list, err := a.Commands.List(c.Context(), f)
	if err != nil {
		return reply{}, err
	}
	page := commandPage{Commands: []command.Command{}}
	for _, one := range list {
		if a.seesCommand(c.who.User, one) {
			page.Commands = append(page.Commands, one)
		}
	}
	if len(list) == f.Limit {
		page.Next = seal(list[len(list)-1].ID)
	}
	return ok(page), nil
}

// Watch lets somebody see a camera live, and has it written down first.
func (a *API) Watch(ctx context.Context, u access.User, camera event.Source, purpose, reason, from string) error {
	return a.Register.Use(ctx, u, register.Use{
		Right: access.SeeVideo, On: a.deviceObject(camera), Act: register.Playback, Object: "camera" + string(camera), Purpose: purpose, Reason: reason, Detail: "live", From: from,
	})
}

// MayWatch reports whether somebody may see a camera live; whether they need a reason
// the register says.
func (a *API) MayWatch(u access.User, camera event.Source) bool {
	return access.May(u, access.SeeVideo, a.deviceObject(camera))
}

// CommandPicture lets somebody see the file that a command brought, by its hash;
// incident.ErrNotFound when there is none for them. Who asked for it has said why.
func (a *API) CommandPicture(ctx context.Context, u access.User, id, sha256, from string) error {
	one, err := a.Commands.Wait(ended(ctx), id)
	if err != nil {
		return err
	}
	var brought struct {
		SHA256 string `json:"sha256"`
		Type   string `json:"type"`
	}
	rule, device, err := deviceOf(one.Name, one.Args)
	if err != nil || json.Unmarshal(one.Data, &brought) != nil || brought.SHA256 != sha256 || (one.By != u.Name && rule.act == register.Playback) {
		return incident.ErrNotFound // another's clip needs a reason of one's own
	}
	use := register.Use{
		Right: access.SeePictures, On: a.deviceObject(event.NewSource(one.Site, one.Box, device)), Act: rule.act, Object: "picture/" + sha256, Detail: "command " + id, From: from,
	}
	if !access.May(u, use.Right, use.On) {
		return a.refused(ctx, u, use)
	}
	return a.Register.Use(ctx, u, use)
}

// ended is a context that waits for nothing.
func ended(ctx context.Context) context.Context {
	ctx, stop := context.WithCancel(ctx)
	stop()
	return ctx
}
