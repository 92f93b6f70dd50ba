package api

import (
	"context"
	"encoding/json"
	"net/http"

	"eastgate/cloud/access"
	"eastgate/cloud/export"
	"eastgate/cloud/filing"
	"eastgate/cloud/register"
	"eastgate/cloud/web"
	"eastgate/shared/event"
)

// Filing is where cameras are filed.
type Filing interface {
	Rows(ctx context.Context) ([]filing.Row, error)
	Put(ctx context.Context, who access.User, r filing.Record, from string) error
}

func (a *API) putFiling(c *call) (reply, error) {
	var r filing.Record
	if err := json.Unmarshal(c.body, &r); err != nil {
		return reply{}, err
	}
	r.Camera = event.NewSource(c.said.word("site"), c.said.word("box"), c.said.word("camera"))
	return reply{status: http.StatusNoContent}, a.Filing.Put(c.Context(), c.who.User, r, web.From(c.Request))
}

// exportFiling sends what is told of every camera, as a file.
func (a *API) exportFiling(c *call) (reply, error) {
	use := register.Use{Right: access.ManagePlaces, On: access.Anywhere, Act: register.Export, Object: "filing", Fields: filing.Titles, From: web.From(c.Request)}
	if err := a.Register.Use(c.Context(), c.who.User, use); err != nil {
		return reply{}, err
	}
	rows, err := a.Filing.Rows(c.Context())
	if err != nil {
		return reply{}, err
	}
	format := export.Format(c.said.word("format"))
	return reply{stream: func(w http.ResponseWriter) error {
		media, ending := format.MediaType()
		w.Header().Set("Content-Type", media)
		w.Header().Set("Content-Disposition", `attachment; filename="filing-`+a.Now().UTC().Format("20060102-150405")+"."+ending+`"`)
		return export.Write(c.Context(), w, format, export.Table{Name: "filing", Titles: filing.Titles}, filing.Cells(rows))
	}}, nil
}
