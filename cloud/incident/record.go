package incident

import (
	"cmp"
	"slices"
	"time"

	"eastgate/shared/event"
)

// A Source is a kind of finder.
type Source string

// The finders. A sensor is no camera, and neither is a machine's word about itself.
const (
	CameraAuto     Source = "camera_auto"
	CameraOperator Source = "camera_operator" // a person at a live picture
	Sensor         Source = "sensor"
	ByGridWorker   Source = "grid_worker"
	ByGuard        Source = "guard"
	Resident       Source = "resident"
	Merchant       Source = "merchant"
	Agency         Source = "agency"
	Police         Source = "police"
	Hotline        Source = "hotline_12345"
	Edge           Source = "edge" // a box about itself or its devices
)

// Sources are all finders.
var Sources = []Source{CameraAuto, CameraOperator, Sensor, ByGridWorker, ByGuard, Resident, Merchant, Agency, Police, Hotline, Edge}

// person reports whether a human being tells it.
func (s Source) person() bool { return s != CameraAuto && s != Sensor && s != Edge }

// A Record is one event or report that tells of an incident.
type Record struct {
	ID       string       `json:"id"` // of the event or report
	Class    string       `json:"class"`
	Finder   Source       `json:"finder"`
	By       event.Source `json:"by,omitempty"` // the machine
	State    event.State  `json:"state,omitempty"`
	Episode  string       `json:"episode,omitempty"`
	Time     time.Time    `json:"time"` // by its source's clock
	Since    time.Time    `json:"since,omitzero"`
	Zone     string       `json:"zone,omitempty"`
	Note     string       `json:"note,omitempty"`
	Why      event.Why    `json:"why,omitempty"`
	Text     string       `json:"text,omitempty"`
	Score    float64      `json:"score,omitempty"`
	Area     *event.Box   `json:"area,omitempty"`
	Snapshot string       `json:"snapshot,omitempty"`
	Clip     string       `json:"clip,omitempty"`
	Masks    string       `json:"masks,omitempty"` // that are black in the picture and the clip, as event.Evidence has it
	Level    event.Level  `json:"level,omitempty"`
	// Certainty is the source's own word for how sure it is.
	Certainty string `json:"certainty,omitempty"`
	Backfill  bool   `json:"backfill,omitempty"`
	Signal    bool   `json:"signal,omitempty"` // of a signal-only class
	// Again says that the episode was the incident's before: if it is over, this does
	// not begin it anew.
	Again bool `json:"again,omitempty"`
}

// A Discovery is that a finder found it. Every finder keeps its own.
type Discovery struct {
	Source   Source     `json:"source"`
	At       time.Time  `json:"at"`       // when the centre got it, which is what counts
	Observed time.Time  `json:"observed"` // when the finder says it saw it
	By       string     `json:"by,omitempty"`
	Record   string     `json:"record"`              // the event or report
	Incident string     `json:"incident,omitempty"`  // the duplicate it came from
	Shown    *time.Time `json:"displayed,omitempty"` // first shown on a console; of cameras only
	Late     bool       `json:"late,omitempty"`      // came after the confirmation
}

// maxGoing and maxDiscoveries bound an incident; beyond them records still count.
const (
	maxGoing       = 32
	maxDiscoveries = 50
	staleAfter     = 24 * time.Hour // an episode that nothing was heard of is over
)

// take adds what a record tells. A late one changes counts, bounds and what was
// missing, never what is newest, and never what people decided.
func (i *Incident) take(r Record, received time.Time) {
	opens := i.Events == 0
	late := !opens && r.Time.Before(i.LastAt)
	i.Events++
	i.Score = max(i.Score, r.Score)
	i.earlier(r, opens)
	i.goOn(r)
	i.discover(r, received)
	if received.After(i.HeardAt) {
		i.HeardAt = received
	}
	if !late {
		i.LastAt = r.Time
	}
	if i.Text == "" {
		i.Text = r.Text
	}
	if opens {
		i.Certainty, i.Zone, i.Backfill = cmp.Or(r.Certainty, "Unknown"), r.Zone, r.Backfill
		i.Site, i.Box, i.Device, _ = r.By.Split()
	}
	if !late && r.State != event.End && r.Note != "" || opens {
		i.Note = r.Note
	}
	if len(r.Why) > 0 && r.State != event.End && (!late || i.Why == nil) {
		i.Why = r.Why
	}
	if r.Clip != "" { // it comes when it is whole, which may be late
		i.Clip = r.Clip
	}
	if r.Snapshot != "" && (i.Snapshot == "" || !late) {
		i.Snapshot, i.Area = r.Snapshot, r.Area
	} else if opens {
		i.Area = r.Area
	}
	i.raise(r)
}

// raise makes it what the graver of two records says, until a person has said.
func (i *Incident) raise(r Record) {
	if i.ConfirmedAt != nil || !i.State.Open() {
		return
	}
	if i.Signal && !r.Signal {
		i.Signal, i.Class = false, r.Class
	}
	if r.Level != 0 && r.Level < i.Level {
		i.Level = r.Level
	}
}

func (i *Incident) earlier(r Record, opens bool) {
	since := r.Since
	if since.IsZero() {
		since = r.Time
	}
	if opens || since.Before(i.Since) {
		i.Since = since
	}
	if opens || r.Time.Before(i.FirstAt) {
		i.FirstAt = r.Time
	}
}

// goOn keeps which episodes are not over.
func (i *Incident) goOn(r Record) {
	if r.Episode == "" {
		return
	}
	going := slices.DeleteFunc(slices.Clone(i.Going), func(g Going) bool {
		return g.Episode == r.Episode || r.Time.Sub(g.Heard) > staleAfter
	})
	known := slices.ContainsFunc(i.Going, func(g Going) bool { return g.Episode == r.Episode })
	if r.State != event.End && len(going) < maxGoing && (known || !r.Again) {
		going = append(going, Going{r.Episode, r.By, r.Time})
	}
	if len(going) == 0 {
		going = nil
	}
	i.Going, i.Active = going, len(going) > 0
}

// discover notes a finder's first record, and what a second, independent machine
// says of how sure it is.
func (i *Incident) discover(r Record, received time.Time) {
	by := string(r.By)
	if r.Finder.person() {
		by = ""
	}
	known := func(d Discovery) bool { return d.Source == r.Finder && d.By == by && !r.Finder.person() }
	if slices.ContainsFunc(i.Discoveries, known) || len(i.Discoveries) >= maxDiscoveries {
		return
	}
	if len(i.Discoveries) > 0 && i.Certainty == "Possible" {
		i.Certainty = "Likely"
	}
	i.Discoveries = append(slices.Clone(i.Discoveries), Discovery{
		Source: r.Finder, At: received, Observed: r.Time, By: by, Record: r.ID, Late: i.ConfirmedAt != nil,
	})
	if isCamera(r.Finder) && i.ConfirmedAt != nil && r.Time.Before(i.FirstSeenAt) {
		i.Retrospective = true // a box had it, and told too late
	}
	i.findFirst()
}

// takeOver adds the discoveries of a duplicate.
func (i *Incident) takeOver(from []Discovery) {
	i.Discoveries = slices.Clone(i.Discoveries)
	for _, d := range from {
		if len(i.Discoveries) < maxDiscoveries {
			i.Discoveries = append(i.Discoveries, d)
		}
	}
	i.findFirst()
}

// display notes that camera records were shown to people.
func (i *Incident) display(now time.Time) {
	i.Discoveries = slices.Clone(i.Discoveries)
	for n := range i.Discoveries {
		if d := &i.Discoveries[n]; d.Source == CameraAuto && d.Shown == nil {
			d.Shown = &now
		}
	}
	i.findFirst()
}

// Undisplayed reports whether a camera's record was not yet shown to anybody.
func (i Incident) Undisplayed() bool {
	return slices.ContainsFunc(i.Discoveries, func(d Discovery) bool { return d.Source == CameraAuto && d.Shown == nil })
}
