package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A reached is the last line that `rig e2e -scenario reach -json` prints: what arrived
// where, in which order, how long after the sensor's alarm, what was lost and what came
// twice.
type reached struct {
	Scenario string    `json:"scenario"`
	Incident string    `json:"incident"`
	Sources  []string  `json:"sources"` // who found it
	Arrived  []arrival `json:"arrived"`
	Plugs    []pulled  `json:"plugs"`
	Lost     []string  `json:"lost"`
	Doubled  []string  `json:"doubled"`
}

type arrival struct {
	Where  string  `json:"where"`
	What   string  `json:"what"`
	AfterS float64 `json:"after_s"`
}

// A pulled plug: what was pulled, how long it took to be seen and where, and how long
// after it was in again everything had arrived.
type pulled struct {
	Plug     string  `json:"plug"`
	Seen     string  `json:"seen"`
	SeenS    float64 `json:"seen_after_s"`
	Incident string  `json:"incident"`
	ArrivedS float64 `json:"all_arrived_after_s"`
}

// A reach is one run of the scenario.
type reach struct {
	*site
	duty  *person
	began time.Time
	proof reached
	// cases are the numbers of incidents that had to arrive, by whether the police are
	// told of them.
	cases map[string]bool
}

// proveReach plays the scene of sensors in, phones and police out, with real brokers,
// and then pulls each plug.
func proveReach(ctx context.Context, asJSON bool) error {
	all, err := drawn(ctx)
	if err != nil {
		return err
	}
	views := slices.DeleteFunc(all, func(v view) bool { return v.name != fireCamera && v.name != "gate" })
	dir, err := os.MkdirTemp("", "eastgate-reach-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s, err := newSite(filepath.Join(dir, "site"), "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer s.down()
	if err := s.show(ctx, views); err != nil {
		return err
	}
	r := &reach{site: s, cases: map[string]bool{}, proof: reached{Scenario: "reach", Lost: []string{}, Doubled: []string{}}}
	if r.duty, err = s.login(ctx, s.user, s.password); err != nil {
		return err
	}
	for _, scene := range []struct {
		name string
		play func(context.Context) error
	}{{"fire", r.fire}, {"robot", r.robot}, {"police", r.policeBroker}, {"sensors", r.sensorBroker}, {"audit", r.audit}} {
		fmt.Fprintf(os.Stderr, "reach: %s …\n", scene.name)
		if err = scene.play(ctx); err != nil {
			err = fmt.Errorf("%s: %w", scene.name, err)
			break
		}
	}
	return r.tell(asJSON, err)
}

func (r *reach) tell(asJSON bool, err error) error {
	if asJSON {
		if err := json.NewEncoder(os.Stdout).Encode(r.proof); err != nil {
			return err
		}
	} else {
		fmt.Printf("%+v\n", r.proof)
	}
	if err == nil && len(r.proof.Lost)+len(r.proof.Doubled) > 0 {
		err = fmt.Errorf("lost %v, doubled %v", r.proof.Lost, r.proof.Doubled)
	}
	return err
}

// patience is how long anything may take on a loaded machine.
const patience = 90 * time.Second

// until waits for something; what is said when it never comes.
func (r *reach) until(ctx context.Context, what string, ok func() (bool, error)) (time.Duration, error) {
	began := time.Now()
	var last error
	for time.Since(began) < patience {
		done, err := ok()
		if done && err == nil {
			return time.Since(began), nil
		}
		last = err
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return 0, fmt.Errorf("never: %s (%w)", what, last)
}

// arrived notes when something arrived, by the word of whoever got it.
func (r *reach) arrived(where, what string, at time.Time) {
	r.proof.Arrived = append(r.proof.Arrived, arrival{where, what, seconds(at.Sub(r.began))})
	slices.SortStableFunc(r.proof.Arrived, func(a, b arrival) int { return cmp.Compare(a.AfterS, b.AfterS) })
}

func seconds(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }

// An incidentView is what the scenario reads of an incident.
type incidentView struct {
	ID, Number, Class, Place, State string
	Version                         int64
	TakenBy                         string    `json:"taken_by"`
	TakenAt                         time.Time `json:"taken_at"`
	ConfirmedAt                     time.Time `json:"confirmed_at"`
	Discoveries                     []struct {
		Source string
		At     time.Time
	}
}

func (i incidentView) sources() []string {
	var out []string
	for _, d := range i.Discoveries {
		out = append(out, d.Source)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (r *reach) incidents(ctx context.Context, query string) ([]incidentView, error) {
	var page struct{ Incidents []incidentView }
	err := r.duty.get(ctx, "/api/v1/incidents?limit=100&"+query, &page)
	return page.Incidents, err
}

func (r *reach) incident(ctx context.Context, id string) (i incidentView, err error) {
	return i, r.duty.get(ctx, "/api/v1/incidents/"+id, &i)
}

// confirm says that an incident is true.
func (r *reach) confirm(ctx context.Context, id string) error {
	_, err := r.until(ctx, "the incident is confirmed", func() (bool, error) {
		i, err := r.incident(ctx, id)
		if err == nil {
			err = r.duty.ask(ctx, http.MethodPost, "/api/v1/incidents/"+id+"/actions/confirm", map[string]any{}, nil, knowing(i.Version)...)
		}
		return err == nil, err // evidence may have come between
	})
	return err
}

// report begins an incident of a place, as somebody on duty enters it.
func (r *reach) report(ctx context.Context, class, place, text string) (i incidentView, err error) {
	err = r.duty.ask(ctx, http.MethodPost, "/api/v1/incidents", map[string]string{"class": class, "place": place, "text": text}, &i, once()...)
	r.cases[i.Number] = false
	return i, err
}

// A bubble is one message as a phone shows it.
type bubble struct {
	At                     time.Time
	Robot, To, Title, Text string
	Links                  []string
}

func (r *reach) bubbles(ctx context.Context) ([]bubble, error) {
	var v struct{ Messages []bubble }
	p := person{base: "http://" + r.robots}
	return v.Messages, p.get(ctx, "/messages", &v)
}

// phoned reports whether a robot has shown an incident.
func (r *reach) phoned(ctx context.Context, robot, number string) func() (bool, error) {
	return func() (bool, error) {
		all, err := r.bubbles(ctx)
		return slices.ContainsFunc(all, func(b bubble) bool { return b.Robot == robot && b.tells(number) }), err
	}
}

func (b bubble) tells(number string) bool { return strings.Contains(b.Title+" "+b.Text, number) }

// A policeView is what their side has.
type policeView struct{ Notices []policeNotice }

type policeNotice struct {
	Incident, Fault string
	Times           int
	At              time.Time
}

func (r *reach) atPolice(ctx context.Context) (v policeView, err error) {
	p := person{base: "http://" + r.police.web}
	return v, p.get(ctx, "/view", &v)
}

// received reports whether the police have an incident, and the API shows their
// receipt.
func (r *reach) received(ctx context.Context, i incidentView) func() (bool, error) {
	return func() (bool, error) {
		v, err := r.atPolice(ctx)
		if err != nil {
			return false, err
		}
		messages, err := r.toPolice(ctx, i.ID)
		there := slices.ContainsFunc(v.Notices, func(n policeNotice) bool { return n.Incident == i.Number })
		return there && len(messages) > 0 && messages[len(messages)-1].State == "received", err
	}
}

// A toPoliceView is one message to the police as the API tells it.
type toPoliceView struct {
	State     string
	Phone     bool
	ReceiptAt time.Time `json:"receipt_at"`
}

func (r *reach) toPolice(ctx context.Context, id string) (list []toPoliceView, err error) {
	return list, r.duty.get(ctx, "/api/v1/police/messages?incident="+url.QueryEscape(id), &list)
}
