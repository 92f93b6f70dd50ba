package coverage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"eastgate/shared/event"
)

// Watched is what the outages ask of the store.
type Watched interface {
	// Heards returns when each box that may speak was heard last.
	Heards(ctx context.Context) ([]Heard, error)
	Outages(ctx context.Context) ([]Outage, error)
	KeepOutage(ctx context.Context, o Outage) error
	DropOutage(ctx context.Context, o Outage) error
	RecordOwn(ctx context.Context, e event.Event) error
}

// A Heard is when a box spoke last, and whether it then said that it goes: the
// broker says that for it when the link breaks.
type Heard struct {
	Site, Box string
	Online    bool
	At        time.Time
}

// An Outage is a box, or where Box is empty a whole site, that cannot be heard.
type Outage struct {
	Site, Box string
	Episode   string
	Since     time.Time // when it was heard last
	Told      time.Time
	Count     int // how often it was told
}

// When a silence is told.
const (
	// Debounce is how long a box must not be heard before that is told.
	Debounce = 2 * time.Minute
	// hush is how soon a box is so late, with health every 30 s, that the others of its
	// site may still turn out to be gone with it.
	hush = 45 * time.Second
	// remindFirst and remindAfter are when it is told again, while it lasts.
	remindFirst = time.Hour
	remindAfter = 24 * time.Hour
)

// Outages tells of boxes and sites that cannot be heard: one event for a box, not
// one for each of its cameras; one for a site when all its boxes are gone, not one
// for each box; reminders while it lasts; and an end.
type Outages struct {
	store  Watched
	listen func() bool // whether the cloud itself can hear
	wake   func()      // there is an event
	m      *Metrics
	log    *slog.Logger

	hears time.Time // since when the cloud can hear, without a break
}

// NewOutages returns the watch over all boxes.
func NewOutages(s Watched, listen func() bool, wake func(), m *Metrics, log *slog.Logger) *Outages {
	return &Outages{store: s, listen: listen, wake: wake, m: m, log: log}
}

// lookEvery is how often boxes are looked after.
const lookEvery = 10 * time.Second

// Run looks after the boxes until ctx ends. Of several clouds one does.
func (w *Outages) Run(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	w.hears = time.Time{}
	for {
		if err := w.look(ctx, time.Now()); err != nil && ctx.Err() == nil {
			w.m.failures.Inc()
			w.log.Error("boxes are not looked after", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// look judges only what could have been heard: a cloud that was deaf itself first
// gives the boxes time to come back.
func (w *Outages) look(ctx context.Context, now time.Time) error {
	if !w.listen() {
		w.hears = time.Time{}
		return nil
	}
	if w.hears.IsZero() {
		w.hears = now
	}
	if now.Sub(w.hears) < Debounce {
		return nil
	}
	heards, err := w.store.Heards(ctx)
	if err != nil {
		return err
	}
	list, err := w.store.Outages(ctx)
	if err != nil {
		return err
	}
	open := map[[2]string]Outage{}
	for _, o := range list {
		open[[2]string{o.Site, o.Box}] = o
	}
	w.m.boxes.Set(0)
	var faults []error
	for from := 0; from < len(heards); {
		to := from
		for to < len(heards) && heards[to].Site == heards[from].Site {
			to++
		}
		faults = append(faults, w.site(ctx, now, heards[from:to], open))
		from = to
	}
	for _, o := range open { // revoked since, or the last box of its site was
		faults = append(faults, w.end(ctx, now, o))
	}
	return errors.Join(faults...)
}

func (h Heard) quiet(now time.Time) time.Duration { return now.Sub(h.At) }

// late says that a box may be gone, and gone that it is.
func (h Heard) late(now time.Time) bool { return !h.Online || h.quiet(now) > hush }

func (h Heard) gone(now time.Time) bool { return h.quiet(now) >= Debounce }

// site looks after the boxes of one site; what it has judged it takes out of open.
func (w *Outages) site(ctx context.Context, now time.Time, boxes []Heard, open map[[2]string]Outage) error {
	late, gone := 0, 0
	last := time.Time{}
	for _, h := range boxes {
		if h.late(now) {
			late++
		}
		if h.gone(now) {
			gone++
		}
		if h.At.After(last) {
			last = h.At
		}
	}
	w.m.boxes.Add(float64(gone))
	name := [2]string{boxes[0].Site, ""}
	whole, told := open[name]
	delete(open, name)
	several := len(boxes) > 1
	var faults []error
	switch {
	case several && gone == len(boxes) && !told:
		faults = append(faults, w.begin(ctx, now, Outage{Site: name[0], Since: last}, fmt.Sprintf("the whole site: none of its %d boxes is heard", len(boxes))))
		told = true
	case told && late < len(boxes):
		faults = append(faults, w.end(ctx, now, whole))
		told = false
	case told:
		faults = append(faults, w.remind(ctx, now, whole))
	}
	alone := !told && (!several || late < len(boxes)) // not, or not yet, a matter of the site
	for _, h := range boxes {
		faults = append(faults, w.box(ctx, now, h, alone, open))
	}
	return errors.Join(faults...)
}

func (w *Outages) box(ctx context.Context, now time.Time, h Heard, alone bool, open map[[2]string]Outage) error {
	name := [2]string{h.Site, h.Box}
	o, told := open[name]
	delete(open, name)
	switch {
	case told && !h.late(now):
		return w.end(ctx, now, o)
	case told:
		return w.remind(ctx, now, o)
	case h.gone(now) && alone:
		return w.begin(ctx, now, Outage{Site: h.Site, Box: h.Box, Since: h.At}, "the box is not heard: check its power and its network")
	}
	return nil
}

// begin tells of an outage. It is kept first, so that after a crash the same event
// is made again and not a second one.
func (w *Outages) begin(ctx context.Context, now time.Time, o Outage, note string) error {
	o.Episode, o.Told = event.NewID(), now
	if err := w.store.KeepOutage(ctx, o); err != nil {
		return err
	}
	if err := w.tell(ctx, now, o, event.Start, note); err != nil {
		return err
	}
	w.log.Warn("not heard any more", "site", o.Site, "box", o.Box, "since", o.Since)
	w.m.begun.Inc()
	o.Count = 1
	return w.store.KeepOutage(ctx, o)
}

func (w *Outages) remind(ctx context.Context, now time.Time, o Outage) error {
	pause := remindAfter
	switch o.Count {
	case 0: // kept, and maybe not told
		if err := w.tell(ctx, now, o, event.Start, "not heard"); err != nil {
			return err
		}
		o.Count = 1
		return w.store.KeepOutage(ctx, o)
	case 1:
		pause = remindFirst
	}
	if now.Sub(o.Told) < pause {
		return nil
	}
	if err := w.tell(ctx, now, o, event.Update, fmt.Sprintf("still not heard, for %v", now.Sub(o.Since).Round(time.Minute))); err != nil {
		return err
	}
	o.Count, o.Told = o.Count+1, now
	return w.store.KeepOutage(ctx, o)
}

func (w *Outages) end(ctx context.Context, now time.Time, o Outage) error {
	if err := w.tell(ctx, now, o, event.End, fmt.Sprintf("heard again after %v", now.Sub(o.Since).Round(time.Second))); err != nil {
		return err
	}
	w.log.Info("heard again", "site", o.Site, "box", o.Box, "since", o.Since)
	return w.store.DropOutage(ctx, o)
}

func (w *Outages) tell(ctx context.Context, now time.Time, o Outage, state event.State, note string) error {
	e := event.Event{
		ID: event.NewID(), Episode: o.Episode, Source: event.NewSource(o.Site, o.Box, ""), Kind: event.Offline, State: state,
		Time: now.UTC(), Since: o.Since.UTC(),
		Certainty: "Observed", Severity: event.Offline.Severity(), Urgency: event.Offline.Urgency(), Status: "Actual",
		Score: 1, Note: note, Detector: event.Detector{Name: "outages", Version: "1"},
	}
	if state == event.Start {
		e.ID = o.Episode
	}
	if err := w.store.RecordOwn(ctx, e); err != nil {
		return fmt.Errorf("tell of %s/%s: %w", o.Site, o.Box, err)
	}
	w.wake()
	return nil
}
