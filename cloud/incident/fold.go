package incident

import (
	"cmp"
	"context"
	"slices"
	"time"

	"eastgate/cloud/governance"
	"eastgate/shared/event"
)

// A Stored event is one that the cloud has committed, in the order of commits.
type Stored struct {
	Position   int64
	ReceivedAt time.Time
	Backfill   bool
	Event      event.Event
}

// A folding is one run of the fold: the incidents that it has touched, which are
// not yet written.
type folding struct {
	e      *Engine
	byID   map[string]*draft
	places map[string][]string // merge key → drafts that it found there, newest first
	near   map[string][]string // merge key → what the store had near it, once it was asked
	drafts []*draft            // in the order in which they were touched
}

func (e *Engine) folding() *folding {
	return &folding{e: e, byID: map[string]*draft{}, places: map[string][]string{}, near: map[string][]string{}}
}

// take finds the incident that an event belongs to, or begins one.
func (f *folding) take(ctx context.Context, s Stored) error {
	class := f.e.class(string(s.Event.Kind))
	place := f.e.places.At(s.Event.Source)
	w := where{class: class, place: place.Path, source: s.Event.Source, zone: s.Event.Zone, test: s.Event.Status != "Actual" && s.Event.Status != "System"}
	r := record(s, class, place)
	d, again, err := f.find(ctx, w, r)
	if err != nil {
		return err
	}
	r.Again = again
	step := Step{Action: Join, Role: System, At: s.Event.Time, ReceivedAt: s.ReceivedAt}
	if d == nil {
		d = &draft{key: w.own()}
		d.i.ID = f.e.newID(s.ReceivedAt)
		f.places[d.key] = append([]string{d.i.ID}, f.places[d.key]...)
		f.byID[d.i.ID] = d
		step.Action, step.To = Signal, Signalled
		opening := opening(class, place, w.test)
		opening.Exercise = s.Event.Status == "Exercise"
		det := Detail{Opening: &opening, Record: &r, Deadlines: f.e.deadlines(opening.Class, opening.Level, s.ReceivedAt, governance.Verify)}
		if opening.Signal {
			det.Deadlines = nil // nobody must look at a signal
		}
		return f.write(d, s.Event.Episode, step, det)
	}
	det := Detail{Record: &r}
	if d.i.Signal && !class.SignalOnly {
		det.Domain = class.Domain
	}
	if s.Event.State == event.End {
		step.Action = End
	}
	return f.write(d, s.Event.Episode, step, det)
}

func (f *folding) write(d *draft, episode string, s Step, det Detail) error {
	if !slices.Contains(d.episodes, episode) {
		d.episodes = append(d.episodes, episode)
	}
	if !slices.Contains(f.drafts, d) {
		f.drafts = append(f.drafts, d)
	}
	return d.add(s, det)
}

// find returns the incident that a record belongs to, if there is one: that of its
// episode before any other. again says that it was its episode. The store is asked
// once for each place, since what is written after that is here; but for records
// that may be older, or of an episode that began before.
func (f *folding) find(ctx context.Context, w where, r Record) (d *draft, again bool, err error) {
	for _, d := range f.drafts {
		if slices.Contains(d.episodes, r.Episode) {
			return d, true, nil
		}
	}
	if ids, asked := f.near[w.own()]; !asked || r.State != event.Start || r.Backfill {
		near, err := f.e.store.Near(ctx, Near{Keys: w.keys(), Episode: r.Episode, At: w.lookBack(r)})
		if err != nil {
			return nil, false, err
		}
		if near.Episode != nil {
			d, err := f.follow(ctx, *near.Episode)
			return d, true, err
		}
		for _, i := range near.Places {
			if f.byID[i.ID] == nil {
				f.byID[i.ID] = edit(i)
			}
			if !slices.Contains(ids, i.ID) {
				ids = append(ids, i.ID)
			}
		}
		f.near[w.own()] = ids
	}
	candidates := f.drafted(f.near[w.own()], nil)
	for _, k := range w.keys() {
		candidates = f.drafted(f.places[k], candidates)
	}
	slices.SortStableFunc(candidates, func(a, b *draft) int { return b.i.LastAt.Compare(a.i.LastAt) })
	for _, d := range candidates {
		if w.joins(d.i, r) {
			d, err := f.follow(ctx, d.i)
			return d, false, err
		}
	}
	return nil, false, nil
}

// drafted adds drafts by their incidents' IDs, each once.
func (f *folding) drafted(ids []string, to []*draft) []*draft {
	for _, id := range ids {
		if d := f.byID[id]; !slices.Contains(to, d) {
			to = append(to, d)
		}
	}
	return to
}

// follow returns the draft of an incident, or of the one that it is the same as.
func (f *folding) follow(ctx context.Context, i Incident) (*draft, error) {
	for range 3 {
		if d := f.byID[i.ID]; d != nil {
			i = d.i
		}
		if i.Parent == "" {
			break
		}
		parent, err := f.e.store.Get(ctx, i.Parent)
		if err != nil {
			return nil, err
		}
		i = parent
	}
	if f.byID[i.ID] == nil {
		f.byID[i.ID] = edit(i)
	}
	return f.byID[i.ID], nil
}

func record(s Stored, class governance.Class, p Place) Record {
	e := s.Event
	return Record{
		ID: e.ID, Class: class.Key, Finder: finder(class, p), By: e.Source, State: e.State, Episode: e.Episode, Time: e.Time, Since: e.Since,
		Zone: e.Zone, Note: e.Note, Why: e.Why, Score: e.Score, Area: e.Box, Snapshot: file(e, "image/jpeg"), Clip: file(e, "video/mp4"), Masks: masks(e),
		Level: class.Level, Certainty: e.Certainty, Backfill: s.Backfill, Signal: class.SignalOnly,
	}
}

// finder tells a camera from a sensor, and both from a box that speaks of itself.
func finder(class governance.Class, p Place) Source {
	switch {
	case class.Device:
		return Edge
	case p.Sensor || !class.CameraObservable:
		return Sensor
	}
	return CameraAuto
}

// masks are those of the first evidence: all that an event brings is of one camera, at
// one time.
func masks(e event.Event) string {
	if len(e.Evidence) == 0 {
		return ""
	}
	return e.Evidence[0].Masks
}

// file returns the hash of the first evidence of a media type.
func file(e event.Event, mediaType string) string {
	for _, v := range e.Evidence {
		if v.Type == mediaType {
			return v.SHA256
		}
	}
	return ""
}

func opening(class governance.Class, p Place, test bool) Opening {
	profile := ""
	if class.Profile == governance.Orders {
		profile = class.Profile
	}
	return Opening{
		Class: class.Key, Domain: class.Domain, Profile: profile, Level: class.Level, Signal: class.SignalOnly, Test: test,
		Health: class.Device, Place: p.Path, PlaceName: p.Name, Unit: p.Unit,
	}
}

// class returns a class by its key. What no catalogue knows is minor and joins only
// itself: nothing is lost because a word is missing.
func (e *Engine) class(key string) governance.Class {
	c, ok := e.catalogue.Class(key)
	if !ok {
		c = governance.Class{Key: key, Level: event.Kind(key).Level(), Merge: governance.Merge{Window: defaultWindow}}
	}
	c.Level = cmp.Or(c.Level, event.Minor)
	return c
}

const defaultWindow = 30 * time.Minute
