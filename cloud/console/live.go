package console

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"eastgate/cloud/access"
)

// The feed: a beat each so often lets a browser notice a dead link; a viewer that
// lags further than this is told to start anew instead of being fed for minutes.
const (
	beatEvery   = 10 * time.Second
	maxLag      = 5000
	streamBatch = 200
	writeWait   = 15 * time.Second
)

// stream sends changes as server-sent events (HTML standard §9.2): each with its
// position as id, from Last-Event-ID or ?after on.
func (c *Console) stream(w http.ResponseWriter, r *http.Request, s access.Session) {
	after, err := startOf(r)
	if err != nil {
		problem(w, http.StatusBadRequest, err.Error())
		return
	}
	wake, done := c.Incidents.Subscribe()
	defer done()
	c.Metrics.streams.Inc()
	defer c.Metrics.streams.Dec()
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // proxies must not hold it back
	f := &feed{w: w, rc: http.NewResponseController(w)}
	if !f.send("hello", "", map[string]string{"name": s.User.Name}) {
		return
	}
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	ends := time.NewTimer(time.Until(s.Expires))
	defer ends.Stop()
	for {
		ok, err := c.catchUp(r, f, &after)
		if err != nil && r.Context().Err() == nil {
			c.Log.Error("feed cannot be read", "err", err)
		}
		if !ok || err != nil {
			return
		}
		select {
		case <-wake:
		case <-beat.C:
			if !f.send("beat", "", map[string]int64{"position": after}) {
				return
			}
		case <-ends.C:
			return
		case <-r.Context().Done():
			return
		}
	}
}

func startOf(r *http.Request) (int64, error) {
	word := r.Header.Get("Last-Event-ID")
	if word == "" {
		word = r.FormValue("after")
	}
	if word == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(word, 10, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("position %.20q is no number", word)
	}
	return n, nil
}

// catchUp sends every change after the viewer's position.
func (c *Console) catchUp(r *http.Request, f *feed, after *int64) (bool, error) {
	last, err := c.Incidents.Last(r.Context())
	if err != nil {
		return false, err
	}
	if last-*after > maxLag || last < *after {
		c.Metrics.resets.Inc()
		*after = last
		return f.send("reset", strconv.FormatInt(last, 10), map[string]int64{"position": last}), nil
	}
	for *after < last {
		changes, err := c.Incidents.Changes(r.Context(), *after, streamBatch)
		if err != nil {
			return false, err
		}
		if len(changes) == 0 {
			return true, nil
		}
		for _, ch := range changes {
			if !f.send("incident", strconv.FormatInt(ch.Position, 10), ch) {
				return false, nil
			}
			*after = ch.Position
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
