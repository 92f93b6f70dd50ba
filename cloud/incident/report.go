package incident

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"eastgate/cloud/governance"
	"eastgate/shared/event"
)

// ErrReported says that a report with this key is there already.
var ErrReported = errors.New("reported already")

// A Report is what a person tells. It goes the same way as an event.
type Report struct {
	// Key makes it idempotent: the same key is the same report, for ever. Empty
	// makes a new one each time.
	Key    string
	Class  string // empty: report.resident
	Place  string // a path
	Zone   string
	Source Source
	Text   string
	// Observed is when the person says that they saw it; zero is now. What counts is
	// when the centre heard of it.
	Observed time.Time
	Photo    string // SHA-256 of a picture in evidence
	Contact  string // how to reach who reports, if they want to be reached
	Test     bool
}

// A Reporting is who reported, and how to reach them. It is kept apart from history,
// which is for ever: it is shown to few and forgotten 180 days after the end.
type Reporting struct {
	Key      string // of the report
	Incident string
	Account  string
	Contact  string
}

// Reporters keeps what was reported, and who did.
type Reporters interface {
	// Reported returns the incident that a report became, by the report's key.
	Reported(ctx context.Context, key string) (id string, ok bool, err error)
	ReportersOf(ctx context.Context, id string) ([]Reporting, error)
	// Forget removes the names and contacts of who reported what ended before a time,
	// and returns how many.
	Forget(ctx context.Context, before time.Time) (int, error)
}

// anyClass is the class of what nobody has classified.
const anyClass = "report.resident"

// Report takes in what a person tells: it joins the open incident of its class at
// its place, or begins one. The same key gives the same incident again.
func (e *Engine) Report(ctx context.Context, who Actor, r Report) (Incident, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.now().UTC()
	if r.Key == "" {
		r.Key = e.newID(now)
	}
	if i, ok, err := e.reportedAs(ctx, r.Key); ok || err != nil {
		return i, err
	}
	r.Text, r.Contact = storable(r.Text), storable(r.Contact)
	place, class, err := e.judge(&r, now)
	if err != nil {
		return Incident{}, err
	}
	begin := File
	if class.Profile == governance.Orders {
		begin = Order
	}
	row := rowsFor(Incident{Profile: class.Profile}, begin)[0]
	role, err := fitting(Incident{}, who, row.Roles, row.If, nil, now)
	if err != nil {
		return Incident{}, fmt.Errorf("%s: %w", begin, err)
	}
	d, err := e.reported(ctx, r, place, class, now)
	if err != nil {
		return Incident{}, err
	}
	s := Step{Action: Join, Role: role, At: now, ReceivedAt: now}
	if role != Reporter {
		s.Actor, s.Unit = who.Name, who.Unit
	}
	rec := Record{ID: r.Key, Class: class.Key, Finder: r.Source, Time: r.Observed, Zone: r.Zone, Text: r.Text, Snapshot: r.Photo, Level: class.Level, Signal: class.SignalOnly}
	det := Detail{Record: &rec}
	if d.before == 0 {
		opening := opening(class, place, r.Test)
		opening.Signal = false // a person says so
		s.Action, s.To = row.Action, row.To
		det.Opening, det.Deadlines = &opening, e.deadlines(class.Key, class.Level, now, governance.Verify)
	}
	d.report = &Reporting{Key: r.Key, Incident: d.i.ID, Account: who.Name, Contact: r.Contact}
	if err := d.add(s, det); err != nil {
		return Incident{}, err
	}
	err = e.write(ctx, 0, d)
	if errors.Is(err, ErrReported) { // another replica was faster with the same report
		i, _, err := e.reportedAs(ctx, r.Key)
		return i, err
	}
	return d.i, err
}

// reportedAs returns the incident that a report became.
func (e *Engine) reportedAs(ctx context.Context, key string) (Incident, bool, error) {
	id, ok, err := e.store.Reported(ctx, key)
	if err != nil || !ok {
		return Incident{}, false, err
	}
	i, err := e.store.Get(ctx, id)
	return i, true, err
}

// maxKey bounds a report's key.
const maxKey = 200

// judge checks a report and fills in what it leaves out.
func (e *Engine) judge(r *Report, now time.Time) (Place, governance.Class, error) {
	faults := Invalid{}
	if r.Class == "" {
		r.Class = anyClass
	}
	class, ok := e.catalogue.Class(r.Class)
	if !ok {
		faults[ClassField] = fmt.Sprintf("%.60q is in no catalogue", r.Class)
	}
	place, ok := e.places.Known(r.Place)
	if !ok {
		faults["place"] = fmt.Sprintf("%.80q is in no list of places", r.Place)
	}
	if r.Class == anyClass && r.Text == "" {
		faults["text"] = "want a class, or words for what there is"
	}
	if said := oneOf(string(r.Source), Sources); said != "" || !r.Source.person() {
		faults["source"] = fmt.Sprintf("%.40q: a person's, one of %v", r.Source, slices.DeleteFunc(slices.Clone(Sources), func(s Source) bool { return !s.person() }))
	}
	for f, s := range map[Field]string{"text": r.Text, "contact": r.Contact} {
		if utf8.RuneCountInString(s) > maxText {
			faults[f] = fmt.Sprintf("longer than %d characters", maxText)
		}
	}
	if len(r.Key) > maxKey || strings.ContainsRune(r.Key, 0) {
		faults["key"] = fmt.Sprintf("longer than %d bytes, or no text", maxKey)
	}
	if r.Observed.IsZero() || r.Observed.After(now) {
		r.Observed = now
	}
	if len(faults) > 0 {
		return place, class, faults
	}
	return place, class, nil
}

// reported returns the incident that a report joins, or a new one.
func (e *Engine) reported(ctx context.Context, r Report, p Place, class governance.Class, now time.Time) (*draft, error) {
	w := where{class: class, place: p.Path, zone: r.Zone, test: r.Test}
	if class.Merge != (governance.Merge{}) {
		near, err := e.store.Near(ctx, Near{Keys: w.keys(), At: now.Add(-class.Merge.Window), Class: class.Key, Place: p.Path})
		if err != nil {
			return nil, err
		}
		for _, i := range near.Places {
			// It is now that somebody tells it: what went on within the window is it.
			if i.Parent == "" && w.joins(i, Record{Time: now, State: event.Update}) {
				return edit(i), nil
			}
		}
	}
	d := &draft{key: w.own()}
	d.i.ID = e.newID(now)
	return d, nil
}

// asReporter returns who with the role of a reporter only if it was they who
// reported the incident.
func (e *Engine) asReporter(ctx context.Context, who Actor, id string) (Actor, error) {
	list, err := e.store.ReportersOf(ctx, id)
	if err != nil {
		return who, err
	}
	if who.Name != "" && slices.ContainsFunc(list, func(r Reporting) bool { return r.Account == who.Name }) {
		return who, nil
	}
	who.Roles = slices.DeleteFunc(slices.Clone(who.Roles), func(r Role) bool { return r == Reporter })
	return who, nil
}
