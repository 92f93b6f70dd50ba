package whistle

import (
	"slices"

	"eastgate/cloud/access"
)

// An Action is a step that somebody takes.
type Action string

// The actions. Those whose state stays the same are notes.
const (
	DraftIt     Action = "draft"
	SoundIt     Action = "sound" // drafts, approves and sends at once, for an emergency
	Approve     Action = "approve"
	Send        Action = "send"
	Acknowledge Action = "acknowledge"
	Attend      Action = "attend"
	Decline     Action = "decline"
	RecordIt    Action = "outcome"
	Deliver     Action = "deliver"
	SendBack    Action = "send_back"
	Accept      Action = "accept"
	Escalate    Action = "escalate"
	Insist      Action = "insist"
	Release     Action = "release" // the unit is right: this is not its matter
	Withdraw    Action = "withdraw"
	OfferLead   Action = "offer_lead"
	TakeLead    Action = "take_lead"
	RateUnit    Action = "rate_unit"
	RateUs      Action = "rate_community"
	AppealIt    Action = "appeal"
	Decide      Action = "decide_appeal"
)

// A Side says whose people may take a step.
type Side string

// The sides.
const (
	Community Side = "community" // not of the unit that is asked
	TheUnit   Side = "asked unit"
	Machine   Side = "machine"
)

// A Field is what must be told with a step.
type Field string

// The fields.
const (
	NeedUnit    Field = "unit"
	NeedKind    Field = "kind"
	NeedPurpose Field = "purpose"
	NeedReason  Field = "reason"
	NeedResult  Field = "result"
	NeedOutcome Field = "outcome"
	NeedTo      Field = "to"
	NeedRating  Field = "rating"
	NeedUpheld  Field = "upheld"
)

// A Transition is one row of the table.
type Transition struct {
	Action Action
	From   []State // none: it begins a whistle
	To     State   // empty: it stays as it is
	Roles  []access.Role
	Side   Side
	Needs  []Field
}

var (
	lead    = []access.Role{access.CentreLead}
	centre  = []access.Role{access.DutyOfficer, access.Dispatcher, access.CentreLead}
	drafter = []access.Role{access.GridWorker, access.DutyOfficer, access.Dispatcher, access.CentreLead}
	liaison = []access.Role{access.Handler}
	bridged = []access.Role{access.Handler, access.PoliceBridge}
	running = []State{Acknowledged, Attending, Delivered}
)

// table is all that can happen to a whistle: the engine, what the pages offer and
// the documentation read it.
var table = []Transition{
	{DraftIt, nil, Drafted, drafter, Community, []Field{NeedUnit, NeedKind, NeedPurpose}},
	{SoundIt, nil, Sent, lead, Community, []Field{NeedUnit, NeedPurpose}},
	{Approve, []State{Drafted}, Approved, lead, Community, nil},
	{Send, []State{Approved}, Sent, centre, Community, nil},
	{Acknowledge, []State{Sent, Escalated}, Acknowledged, bridged, TheUnit, nil},
	{Attend, []State{Sent, Acknowledged, Escalated}, Attending, bridged, TheUnit, nil},
	{Decline, []State{Sent, Acknowledged}, Declined, liaison, TheUnit, []Field{NeedReason}},
	{RecordIt, running, "", bridged, TheUnit, []Field{NeedOutcome}},
	{Deliver, []State{Attending}, Delivered, liaison, TheUnit, []Field{NeedResult}},
	{SendBack, []State{Delivered}, Attending, centre, Community, []Field{NeedReason}},
	{Accept, []State{Delivered}, Accepted, centre, Community, nil},
	{Escalate, []State{Sent, Declined}, Escalated, centre, Community, []Field{NeedReason}},
	{Escalate, []State{Sent}, Escalated, []access.Role{access.System}, Machine, []Field{NeedReason}},
	{Insist, []State{Escalated}, Sent, lead, Community, []Field{NeedReason}},
	{Release, []State{Declined, Escalated}, Withdrawn, lead, Community, []Field{NeedReason}},
	{Withdraw, []State{Drafted, Approved, Sent, Acknowledged, Attending}, Withdrawn, lead, Community, []Field{NeedReason}},
	{OfferLead, []State{Acknowledged, Attending, Declined, Escalated}, "", liaison, TheUnit, []Field{NeedTo, NeedReason}},
	{OfferLead, []State{Sent, Acknowledged, Attending, Declined, Escalated}, "", lead, Community, []Field{NeedTo, NeedReason}},
	{TakeLead, []State{Sent, Acknowledged, Attending}, "", liaison, TheUnit, nil},
	{RateUnit, []State{Accepted}, "", centre, Community, []Field{NeedRating}},
	{RateUs, []State{Accepted}, "", liaison, TheUnit, []Field{NeedRating}},
	{AppealIt, []State{Accepted, Escalated, Withdrawn}, "", liaison, TheUnit, []Field{NeedReason}},
	{Decide, []State{Accepted, Escalated, Withdrawn}, "", []access.Role{access.Supervisor}, Community, []Field{NeedUpheld, NeedReason}},
}

// Table returns all that can happen to a whistle.
func Table() []Transition { return slices.Clone(table) }

// find returns the row for a step from a state, by who may take it.
func find(a Action, from State, side Side) (Transition, bool) {
	for _, t := range table {
		if t.Action == a && t.Side == side && (slices.Contains(t.From, from) || len(t.From) == 0 && from == "") {
			return t, true
		}
	}
	return Transition{}, false
}

// sideOf says on which side of a whistle somebody stands.
func sideOf(who access.Actor, unit string) Side {
	switch who.Unit {
	case unit:
		return TheUnit
	case "":
		return Machine // every person has a unit
	}
	return Community
}

// Allowed returns the steps that somebody may take with a whistle as it is, in the
// table's order.
func Allowed(w Whistle, who access.Actor) []Action {
	var out []Action
	for _, t := range table {
		if len(t.From) == 0 || t.Side == Machine || !slices.Contains(t.From, w.State) || t.refuses(w, who) != nil || fits(w, t.Action) != nil {
			continue
		}
		out = append(out, t.Action)
	}
	return out
}

// refuses says why somebody may not take a step with a whistle, or nil.
func (t Transition) refuses(w Whistle, who access.Actor) error {
	if t.Side != sideOf(who, w.Unit) || !slices.ContainsFunc(t.Roles, func(r access.Role) bool { return slices.Contains(who.Roles, r) }) {
		return ErrForbidden
	}
	if t.Action == Approve && who.Name == w.DraftedBy {
		return ErrSamePerson
	}
	return nil
}

// Needs returns what must be told with a step from a state.
func Needs(a Action, from State) []Field {
	for _, t := range table {
		if t.Action == a && slices.Contains(t.From, from) && len(t.Needs) > 0 {
			return t.Needs
		}
	}
	return nil
}
