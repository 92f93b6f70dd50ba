package console

import (
	"errors"
	"net/http"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/command"
	"eastgate/cloud/evidence"
	"eastgate/cloud/incident"
	"eastgate/cloud/web"
)

// picture gives a file by its hash: of an incident, of a camera that was asked for a
// still, of a command that brought it, or of a place's plan, to who may see that one's
// pictures, or by itself to who may see all of the community's. It never changes, so a browser
// may keep it.
func (c *Console) picture(w http.ResponseWriter, r *http.Request, s access.Session) {
	sum := r.PathValue("sha256")
	var err error
	switch device, plan, asked := r.FormValue("camera"), r.FormValue("plan"), r.FormValue("command"); {
	case device != "":
		err = c.API.CameraPicture(r.Context(), s.User, device, sum, web.From(r))
	case plan != "":
		err = c.API.PlanPicture(r.Context(), s.User, plan, sum)
	case asked != "":
		err = c.API.CommandPicture(r.Context(), s.User, asked, sum, web.From(r))
	default:
		err = c.API.Picture(r.Context(), s.User, r.FormValue("incident"), sum, web.From(r))
	}
	switch {
	case errors.Is(err, incident.ErrNotFound), errors.Is(err, command.ErrNotFound):
		web.NotFound.With("no picture of an incident that you may see").Write(w)
		return
	case err != nil:
		c.broken(w, err)
		return
	}
	f, err := c.Pictures.Get(sum)
	switch {
	case errors.Is(err, evidence.ErrNotFound), errors.Is(err, evidence.ErrName):
		web.NotFound.With(evidence.ErrNotFound.Error()).Write(w)
		return
	case err != nil:
		c.broken(w, err)
		return
	}
	defer f.Close()
	w.Header().Set("Cache-Control", "private, max-age=31536000, immutable")
	w.Header().Set("ETag", `"`+sum+`"`)
	w.Header().Set("Content-Type", evidence.Type(f))
	http.ServeContent(w, r, "", time.Time{}, f)
}

func (c *Console) broken(w http.ResponseWriter, err error) {
	c.Log.Error("request failed", "err", err)
	web.Broken.With("the cloud's database does not answer").Write(w)
}
