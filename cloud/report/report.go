// Package report is how people tell the centre: residents and merchants through a
// form behind a code on the wall or through Open311, grid workers and guards from
// their phones, hotline 12345 by a file.
//
// It promises that every report goes the way that a camera's event goes, with who
// found it and when; that sent twice it is one report; that what is public is how far
// it is and never who said it; and that a request about a person is taken down, not
// looked into.
package report

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"eastgate/cloud/governance"
	"eastgate/cloud/incident"
	"eastgate/cloud/place"
	"eastgate/shared/secret"
)

// Errors that callers tell apart.
var (
	// ErrPlace says that a place is in no list.
	ErrPlace = errors.New("no such place")
	// ErrClass says that people cannot report such a thing here.
	ErrClass = errors.New("no such class of report")
)

// Engine is where reports go.
type Engine interface {
	Report(ctx context.Context, who incident.Actor, r incident.Report) (incident.Incident, error)
	Get(ctx context.Context, id string) (incident.Incident, error)
	List(ctx context.Context, f incident.Filter) ([]incident.Incident, error)
}

// Places knows where things can be.
type Places interface {
	Coded(code string) (place.Place, bool)
	Place(path string) (p place.Place, unit string, ok bool)
	Named(name string) []place.Place
	Under(path string) []place.Place
}

// Deps are what reports need.
type Deps struct {
	Engine    Engine
	Catalogue *governance.Catalogue
	Places    Places
	Darkroom  *Darkroom
	Signer    Signer
	// Keys are the Open311 keys by the name of who holds them.
	Keys         map[string]secret.Value
	Jurisdiction string // jurisdiction_id of Open311
	PublicURL    string // without a slash at the end
	TLS          bool
	Log          *slog.Logger
	Now          func() time.Time
}

// A Told is what somebody tells.
type Told struct {
	Key      string // makes it one report however often it is sent
	Source   incident.Source
	Class    string // key
	Place    place.Place
	Text     string
	Observed time.Time // when they say they saw it
	Photo    string    // SHA-256, kept already
	Name     string    // of who tells it, hidden from who handles it
	Phone    string
}

// general is the class of what people cannot put a name to.
const general = "report.resident"

// Classes are what people can report: all that is no device's own word, no mere
// signal, and no order for a service.
func (d Deps) Classes() []governance.Class {
	return slices.DeleteFunc(slices.Clone(d.Catalogue.Classes()), func(c governance.Class) bool {
		return c.Device || c.SignalOnly || c.Profile == governance.Orders
	})
}

// class finds a class by its key or its name.
func (d Deps) class(word string) (governance.Class, error) {
	for _, c := range d.Classes() {
		if c.Key == word || strings.EqualFold(c.ZH, word) || strings.EqualFold(c.EN, word) {
			return c, nil
		}
	}
	return governance.Class{}, ErrClass
}

// take hands a report on.
func (d Deps) take(ctx context.Context, who incident.Actor, t Told) (incident.Incident, error) {
	if t.Observed.IsZero() || t.Observed.After(d.Now()) {
		t.Observed = d.Now()
	}
	if AboutAPerson(t.Text) {
		d.Log.Info("a report asks about a person; nothing is looked up", "key", t.Key)
	}
	return d.Engine.Report(ctx, who, t.report())
}

// reporter is who has not logged in.
var reporter = incident.Actor{Roles: []incident.Role{incident.Reporter}}

// personal are words of those who look for a person, not for help with a thing.
var personal = []string{
	"查人", "找人", "行踪", "轨迹", "人脸", "跟踪", "车牌号", "查车牌", "调监控", "查监控", "看监控",
	"track him", "track her", "track down", "whereabouts", "face recognition", "number plate", "licence plate", "license plate", "follow him", "follow her",
}

// AboutAPerson reports whether a text seems to ask after a person. Such a report is
// marked so that the officer on duty declines it: the centre watches places and
// things.
func AboutAPerson(text string) bool {
	low := strings.ToLower(text)
	return slices.ContainsFunc(personal, func(w string) bool { return strings.Contains(low, w) })
}

// Public is how far an incident is, as anybody may know.
type Public string

// What anybody may know.
const (
	Received Public = "received" // nobody has looked yet
	Admitted Public = "admitted" // it is true, and on its way to who can help
	Working  Public = "working"
	Finished Public = "finished" // somebody checks it
	Over     Public = "over"
	Unfound  Public = "unfound"
	Joined   Public = "joined" // it is known already
	Declined Public = "declined"
)

// PublicOf tells how far an incident is.
func PublicOf(s incident.State) Public {
	switch s {
	case incident.Signalled, incident.Reported, incident.Verifying:
		return Received
	case incident.InProgress, incident.Suspended:
		return Working
	case incident.Resolved, incident.Checked, incident.Reviewed, incident.Done:
		return Finished
	case incident.Closed, incident.ForceClosed, incident.Rated, incident.Cancelled:
		return Over
	case incident.False:
		return Unfound
	case incident.Duplicate:
		return Joined
	case incident.OutOfRemit:
		return Declined
	}
	return Admitted
}
