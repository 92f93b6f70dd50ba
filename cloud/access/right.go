package access

import (
	"slices"
	"time"
)

// A Right is one thing that somebody may do.
type Right string

// The rights. Those of SeePublic to Silence are for incidents and places within a
// grant's scope; the others are for the centre's own affairs.
const (
	SeePublic       Right = "incident.public"     // what happened where, and how far it is
	SeeIncidents    Right = "incident.see"        // and its text, people and pictures' places
	SeeHistory      Right = "incident.history"    // and every step
	SeeRestricted   Right = "incident.restricted" // and the text of restricted classes (disputes)
	SeeReporter     Right = "incident.reporter"   // and who reported it
	SeePictures     Right = "picture.see"         // snapshots
	SeeVideo        Right = "video.see"           // playback and live pictures
	Report          Right = "incident.report"
	ImportReports   Right = "hotline.import"  // a file of the hotline, with who called
	Handle          Right = "incident.handle" // take part; which step is incident's to say
	Silence         Right = "device.silence"  // quieten a device for a while
	TuneCameras     Right = "camera.tune"     // draw zones on a camera's still, and tune its detectors
	SeeFigures      Right = "figures.see"
	EnterFigures    Right = "figures.enter" // what no machine counts; by nobody whom they score
	DraftWhistle    Right = "whistle.draft"
	ApproveWhistle  Right = "whistle.approve"
	AnswerWhistle   Right = "whistle.answer" // for the unit that is asked
	AskExport       Right = "export.ask"
	ApproveExport   Right = "export.approve" // another person than who asked
	HoldEvidence    Right = "evidence.hold"  // keep what belongs to an incident beyond its time
	ReleaseEvidence Right = "evidence.release"

	HandOver            Right = "handover.sign" // the sheet of a shift
	SeePolice           Right = "police.see"    // how the bridge to the police is; and test it
	StopPolice          Right = "police.stop"   // switch it off, and on again
	SeeNotify           Right = "notify.see"    // how the robots are that write to phones, and who is on duty
	ManageRoster        Right = "roster.manage" // who is on duty when
	SignSharing         Right = "sharing.sign"
	ManageOrganisations Right = "organisation.manage"
	SeeContacts         Right = "contact.see" // telephone numbers unmasked
	ManageAccounts      Right = "account.manage"
	ManageBoxes         Right = "box.manage"
	ManagePlaces        Right = "place.manage"
	ManageGrants        Right = "grant.manage"
	ReadRegister        Right = "register.read"
)

// rights is the one table of what each role may do.
var rights = map[Role][]Right{
	Reporter:     {SeePublic, Report, SeeFigures},
	GridWorker:   {SeePublic, SeeIncidents, SeeHistory, SeePictures, Report, Handle, DraftWhistle},
	Guard:        {SeePublic, SeeIncidents, SeeHistory, SeePictures, Report, Handle, Silence},
	DutyOfficer:  {SeePublic, SeeIncidents, SeeHistory, SeeRestricted, SeeReporter, SeePictures, SeeVideo, Report, ImportReports, Handle, Silence, TuneCameras, SeeFigures, DraftWhistle, AskExport, HoldEvidence, HandOver, SeePolice, SeeNotify},
	Dispatcher:   {SeePublic, SeeIncidents, SeeHistory, SeeRestricted, SeePictures, Report, Handle, SeeFigures, DraftWhistle, AskExport},
	Handler:      {SeePublic, SeeIncidents, SeeHistory, SeePictures, Handle, AnswerWhistle},
	CentreLead:   {SeePublic, SeeIncidents, SeeHistory, SeeRestricted, SeeReporter, SeePictures, SeeVideo, Report, ImportReports, Handle, TuneCameras, SeeFigures, DraftWhistle, ApproveWhistle, AskExport, ApproveExport, HoldEvidence, ReleaseEvidence, HandOver, SeePolice, StopPolice, SeeNotify, ManageRoster, SignSharing, ManageOrganisations, SeeContacts},
	Checker:      {SeePublic, SeeIncidents, SeeHistory, SeeReporter, SeePictures, Handle, SeeFigures},
	Supervisor:   {SeePublic, SeeIncidents, SeeHistory, SeeRestricted, SeeReporter, SeePictures, SeeVideo, Handle, SeeFigures, EnterFigures, AskExport, ApproveExport, HoldEvidence, ReleaseEvidence, SeePolice, StopPolice, SeeNotify, SignSharing},
	PoliceBridge: {SeePublic, AnswerWhistle},

	SystemAdmin:   {ManageAccounts, ManageBoxes, ManagePlaces, ManageOrganisations, SeeNotify},
	SecurityAdmin: {ManageGrants},
	AuditAdmin:    {ReadRegister},
}

// Rights are all rights that some role has, by name.
func Rights() []Right {
	var out []Right
	for _, role := range Roles {
		out = append(out, rights[role]...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// RolesWith returns the roles that have a right by themselves.
func RolesWith(right Right) []Role {
	return slices.DeleteFunc(slices.Clone(Roles), func(r Role) bool { return !r.Has(right) })
}

// Has reports whether a role has a right by itself, whatever its scope.
func (r Role) Has(right Right) bool { return slices.Contains(rights[r], right) }

// NeedsReason reports whether using a right must be given a reason and leaves a row
// in the register of access whoever uses it (State Council Decree 799 art. 16(2)).
func (r Right) NeedsReason() bool {
	return slices.Contains([]Right{SeeReporter, SeeVideo, TuneCameras, SeeContacts, AskExport, ApproveExport, HoldEvidence, ReleaseEvidence, ReadRegister}, r)
}

// An Object is what a right is used on: something at a place, of a class, that
// units look after or were asked about. Anywhere is no object in particular.
type Object struct {
	Place string   // path, as dongguan/c3/b07
	Class string   // key, as fire.smoke
	Units []string // organisations that own it or were whistled to
	any   bool
}

// Anywhere asks whether a right is held at all, wherever that may be.
var Anywhere = Object{any: true}

// May reports whether somebody has a right on an object now. It is the one place
// that answers this.
func May(u User, right Right, on Object) bool {
	return len(holding(u, right, on, time.Now())) > 0
}

// holding returns the grants that give a right on an object.
func holding(u User, right Right, on Object, now time.Time) []Grant {
	if slices.Contains(standings[u.Party].Never, right) {
		return nil
	}
	var out []Grant
	for _, g := range u.Grants {
		if g.Holds(now) && g.Role.Has(right) && g.Covers(on) {
			out = append(out, g)
		}
	}
	return out
}
