package incident

import "slices"

// State is how far people are with an incident. Whether the thing still goes on is
// Active, and what people found it to be is the verdict: three things.
type State string

// The states of an incident, in the order of the six steps.
const (
	Signalled   State = "signalled" // 已感知: a machine says so
	Reported    State = "reported"  // 已上报: a person says so
	Verifying   State = "verifying" // 核实中
	Confirmed   State = "confirmed" // 属实立案
	Classified  State = "classified"
	Assessed    State = "assessed"
	Dispatched  State = "dispatched"
	Accepted    State = "accepted"
	Returned    State = "returned" // 退单
	InProgress  State = "in_progress"
	Suspended   State = "suspended" // 缓办
	Resolved    State = "resolved"
	Checked     State = "checked"
	Reviewed    State = "reviewed"
	Closed      State = "closed"
	False       State = "false" // 不属实
	Duplicate   State = "duplicate"
	OutOfRemit  State = "out_of_remit"
	ForceClosed State = "force_closed"
)

// The states of an order (点单—派单—接单—评单) that an incident has not.
const (
	Ordered   State = "ordered"
	Done      State = "done"
	Rated     State = "rated"
	Cancelled State = "cancelled"
)

// States are all states; the ones that end come last.
var States = []State{
	Signalled, Reported, Verifying, Confirmed, Classified, Assessed, Dispatched, Accepted, Returned, InProgress, Suspended,
	Resolved, Checked, Reviewed, Ordered, Done, Closed, False, Duplicate, OutOfRemit, ForceClosed, Rated, Cancelled,
}

var ended = []State{Closed, False, Duplicate, OutOfRemit, ForceClosed, Rated, Cancelled}

// Open reports whether somebody still has to do something.
func (s State) Open() bool { return !slices.Contains(ended, s) }

// Known reports whether s is a state.
func (s State) Known() bool { return slices.Contains(States, s) }

// OpenStates are those in which somebody still has to do something.
func OpenStates() []State {
	return slices.DeleteFunc(slices.Clone(States), func(s State) bool { return !s.Open() })
}

// A Verdict is what people found an incident to be; empty until they have.
type Verdict string

// The verdicts.
const (
	Genuine        Verdict = "genuine"
	Harmless       Verdict = "harmless" // real, and nothing to do
	Mistaken       Verdict = "false"    // the detector or the reporter was wrong
	Rule           Verdict = "rule"     // the zone or the rule is wrong
	Test           Verdict = "test"
	Fault          Verdict = "fault" // a device is broken
	DuplicateOf    Verdict = "duplicate"
	OutsideOfRemit Verdict = "out_of_remit"
)

// Rejections are the verdicts that reject takes.
var Rejections = []Verdict{Harmless, Mistaken, Rule, Test, Fault}

// Impacts say what a thing does to life and property, in the words of CAP 1.2
// §3.2.2 (severity).
var Impacts = []string{"Extreme", "Severe", "Moderate", "Minor", "Unknown"}
