package main

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"time"

	"eastgate/cloud/police"
	"eastgate/cloud/police/policetest"
)

// handler shows what the station has, as a page and as JSON, and takes commands. A
// form comes back to the page.
func handler(s *policetest.Station, p *plug, t police.Topics) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { show(w, s.View()) })
	mux.HandleFunc("GET /view", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(s.View()) //nolint:errcheck // nobody is left to hear it
	})
	command := func(pattern string, do func(r *http.Request) error) {
		mux.HandleFunc("POST "+pattern, func(w http.ResponseWriter, r *http.Request) {
			err := do(r)
			switch {
			case err != nil:
				http.Error(w, err.Error(), http.StatusBadRequest)
			case r.Header.Get("Content-Type") == "application/x-www-form-urlencoded" && r.FormValue("page") != "":
				http.Redirect(w, r, "/", http.StatusSeeOther)
			default:
				w.WriteHeader(http.StatusNoContent)
			}
		})
	}
	command("/behave", func(r *http.Request) error { return behave(s, r) })
	command("/feedback", func(r *http.Request) error {
		_, err := s.Feedback(r.FormValue("incident"), r.FormValue("word"), r.FormValue("text"))
		return err
	})
	command("/statement", func(r *http.Request) error { return s.State(r.FormValue("month")) })
	command("/say", func(r *http.Request) error {
		topic := map[string]string{"ack": t.Ack(), "feedback": t.Feedback(), "test": t.Test()}[r.FormValue("topic")]
		if topic == "" {
			return errors.New("topic is ack, feedback or test")
		}
		return s.Say(topic, r.FormValue("text"))
	})
	command("/plug", func(r *http.Request) error {
		switch r.FormValue("out") {
		case "true":
			return p.out()
		case "false":
			return p.in()
		}
		return errors.New("out is true or false")
	})
	return mux
}

func behave(s *policetest.Station, r *http.Request) error {
	var said struct {
		policetest.Behaviour
		Delay string `json:"delay"`
	}
	d := json.NewDecoder(http.MaxBytesReader(nil, r.Body, 4<<10))
	d.DisallowUnknownFields()
	if err := d.Decode(&said); err != nil {
		return fmt.Errorf("want JSON such as {\"delay\":\"45s\",\"lose\":0.2}: %w", err)
	}
	if said.Delay != "" {
		var err error
		if said.Behaviour.Delay, err = time.ParseDuration(said.Delay); err != nil {
			return err
		}
	}
	s.Behave(said.Behaviour)
	return nil
}

//go:embed page.html
var page string

var view = template.Must(template.New("police").Funcs(template.FuncMap{
	"clock": func(t time.Time) string { return t.In(time.FixedZone("", 8*60*60)).Format("15:04:05") },
	"text": func(body json.RawMessage) string {
		var e struct{ Data struct{ Text string } }
		json.Unmarshal(body, &e) //nolint:errcheck // then there is no text
		return e.Data.Text
	},
	"state": func(body json.RawMessage) string {
		var e struct {
			Data struct {
				State, Reason string
				Cameras       struct{ Up, Down, Unknown int }
			}
		}
		if json.Unmarshal(body, &e) != nil {
			return "—"
		}
		c := e.Data.Cameras
		return fmt.Sprintf("%s %s · 摄像机 cameras: %d 在线 up, %d 离线 down, %d 未知 unknown", e.Data.State, e.Data.Reason, c.Up, c.Down, c.Unknown)
	},
}).Parse(page))

// shown is how many notices the page shows at most.
const shown = 100

func show(w http.ResponseWriter, v policetest.View) {
	slices.Reverse(v.Notices)
	v.Notices = v.Notices[:min(len(v.Notices), shown)]
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'")
	view.Execute(w, v) //nolint:errcheck // nobody is left to see it
}
