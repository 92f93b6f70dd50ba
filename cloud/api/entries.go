package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/kpi"
	"eastgate/cloud/register"
	"eastgate/cloud/web"
)

// entries are what the figures need and no machine can count.
type entries struct {
	Efforts []struct {
		Day    time.Time `json:"day"`
		Role   string    `json:"role"`
		Worker string    `json:"worker"`
		Task   string    `json:"task"`
		Method string    `json:"method"`
		Hours  float64   `json:"hours"`
	} `json:"efforts"`
	Audits []struct {
		At    time.Time `json:"at"`
		Place string    `json:"place"`
		Hours float64   `json:"hours"`
		Found int       `json:"found"`
		Known int       `json:"known"`
	} `json:"audits"`
	Fires []struct {
		Month string `json:"month"`
		Fires int    `json:"fires"`
	} `json:"fires"`
	Baselines []struct {
		Of     string    `json:"of"`
		From   time.Time `json:"from"`
		To     time.Time `json:"to"`
		Method string    `json:"method"`
	} `json:"baselines"`
}

// enterFigures takes them in, from somebody whom the figures do not score. Who
// entered what is in the register.
func (a *API) enterFigures(c *call) (reply, error) {
	var said entries
	if err := json.Unmarshal(c.body, &said); err != nil {
		return reply{}, web.Malformed.With(err.Error())
	}
	efforts, audits, fires := said.efforts(), said.audits(), said.fires()
	if err := said.faults(efforts, audits); err != nil {
		return reply{}, web.Invalid.With(err.Error())
	}
	if err := a.Register.Use(c.Context(), c.who.User, register.Use{
		Right: access.EnterFigures, On: access.Anywhere, Act: register.Change, Object: "figures", From: web.From(c.Request),
		Detail: fmt.Sprintf("%d efforts, %d audits, %d months of fires, %d baselines", len(efforts), len(audits), len(fires), len(said.Baselines)),
	}); err != nil {
		return reply{}, err
	}
	ctx, who, now := c.Context(), c.who.User.Name, a.Now()
	err := errors.Join(a.Book.AddEffort(ctx, who, now, efforts...), a.Book.AddAudit(ctx, who, now, audits...), a.Book.SetOfficial(ctx, who, now, fires...))
	for _, b := range said.Baselines {
		err = errors.Join(err, a.Book.SetBaseline(ctx, who, now, kpi.Baseline{Of: b.Of, From: b.From, To: b.To, Method: b.Method}))
	}
	return reply{status: http.StatusNoContent}, err
}

func (s entries) efforts() (out []kpi.Effort) {
	for _, e := range s.Efforts {
		out = append(out, kpi.Effort{Day: e.Day, Role: e.Role, Worker: e.Worker, Task: e.Task, Method: e.Method, Hours: e.Hours})
	}
	return out
}

func (s entries) audits() (out []kpi.Audit) {
	for _, x := range s.Audits {
		out = append(out, kpi.Audit{At: x.At, Place: x.Place, Hours: x.Hours, Found: x.Found, Known: x.Known})
	}
	return out
}

func (s entries) fires() (out []kpi.Official) {
	for _, f := range s.Fires {
		out = append(out, kpi.Official{Month: f.Month, Fires: f.Fires})
	}
	return out
}

// faults are all that is wrong, before anything is written.
func (s entries) faults(efforts []kpi.Effort, audits []kpi.Audit) error {
	var faults []error
	for _, e := range efforts {
		faults = append(faults, e.Check())
	}
	for _, x := range audits {
		faults = append(faults, x.Check())
	}
	for _, b := range s.Baselines {
		faults = append(faults, kpi.Baseline{Of: b.Of, From: b.From, To: b.To, Method: b.Method}.Check())
	}
	return errors.Join(faults...)
}
