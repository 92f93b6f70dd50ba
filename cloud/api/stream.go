package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/incident"
)

// The feed: a beat each so often lets a browser notice a dead link; a viewer that
// lags further than this is told to start anew instead of being fed for minutes.
const (
	beatEvery   = 10 * time.Second
	maxLag      = 5000
	streamBatch = 200
	writeWait   = 15 * time.Second
)

// A change is one step, as one viewer may see it.
type change struct {
	Position int64           `json:"position"`
	Action   incident.Action `json:"action"`
	By       string          `json:"by,omitempty"`
	Incident Incident        `json:"incident"`
}

// stream sends changes as server-sent events (HTML standard §9.2): each with its
// position as id, from Last-Event-ID or ?after on.
func (a *API) stream(c *call) (reply, error) {
	return reply{stream: func(w http.ResponseWriter) error {
		a.follow(w, c, int64(c.said.number("Last-Event-ID", c.said.number("after", 0))))
		return nil
	}}, nil
}

func (a *API) follow(w http.ResponseWriter, c *call, after int64) {
	wake, done := a.Incidents.Subscribe()
	defer done()
	a.Metrics.streams.Inc()
	defer a.Metrics.streams.Dec()
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // proxies must not hold it back
	f := &feed{w: w, rc: http.NewResponseController(w)}
	if !f.send("hello", "", map[string]string{"name": c.who.User.Name}) {
		return
	}
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	ends := time.NewTimer(time.Until(c.who.Expires))
	defer ends.Stop()
	for {
		ok, err := a.catchUp(c, f, &after)
		if err != nil && c.Context().Err() == nil {
			a.Log.Error("feed cannot be read", "err", err)
		}
		if !ok || err != nil {
			return
		}
		select {
		case <-wake:
		case <-beat.C:
			if !a.stillIn(c) || !f.send("beat", "", map[string]int64{"position": after}) {
				return
			}
		case <-ends.C:
			return
		case <-c.Context().Done():
			return
		}
	}
}

// stillIn looks again who the viewer is: who was sent away, or lost a grant, sees no
// more.
func (a *API) stillIn(c *call) bool {
	s, err := a.Door.Session(c.Request)
	if err != nil {
		return false
	}
	c.who = s
	return true
}

// catchUp sends every change after the viewer's position that is in his scope.
func (a *API) catchUp(c *call, f *feed, after *int64) (bool, error) {
	last, err := a.Incidents.Last(c.Context())
	if err != nil {
		return false, err
	}
	if last-*after > maxLag || last < *after {
		a.Metrics.resets.Inc()
		*after = last
		return f.send("reset", strconv.FormatInt(last, 10), map[string]int64{"position": last}), nil
	}
	sees := access.ScopeOf(c.who.User)
	for *after < last {
		changes, err := a.Incidents.Changes(c.Context(), *after, streamBatch)
		if err != nil {
			return false, err
		}
		if len(changes) == 0 {
			return true, nil
		}
		ids := make([]string, len(changes))
		for n, ch := range changes {
			ids[n] = ch.Incident.ID
		}
		asked, err := a.asked(c.Context(), sees, ids)
		if err != nil {
			return false, err
		}
		for _, ch := range changes {
			*after = ch.Position
			units := asked[ch.Incident.ID].Units
			if !sees.Shows(object(ch.Incident, units...)) {
				continue
			}
			v := change{ch.Position, ch.Step.Action, ch.Step.Actor, a.View(c.who.User, ch.Incident, units...)}
			if v.Incident.Hidden {
				v.By = ""
			}
			if !f.send("incident", strconv.FormatInt(ch.Position, 10), v) {
				return false, nil
			}
		}
	}
	return true, nil
}

// A feed writes one viewer's events. A viewer that does not take them in time is
// cut off; it comes back and is replayed what it missed.
type feed struct {
	w  http.ResponseWriter
	rc *http.ResponseController
}

func (f *feed) send(name, id string, v any) bool {
	data, err := json.Marshal(v)
	if err != nil {
		return false
	}
	f.rc.SetWriteDeadline(time.Now().Add(writeWait)) //nolint:errcheck // where it is not supported the link's own limits hold
	if id != "" {
		id = "id: " + id + "\n"
	}
	if _, err := fmt.Fprintf(f.w, "%sevent: %s\ndata: %s\n\n", id, name, data); err != nil {
		return false
	}
	return f.rc.Flush() == nil
}
