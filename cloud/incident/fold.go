package incident

import (
	"time"

	"eastgate/shared/event"
)

// A Stored event is one that the cloud has committed, in the order of commits.
type Stored struct {
	Position   int64
	ReceivedAt time.Time
	Backfill   bool
	Event      event.Event
}

// windows say how long after its newest event an incident still takes in others
// of its kind and place. While the source says that it goes on, it always does.
var windows = map[event.Kind]time.Duration{
	event.FireVisual:      30 * time.Minute,
	event.Motion:          10 * time.Minute,
	event.Tamper:          30 * time.Minute,
	event.ParkingMotor:    30 * time.Minute,
	event.FireLaneBlocked: 30 * time.Minute,
	event.VideoLoss:       10 * time.Minute,
	event.EventsLost:      24 * time.Hour,
	event.Gap:             24 * time.Hour,
	event.Smoke:           30 * time.Minute,
	event.Gas:             30 * time.Minute,
	event.FireButton:      30 * time.Minute,
	event.FireEquipment:   24 * time.Hour,
	event.Intrusion:       10 * time.Minute,
	event.DoorForced:      10 * time.Minute,
	event.Panic:           10 * time.Minute,
	event.Flooding:        30 * time.Minute,
	event.BatteryLow:      24 * time.Hour,
	event.IdentityClash:   24 * time.Hour,
	event.Offline:         10 * time.Minute,
	event.ClockJump:       24 * time.Hour,
}

// Window returns the merge window of a kind.
func Window(k event.Kind) time.Duration { return windows[k] }

// joins reports whether an event belongs to an incident of its kind and place.
func (i Incident) joins(s Stored) bool {
	switch {
	case s.Event.Episode == i.Episode:
		return true
	case i.State == Closed:
		return false
	}
	gap := s.Event.Time.Sub(i.LastAt)
	if gap < 0 { // a late event: it joins if the incident was near enough
		gap = i.FirstAt.Sub(s.Event.Time)
	}
	return i.Active || gap <= windows[i.Kind]
}

// opened makes the incident that an event begins.
func opened(s Stored) Incident {
	e := s.Event
	site, box, device, _ := e.Source.Split() // checked when it was taken in
	return Incident{
		ID: event.NewID(), Version: 1, Kind: e.Kind, Level: e.Kind.Level(), State: Open, Active: e.State != event.End,
		Site: site, Box: box, Device: device, Zone: e.Zone, Note: e.Note, Score: e.Score, Area: e.Box,
		Since: e.Since, FirstAt: e.Time, LastAt: e.Time, ReceivedAt: s.ReceivedAt, Events: 1, Backfill: s.Backfill,
		Snapshot: file(e, "image/jpeg"), Clip: file(e, "video/mp4"), Episode: e.Episode,
	}
}

// joined returns i with an event added. What people did to it stays; a late event
// changes counts and bounds, not what is newest.
func (i Incident) joined(s Stored) (next Incident, what string) {
	e := s.Event
	late := e.Time.Before(i.LastAt)
	i.Version++
	i.Events++
	i.Score = max(i.Score, e.Score)
	if e.Since.Before(i.Since) {
		i.Since = e.Since
	}
	if e.Time.Before(i.FirstAt) {
		i.FirstAt = e.Time
	}
	if clip := file(e, "video/mp4"); clip != "" { // it comes when it is whole, which may be late
		i.Clip = clip
	}
	if late && e.State != event.End {
		if i.Snapshot == "" {
			i.Snapshot = file(e, "image/jpeg")
		}
		return i, JoinedChange
	}
	if !late {
		i.LastAt = e.Time
	}
	if e.State == event.End {
		if e.Episode == i.Episode {
			i.Active = false
			return i, EndedChange
		}
		return i, JoinedChange
	}
	if e.Episode == i.Episode && !i.Active { // a clip of what has ended does not begin it again
		return i, JoinedChange
	}
	i.Episode, i.Active, i.Note = e.Episode, true, e.Note
	if pic := file(e, "image/jpeg"); pic != "" {
		i.Snapshot, i.Area = pic, e.Box
	}
	return i, JoinedChange
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
