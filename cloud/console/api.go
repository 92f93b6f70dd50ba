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
	f := incident.Filter{After: r.FormValue("after"), Limit: 100, Scope: incident.Everything}
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
	Version int64            `json:"version"`
	Verdict incident.Verdict `json:"verdict"`
	Why     string           `json:"why"`
}

func (c *Console) acknowledge(w http.ResponseWriter, r *http.Request, s access.Session) {
	if ask, ok := readChange(w, r); ok {
		c.do(w, r, s, ask.Version, incident.Command{Action: incident.Take})
	}
}

// close says what it was: genuine confirms it, everything else rejects it.
func (c *Console) close(w http.ResponseWriter, r *http.Request, s access.Session) {
	ask, ok := readChange(w, r)
	if !ok {
		return
	}
	command := incident.Command{Action: incident.Reject, Verdict: ask.Verdict, Reason: ask.Why}
	if ask.Verdict == incident.Genuine {
		command = incident.Command{Action: incident.Confirm, Reason: ask.Why}
	}
	c.do(w, r, s, ask.Version, command)
}

func (c *Console) do(w http.ResponseWriter, r *http.Request, s access.Session, version int64, command incident.Command) {
	i, err := c.Incidents.Get(r.Context(), r.PathValue("id"))
	if err == nil {
		i, err = c.Incidents.Do(r.Context(), actor(s.User, i), i.ID, version, command)
	}
	c.reply(w, i, err)
}

// actor is somebody with the roles that they hold for an incident.
func actor(u access.User, i incident.Incident) incident.Actor {
	a := access.ActorFor(u, access.Object{Place: i.Place, Class: i.Class, Units: []string{i.Unit, i.HandlingUnit}})
	out := incident.Actor{Name: a.Name, Unit: a.Unit}
	for _, r := range a.Roles {
		out.Roles = append(out.Roles, incident.Role(r))
	}
	return out
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
	case errors.Is(err, incident.ErrInvalid):
		problem(w, http.StatusBadRequest, err.Error())
	case errors.Is(err, incident.ErrForbidden), errors.Is(err, incident.ErrSamePerson):
		problem(w, http.StatusForbidden, err.Error())
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
