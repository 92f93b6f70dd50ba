package api

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/handover"
	"eastgate/cloud/incident"
	"eastgate/cloud/report"
	"eastgate/shared/event"
)

// Handovers are the sheets of shifts.
type Handovers interface {
	Sign(ctx context.Context, who access.User, f handover.Facts, text string) (handover.Sheet, error)
	Opened(ctx context.Context, who access.User, sheet, incident string) error
	Take(ctx context.Context, who access.User, sheet, text string) (handover.Sheet, error)
	Sheet(ctx context.Context, who access.User, id string) (handover.Sheet, error)
	Sheets(ctx context.Context, who access.User, before string, limit int) ([]handover.Sheet, error)
}

// handsOver lets those through who sign for a shift.
func (a *API) handsOver(c *call) error {
	if !access.May(c.who.User, access.HandOver, access.Anywhere) {
		return a.denied(access.HandOver)
	}
	return nil
}

type sheetPage struct {
	Sheets []handover.Sheet `json:"sheets"`
	Next   string           `json:"next,omitempty"`
}

func (a *API) listHandovers(c *call) (reply, error) {
	if err := a.handsOver(c); err != nil {
		return reply{}, err
	}
	before, err := unseal(c.said.word("after"))
	if err != nil {
		return reply{}, err
	}
	limit := c.said.number("limit", 30)
	list, err := a.Handovers.Sheets(c.Context(), c.who.User, before, limit)
	page := sheetPage{Sheets: list}
	if len(list) == limit {
		page.Next = seal(list[len(list)-1].ID)
	}
	return ok(page), err
}

func (a *API) handoverNow(c *call) (reply, error) {
	if err := a.handsOver(c); err != nil {
		return reply{}, err
	}
	f, err := a.facts(c)
	return ok(f), err
}

func (a *API) getHandover(c *call) (reply, error) {
	if err := a.handsOver(c); err != nil {
		return reply{}, err
	}
	s, err := a.Handovers.Sheet(c.Context(), c.who.User, c.said.word("id"))
	return ok(s), err
}

func (a *API) signHandover(c *call) (reply, error) {
	if err := a.handsOver(c); err != nil {
		return reply{}, err
	}
	var said struct{ Text string }
	if err := json.Unmarshal(c.body, &said); err != nil {
		return reply{}, err
	}
	f, err := a.facts(c)
	if err != nil {
		return reply{}, err
	}
	s, err := a.Handovers.Sign(c.Context(), c.who.User, f, said.Text)
	return reply{status: http.StatusCreated, body: s, location: "/api/v1/handovers/" + s.ID}, err
}

func (a *API) openHandover(c *call) (reply, error) {
	if err := a.handsOver(c); err != nil {
		return reply{}, err
	}
	var said struct{ Incident string }
	if err := json.Unmarshal(c.body, &said); err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusNoContent}, a.Handovers.Opened(c.Context(), c.who.User, c.said.word("id"), said.Incident)
}

func (a *API) takeHandover(c *call) (reply, error) {
	if err := a.handsOver(c); err != nil {
		return reply{}, err
	}
	var said struct{ Text string }
	if len(c.body) > 0 {
		if err := json.Unmarshal(c.body, &said); err != nil {
			return reply{}, err
		}
	}
	s, err := a.Handovers.Take(c.Context(), c.who.User, c.said.word("id"), said.Text)
	return ok(s), err
}

// mostUrgent bounds how many matters a sheet names one by one.
const mostUrgent = 200

// facts are how things stand now, for who signs.
func (a *API) facts(c *call) (handover.Facts, error) {
	f := handover.Facts{At: a.Now().UTC().Truncate(time.Millisecond), Open: map[string]int{}, Urgent: []handover.Matter{}, Waiting: []handover.Matter{}, Cameras: []handover.Silence{}, Boxes: []handover.Silence{}, Police: "unknown", Messages: "unknown"}
	no := false
	open := incident.Filter{States: incident.OpenStates(), Signals: &no, Test: &no}
	for level := event.Urgent; level <= event.Minor; level++ {
		one := open
		one.Levels = []event.Level{level}
		n, err := a.Count(c.Context(), c.who.User, one)
		if err != nil {
			return f, err
		}
		f.Open[string(rune('0'+level))] = n
	}
	late := open
	late.Overdue = a.Now()
	var err error
	if f.Overdue, err = a.Count(c.Context(), c.who.User, late); err != nil {
		return f, err
	}
	urgent, waiting := open, open
	urgent.Levels, urgent.Sort, urgent.Limit = []event.Level{event.Urgent, event.Serious}, incident.Grave, mostUrgent
	waiting.States, waiting.Limit = []incident.State{incident.Suspended}, mostUrgent
	if f.Urgent, err = a.matters(c, urgent); err != nil {
		return f, err
	}
	if f.Waiting, err = a.matters(c, waiting); err != nil {
		return f, err
	}
	return f, a.silences(c, &f)
}

func (a *API) matters(c *call, filter incident.Filter) ([]handover.Matter, error) {
	list, _, err := a.List(c.Context(), c.who.User, filter)
	out := []handover.Matter{}
	for _, i := range list {
		out = append(out, handover.Matter{ID: i.ID, Number: i.Number, Class: i.Class, Level: int(i.Level), Place: cmp.Or(i.PlaceName, i.Place), State: string(i.State), Until: i.SuspendedUntil})
	}
	return out, err
}

// silences are the devices that are not seen or heard, and who can be reached.
func (a *API) silences(c *call, f *handover.Facts) error {
	today := a.Now().In(report.Shanghai).Format(time.DateOnly)
	seen, err := a.Coverage.Report(c.Context(), today, today, "")
	if err != nil {
		return err
	}
	for _, o := range seen.Open {
		if a.Now().Sub(o.Since) > handover.Down {
			f.Cameras = append(f.Cameras, handover.Silence{Device: o.Site + "/" + o.Box + "/" + o.Device, Cause: o.Cause, Since: o.Since.UTC()})
		}
	}
	boxes, err := a.Fleet(c.Context())
	if err != nil {
		return err
	}
	for _, b := range boxes {
		if v := a.boxView(b); v.State == "silent" || v.State == "away" {
			f.Boxes = append(f.Boxes, handover.Silence{Device: b.Site + "/" + b.Box, Cause: v.State, Since: b.Heard.UTC()})
		}
	}
	desks, err := a.Desks.Desks(c.Context())
	if err != nil {
		return err
	}
	armed := 0
	for _, d := range desks {
		if d.Armed(a.Now()) {
			armed++
		}
		if at := d.SelfTest.UTC(); !d.SelfTest.IsZero() && (f.SoundTest == nil || at.After(*f.SoundTest)) {
			f.SoundTest = &at
		}
	}
	f.Armed = &armed
	return a.reach(c, f)
}

// reach says whether the police and people's phones can be reached.
func (a *API) reach(c *call, f *handover.Facts) error {
	f.Police, f.Messages = "off", "off"
	if a.Police != nil {
		h, err := a.Police.Health(c.Context())
		if err != nil {
			return err
		}
		f.Police = "down"
		if h.Link.Connected && !h.Killed {
			f.Police = "up"
		}
	}
	robots, err := a.Notify.Health(c.Context())
	if err != nil {
		return err
	}
	for _, r := range robots { // one that works reaches people
		if r.Error == "" && (r.BlockedUntil == nil || !r.BlockedUntil.After(a.Now())) {
			f.Messages = "up"
		} else if f.Messages == "off" {
			f.Messages = "down"
		}
	}
	return nil
}
