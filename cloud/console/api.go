package console

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/evidence"
	"eastgate/cloud/incident"
)

func (c *Console) me(w http.ResponseWriter, _ *http.Request, s access.Session) {
	answer(w, map[string]any{"name": s.User.Name, "roles": access.ActorFor(s.User, access.Anywhere).Roles, "csrf": s.CSRF, "expires": s.Expires})
}

// A page of incidents, and how far the feed is that it stands for: a viewer that
// listens from there misses nothing.
type listing struct {
	Incidents []incident.Incident `json:"incidents"`
	Position  int64               `json:"position"`
	Names     map[string]string   `json:"names"` // of cameras, by "site/box/camera"
}

func (c *Console) list(w http.ResponseWriter, r *http.Request, _ access.Session) {
	f := incident.Filter{Before: r.FormValue("before"), Limit: 100}
	for _, s := range strings.Split(r.FormValue("state"), ",") {
		if s != "" {
			f.States = append(f.States, incident.State(s))
		}
	}
	if n, err := strconv.Atoi(r.FormValue("limit")); err == nil && n > 0 {
		f.Limit = n
	}
	// The position first: what changes in between comes twice rather than never.
	last, err := c.Incidents.Last(r.Context())
	if err != nil {
		c.broken(w, err)
		return
	}
	list, err := c.Incidents.List(r.Context(), f)
	if err != nil {
		c.broken(w, err)
		return
	}
	if list == nil {
		list = []incident.Incident{}
	}
	names, err := c.Cameras.CameraNames(r.Context())
	if err != nil {
		c.broken(w, err)
		return
	}
	answer(w, listing{list, last, names})
}

func (c *Console) incident(w http.ResponseWriter, r *http.Request, _ access.Session) {
	i, err := c.Incidents.Get(r.Context(), r.PathValue("id"))
	c.reply(w, i, err)
}

// A change is what a person asks for.
type change struct {
	Version int64  `json:"version"`
	Verdict string `json:"verdict"`
	Why     string `json:"why"`
}

func (c *Console) acknowledge(w http.ResponseWriter, r *http.Request, s access.Session) {
	ask, ok := readChange(w, r)
	if !ok {
		return
	}
	i, err := c.Incidents.Acknowledge(r.Context(), r.PathValue("id"), ask.Version, s.User.Name)
	c.reply(w, i, err)
}

func (c *Console) close(w http.ResponseWriter, r *http.Request, s access.Session) {
	ask, ok := readChange(w, r)
	if !ok {
		return
	}
	i, err := c.Incidents.Close(r.Context(), r.PathValue("id"), ask.Version, s.User.Name, ask.Verdict, ask.Why)
	c.reply(w, i, err)
}

func readChange(w http.ResponseWriter, r *http.Request) (change, bool) {
	var ask change
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&ask); err != nil {
		problem(w, http.StatusBadRequest, "want {version, verdict, why}")
		return ask, false
	}
	return ask, true
}

// reply gives an incident, or says why not. With a conflict it gives the incident
// as it is now, so that the page can show who was faster.
func (c *Console) reply(w http.ResponseWriter, i incident.Incident, err error) {
	switch {
	case err == nil:
		answer(w, i)
	case errors.Is(err, incident.ErrNotFound):
		problem(w, http.StatusNotFound, err.Error())
	case errors.Is(err, incident.ErrVerdict):
		problem(w, http.StatusBadRequest, err.Error())
	case errors.Is(err, incident.ErrConflict):
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusConflict)
		json.NewEncoder(w).Encode(map[string]any{"status": http.StatusConflict, "title": "Conflict", "detail": err.Error(), "incident": i})
	default:
		c.broken(w, err)
	}
}

// picture gives a picture or clip by its hash, or a range of it. It never changes,
// so a browser may keep it.
func (c *Console) picture(w http.ResponseWriter, r *http.Request, s access.Session) {
	f, err := c.Pictures.Get(r.PathValue("sha256"))
	switch {
	case errors.Is(err, evidence.ErrNotFound), errors.Is(err, evidence.ErrName):
		problem(w, http.StatusNotFound, evidence.ErrNotFound.Error())
		return
	case err != nil:
		c.broken(w, err)
		return
	}
	defer f.Close()
	c.Log.Info("evidence shown", "name", s.User.Name, "sha256", r.PathValue("sha256"))
	w.Header().Set("Cache-Control", "private, max-age=31536000, immutable")
	w.Header().Set("ETag", `"`+r.PathValue("sha256")+`"`)
	w.Header().Set("Content-Type", evidence.Type(f))
	http.ServeContent(w, r, "", time.Time{}, f)
}

func (c *Console) broken(w http.ResponseWriter, err error) {
	c.Log.Error("request failed", "err", err)
	problem(w, http.StatusInternalServerError, "the cloud's database does not answer")
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}

// problem answers in the form of RFC 9457.
func problem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"status": status, "title": http.StatusText(status), "detail": detail})
}
