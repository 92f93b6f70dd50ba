package incident

import (
	"slices"
	"time"

	"eastgate/cloud/governance"
)

// An Action is what can be done with an incident.
type Action string

// The actions that take an incident from one state to another.
const (
	Signal     Action = "signal" // a machine begins it
	File       Action = "report" // a person begins it
	Order      Action = "order"  // a person asks for a service
	Verify     Action = "verify"
	Reject     Action = "reject"
	Expire     Action = "expire" // a signal that nobody took up
	Merge      Action = "merge"
	Decline    Action = "decline"
	Confirm    Action = "confirm"
	Classify   Action = "classify"
	Assess     Action = "assess"
	Dispatch   Action = "dispatch"
	Accept     Action = "accept"
	Return     Action = "return"
	Arrive     Action = "arrive"
	Suspend    Action = "suspend"
	Resume     Action = "resume"
	Resolve    Action = "resolve"
	Check      Action = "check"
	Rework     Action = "rework"
	Review     Action = "review"
	Close      Action = "close"
	ForceClose Action = "force_close"
	Reopen     Action = "reopen"
	Finish     Action = "finish"
	Rate       Action = "rate"
	Cancel     Action = "cancel"
)

// The notes: what is written down and leaves the state as it is.
const (
	Join          Action = "joined" // another record tells of the same
	End           Action = "ended"  // its source says that it is over
	Display       Action = "displayed"
	Comment       Action = "comment"
	Take          Action = "taken" // a person looks after it
	Release       Action = "released"
	Shelve        Action = "shelve" // put aside for a while, at every desk
	Unshelve      Action = "unshelve"
	Reassess      Action = "reassess"
	AskSuspend    Action = "ask_suspend"
	AskForceClose Action = "ask_force_close"
	AskExtend     Action = "ask_extend"
	Extend        Action = "extend"
	Object        Action = "object" // against closing by itself
)

// Alarm is the one action of the most urgent level: see ways.
const Alarm Action = "alarm"

// A Transition is one row of the table. The engine, the API, the console's buttons
// and DESIGN.md read it and know no other rule.
type Transition struct {
	Action  Action
	From    []State // none: it begins here
	To      State   // empty: a note, the state stays
	Roles   []Role
	Needs   []Field
	If      Condition
	Profile string // of the class: the six steps unless it says governance.Orders
	Inner   bool   // the engine writes it; nobody can ask for it
}

// Limits of the table.
const (
	Returns       = 2                    // then the centre lead decides
	Suspensions   = 2                    // of one incident
	SuspendAtMost = 30 * 24 * time.Hour  // each
	ShelveAtMost  = 24 * time.Hour       // what nobody looked at comes back by itself
	ReopenWithin  = 15 * 24 * time.Hour  // by who reported it
	CloseAfter    = 24 * time.Hour       // without objection, at the lowest level
	SignalAge     = 24 * time.Hour       // then a signal that nobody took up goes
	ForgetAfter   = 180 * 24 * time.Hour // who reported it
)

var (
	untried    = []State{Signalled, Reported, Verifying}
	confirmed  = []State{Confirmed, Classified, Assessed, Dispatched, Accepted, Returned, InProgress, Suspended, Resolved, Checked, Reviewed}
	handled    = []State{Dispatched, Accepted, InProgress}
	reporting  = []Role{Reporter, GridWorker, Guard, DutyOfficer, PoliceBridge}
	staff      = []Role{DutyOfficer, Dispatcher, Guard, GridWorker, Handler, CentreLead}
	everybody  = []Role{Reporter, GridWorker, Guard, DutyOfficer, Dispatcher, Handler, CentreLead, Checker, Supervisor, PoliceBridge, System}
	openStates = OpenStates()
)

// Table is the state machine of domain §3.2.
var Table = []Transition{
	{Action: Signal, To: Signalled, Roles: []Role{System}},
	{Action: File, To: Reported, Roles: reporting},
	{Action: Verify, From: []State{Signalled, Reported}, To: Verifying, Roles: []Role{DutyOfficer, System}},
	{Action: Reject, From: untried, To: False, Roles: []Role{DutyOfficer}, Needs: []Field{VerdictField}},
	{Action: Expire, From: []State{Signalled}, To: False, Roles: []Role{System}, If: unheeded},
	{Action: Merge, From: untried, To: Duplicate, Roles: []Role{DutyOfficer}, Needs: []Field{ParentField}},
	{Action: Decline, From: untried, To: OutOfRemit, Roles: []Role{DutyOfficer}, Needs: []Field{ReasonField}},
	{Action: Confirm, From: []State{Verifying}, To: Confirmed, Roles: []Role{DutyOfficer}, If: namedPerson},
	{Action: Classify, From: []State{Confirmed}, To: Classified, Roles: []Role{Dispatcher}, Needs: []Field{ClassField, UnitField}},
	{Action: Classify, From: []State{Returned}, To: Classified, Roles: []Role{Dispatcher, CentreLead}, Needs: []Field{ClassField, UnitField}, If: returnedTooOften},
	{Action: Assess, From: []State{Classified}, To: Assessed, Roles: []Role{DutyOfficer, CentreLead}, Needs: []Field{LevelField, ReasonField}, If: gravity},
	{Action: Dispatch, From: []State{Assessed}, To: Dispatched, Roles: []Role{Dispatcher, DutyOfficer}, Needs: []Field{HandlingUnitField}},
	{Action: Accept, From: []State{Dispatched}, To: Accepted, Roles: []Role{Handler}, If: handlingUnit},
	{Action: Return, From: []State{Dispatched, Accepted}, To: Returned, Roles: []Role{Handler}, Needs: []Field{ReasonField}, If: inSignInTime},
	{Action: Arrive, From: []State{Accepted}, To: InProgress, Roles: []Role{Handler, Guard, GridWorker}},
	{Action: AskSuspend, From: []State{InProgress}, Roles: []Role{Handler}, Needs: []Field{ReasonField, UntilField}, If: maySuspend},
	{Action: Suspend, From: []State{InProgress}, To: Suspended, Roles: []Role{CentreLead}, If: askedBy(AskSuspend)},
	{Action: Resume, From: []State{Suspended}, To: InProgress, Roles: []Role{Handler, System}, If: atItsDate},
	{Action: Resolve, From: []State{InProgress}, To: Resolved, Roles: []Role{Handler}, Needs: []Field{ResultField, PhotoField}, If: handlingUnit},
	{Action: Check, From: []State{Resolved}, To: Checked, Roles: []Role{Checker}, If: uninvolved},
	{Action: Rework, From: []State{Resolved}, To: InProgress, Roles: []Role{Checker}, Needs: []Field{ReasonField}, If: uninvolved},
	{Action: Review, From: []State{Checked}, To: Reviewed, Roles: []Role{Checker, GridWorker, CentreLead}, Needs: []Field{CallBackField, CauseField}, If: noHandler},
	{Action: Close, From: []State{Reviewed}, To: Closed, Roles: []Role{CentreLead, System}, If: afterADay},
	{Action: ForceClose, From: confirmed, To: ForceClosed, Roles: []Role{CentreLead, Supervisor}, If: theOtherOfTwo},
	{Action: Reopen, From: []State{Closed, ForceClosed}, To: Classified, Roles: []Role{Checker, Supervisor, Reporter}, Needs: []Field{ReasonField}, If: soonEnough},

	{Action: Join, From: States, Roles: append([]Role{System}, reporting...), Inner: true},
	{Action: End, From: States, Roles: []Role{System}, Inner: true},
	{Action: Display, From: openStates, Roles: []Role{System}, Inner: true},
	{Action: Take, From: openStates, Roles: staff, If: untaken},
	{Action: Release, From: openStates, Roles: staff, If: taken},
	{Action: Shelve, From: untried, Roles: []Role{DutyOfficer}, Needs: []Field{ReasonField, UntilField}, If: shelvable},
	{Action: Unshelve, From: untried, Roles: []Role{DutyOfficer, System}, If: shelved},
	{Action: Comment, From: States, Roles: everybody, Needs: []Field{ReasonField}},
	{Action: Reassess, From: confirmed[2:], Roles: []Role{CentreLead}, Needs: []Field{LevelField, ReasonField}},
	{Action: AskForceClose, From: confirmed, Roles: []Role{CentreLead, Supervisor}, Needs: []Field{ReasonField}},
	{Action: AskExtend, From: handled, Roles: []Role{Handler}, Needs: []Field{StepField, UntilField, ReasonField}, If: handlingUnit},
	{Action: Extend, From: handled, Roles: []Role{CentreLead}, If: askedBy(AskExtend)},
	{Action: Object, From: []State{Reviewed}, Roles: []Role{Reporter, Checker, Supervisor, CentreLead}, Needs: []Field{ReasonField}},

	{Action: Order, To: Ordered, Roles: []Role{Reporter, GridWorker, DutyOfficer, Dispatcher}, Profile: governance.Orders},
	{Action: Dispatch, From: []State{Ordered}, To: Dispatched, Roles: []Role{Dispatcher, DutyOfficer}, Needs: []Field{HandlingUnitField}, Profile: governance.Orders},
	{Action: Accept, From: []State{Dispatched}, To: Accepted, Roles: []Role{Handler}, If: handlingUnit, Profile: governance.Orders},
	{Action: Finish, From: []State{Accepted}, To: Done, Roles: []Role{Handler}, Needs: []Field{ResultField}, If: handlingUnit, Profile: governance.Orders},
	{Action: Rate, From: []State{Done}, To: Rated, Roles: []Role{Reporter, DutyOfficer, CentreLead}, Needs: []Field{RatingField}, If: noHandler, Profile: governance.Orders},
	{Action: Cancel, From: []State{Ordered, Dispatched, Accepted}, To: Cancelled, Roles: []Role{Reporter, Dispatcher, DutyOfficer}, Needs: []Field{ReasonField}, Profile: governance.Orders},
}

// A Way takes several rows at once, each written down and stamped. Who may go it
// may do each of its steps.
type Way struct {
	Action Action
	From   []State
	Steps  []Action
	Roles  []Role
	If     Condition
}

// Ways are the actions that take several steps.
var Ways = []Way{
	{Confirm, []State{Signalled, Reported}, []Action{Verify, Confirm}, []Role{DutyOfficer}, namedPerson},
	{Alarm, untried, []Action{Verify, Confirm, Classify, Assess, Dispatch}, []Role{DutyOfficer}, mostUrgent},
}

// fits reports whether a row holds for a class's profile. Notes hold for all.
func (t Transition) fits(i Incident) bool {
	return t.To == "" || (t.Profile == governance.Orders) == (i.Profile == governance.Orders)
}

// rowsFor returns the rows of an action that hold for an incident, whatever its
// state.
func rowsFor(i Incident, a Action) []Transition {
	return slices.DeleteFunc(slices.Clone(Table), func(t Transition) bool { return t.Action != a || !t.fits(i) })
}
