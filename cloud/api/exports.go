package api

import (
	"context"
	"errors"
	"iter"
	"net/http"

	"eastgate/cloud/access"
	"eastgate/cloud/export"
	"eastgate/cloud/incident"
	"eastgate/cloud/ledger"
	"eastgate/cloud/register"
	"eastgate/cloud/web"
	"eastgate/shared/event"
)

// exportIncidents sends all that a list shows as a file. Its row in the register is
// committed before the first byte goes.
func (a *API) exportIncidents(c *call) (reply, error) {
	f, err := a.filter(c.said)
	if err != nil {
		return reply{}, err
	}
	use := register.Use{Act: register.Export, Purpose: c.said.word("purpose"), Reason: c.said.word("reason"), Detail: c.URL.RawQuery, From: web.From(c.Request)}
	if err := a.registered(c.Context(), c.who.User, use); err != nil {
		return reply{}, err
	}
	format := export.Format(c.said.word("format"))
	return reply{stream: func(w http.ResponseWriter) error {
		media, ending := format.MediaType()
		w.Header().Set("Content-Type", media)
		w.Header().Set("Content-Disposition", `attachment; filename="incidents-`+a.Now().UTC().Format("20060102-150405")+"."+ending+`"`)
		return export.Incidents(c.Context(), w, format, a.Rows(c.Context(), c.who.User, f))
	}}, nil
}

// Purposes are the words that a list can be taken out for.
var Purposes = register.Purposes

// PrintFilter reads the filter of a page that is to be printed, and has the printing
// written down.
func (a *API) PrintFilter(r *http.Request, u access.User) (incident.Filter, error) {
	said, faults := a.export.params(r)
	for _, f := range faults {
		if f.Field != "format" {
			p := web.Invalid.With(f.Field + ": " + f.Detail)
			return incident.Filter{}, p
		}
	}
	f, err := a.filter(said)
	if err != nil {
		return f, err
	}
	use := register.Use{Act: register.Print, Purpose: said.word("purpose"), Reason: said.word("reason"), Detail: r.URL.RawQuery, From: web.From(r)}
	return f, a.registered(r.Context(), u, use)
}

// A Taking is somebody's wish to take a list of cases out, on paper or as a file.
type Taking struct {
	Print                         bool
	Purpose, Reason, Detail, From string
	Fields                        []string // its columns
}

// TakeOut has it written down that somebody takes a list out, before it is given.
// Without a purpose and a reason it gives register.ErrReason, and without the right a
// problem that says who has it; without a fresh second factor, one that asks for that.
func (a *API) TakeOut(ctx context.Context, s access.Session, t Taking) error {
	u := s.User
	if access.May(u, access.AskExport, access.Anywhere) && !s.Fresh(a.Now()) {
		return web.Second(s)
	}
	use := register.Use{Right: access.AskExport, On: access.Anywhere, Act: register.Export, Object: "export/" + event.NewID(), Purpose: t.Purpose, Reason: t.Reason, Detail: t.Detail, From: t.From, Fields: t.Fields}
	if t.Print {
		use.Act = register.Print
	}
	return takenOut(a.Register.Use(ctx, u, use))
}

// takenOut says in a problem who may take lists out.
func takenOut(err error) error {
	if errors.Is(err, access.ErrForbidden) {
		p := web.Forbidden.With("lists are taken out by roles with the right " + string(access.AskExport))
		p.More = map[string]any{"roles": access.RolesWith(access.AskExport)}
		return p
	}
	return err
}

// registered asks for leave to take a list out, and has it written down.
func (a *API) registered(ctx context.Context, u access.User, use register.Use) error {
	use.Right, use.On, use.Object = access.AskExport, access.Anywhere, "export/"+event.NewID()
	for _, column := range export.Columns {
		use.Fields = append(use.Fields, column.Name)
	}
	return takenOut(a.Register.Use(ctx, u, use))
}

// Rows gives every incident that a filter selects and somebody may see in full, as it
// is exported.
func (a *API) Rows(ctx context.Context, u access.User, f incident.Filter) iter.Seq2[export.Row, error] {
	f.Scope = scope(access.ScopeFor(u, access.SeeIncidents))
	return ledger.Ledger{Incidents: a.Incidents, Whistles: a.Whistles}.Rows(ctx, f)
}
