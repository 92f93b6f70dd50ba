package incident

import (
	"maps"
	"slices"
	"time"

	"eastgate/cloud/governance"
)

// after returns the incident that i is after a step. Nothing else changes an
// incident, so what is here can be told from its history alone.
func (i Incident) after(s Step, d Detail) Incident {
	i.ID, i.Version, i.State, i.Head = s.Incident, s.Seq, s.To, s.Hash
	if !slices.Contains([]Action{Join, End, Display, Comment}, s.Action) {
		i.Decided = s.Seq
	}
	if d.Opening != nil {
		i.open(*d.Opening, s)
	}
	if d.Record != nil {
		i.take(*d.Record, s.ReceivedAt)
	}
	if len(d.Taken) > 0 {
		i.takeOver(d.Taken)
	}
	if len(d.Deadlines) > 0 {
		i.Deadlines = merged(i.Deadlines, d.Deadlines)
	}
	if change := changes[s.Action]; change != nil {
		change(&i, s, d.Command)
	}
	if i.Level == 1 || !slices.Contains(untried, i.State) {
		i.Shelved = nil // too urgent by now, or taken up
	}
	if d.Domain != "" {
		i.Domain = d.Domain
	}
	if !s.To.Open() && s.From.Open() {
		i.ClosedAt, i.ClosedBy, i.Asked = at(s), s.Actor, nil
	}
	return i
}

func (i *Incident) open(o Opening, s Step) {
	i.Class, i.Domain, i.Level, i.Unit = o.Class, o.Domain, o.Level, o.Unit
	if o.Profile == governance.Orders {
		i.Profile = o.Profile
	}
	i.Signal, i.Test, i.Exercise, i.Health = o.Signal, o.Test, o.Exercise, o.Health
	i.Place, i.PlaceName = o.Place, o.PlaceName
	i.FirstSeenAt = s.ReceivedAt
}

// changes is what each action does besides the state.
var changes = map[Action]func(i *Incident, s Step, c Command){
	Display:  func(i *Incident, s Step, _ Command) { i.display(s.ReceivedAt) },
	Take:     func(i *Incident, s Step, _ Command) { i.TakenBy, i.TakenAt = s.Actor, at(s) },
	Release:  func(i *Incident, _ Step, _ Command) { i.TakenBy, i.TakenAt = "", nil },
	Shelve:   func(i *Incident, s Step, c Command) { i.Shelved = &Shelf{By: s.Actor, Why: s.Reason, Until: *c.Until} },
	Unshelve: func(i *Incident, _ Step, _ Command) { i.Shelved = nil },
	Reject:   func(i *Incident, _ Step, c Command) { i.Verdict, i.Cause = c.Verdict, c.Cause },
	Merge:    func(i *Incident, _ Step, c Command) { i.Verdict, i.Parent = DuplicateOf, c.Parent },
	Decline:  func(i *Incident, _ Step, _ Command) { i.Verdict = OutsideOfRemit },
	Confirm:  confirm,
	Classify: classify,
	Assess:   assess,
	Reassess: assess,
	Dispatch: dispatch,
	Accept:   func(i *Incident, s Step, _ Command) { first(&i.AcceptedAt, s); i.handledBy(s) },
	Return:   func(i *Incident, _ Step, _ Command) { i.ReturnCount++; i.Asked = nil },
	Arrive:   func(i *Incident, s Step, _ Command) { first(&i.ArrivedAt, s); i.handledBy(s) },

	AskSuspend:    ask,
	AskForceClose: ask,
	AskExtend:     ask,
	Suspend:       suspend,
	Extend:        extend,
	Resume:        func(i *Incident, _ Step, _ Command) { i.SuspendedUntil = nil },

	Resolve: func(i *Incident, s Step, c Command) {
		i.ResolvedAt, i.Result, i.Photos = at(s), c.Result, c.Photos
		i.handledBy(s)
	},
	Check:  func(i *Incident, s Step, _ Command) { i.CheckedAt, i.Checker = at(s), s.Actor },
	Rework: func(i *Incident, _ Step, _ Command) { i.ReworkCount++; i.ResolvedAt = nil },
	Review: func(i *Incident, s Step, c Command) {
		i.ReviewedAt, i.CallBack, i.Cause, i.Objected = at(s), c.CallBack, c.Cause, false
	},
	Object:     func(i *Incident, _ Step, _ Command) { i.Objected = true },
	ForceClose: func(i *Incident, _ Step, _ Command) { i.Forced = true },
	Reopen: func(i *Incident, _ Step, _ Command) {
		i.ReopenCount++
		i.ResolvedAt, i.CheckedAt, i.ReviewedAt, i.ClosedAt, i.ClosedBy, i.SuspendedUntil = nil, nil, nil, nil, "", nil
	},
	Finish: func(i *Incident, s Step, c Command) {
		i.ResolvedAt, i.Result, i.Photos = at(s), c.Result, c.Photos
		i.handledBy(s)
	},
	Rate: func(i *Incident, _ Step, c Command) { i.Rating = c.Rating },
}

func at(s Step) *time.Time { return &s.ReceivedAt }

// first keeps the time that is there: what began, began then.
func first(t **time.Time, s Step) {
	if *t == nil {
		*t = at(s)
	}
}

func confirm(i *Incident, s Step, _ Command) {
	first(&i.ConfirmedAt, s)
	i.Verdict, i.ConfirmedBy, i.Signal, i.Certainty = Genuine, s.Actor, false, "Observed"
	i.display(s.ReceivedAt) // who confirms has seen it
	i.findFirst()
}

func classify(i *Incident, s Step, c Command) {
	first(&i.ClassifiedAt, s)
	if c.Class != "" {
		i.Class = c.Class
	}
	if c.Unit != "" {
		i.Unit = c.Unit
	}
}

func assess(i *Incident, s Step, c Command) {
	if s.Action == Assess {
		first(&i.AssessedAt, s)
	}
	if c.Level != 0 {
		i.Level = c.Level
	}
	if c.Impact != "" {
		i.Impact = c.Impact
	}
}

func dispatch(i *Incident, s Step, c Command) {
	first(&i.DispatchedAt, s)
	i.HandlingUnit, i.Handler = c.HandlingUnit, c.Handler
	i.HandlingUnits = withWord(i.HandlingUnits, c.HandlingUnit)
}

// handledBy notes who handled it: they never check it.
func (i *Incident) handledBy(s Step) {
	i.Handlers, i.HandlingUnits = withWord(i.Handlers, s.Actor), withWord(i.HandlingUnits, s.Unit)
	if s.Role == Handler || i.Handler == "" {
		i.Handler = s.Actor
	}
}

func withWord(list []string, w string) []string {
	if w == "" || slices.Contains(list, w) {
		return list
	}
	return append(slices.Clone(list), w)
}

func ask(i *Incident, s Step, c Command) {
	i.Asked = merged(i.Asked, map[Action]Ask{s.Action: {By: s.Actor, Role: s.Role, At: s.ReceivedAt, Reason: s.Reason, Until: c.Until, Step: c.Step}})
}

// answered takes out what was asked.
func (i *Incident) answered(a Action) Ask {
	was := i.Asked[a]
	i.Asked = merged(i.Asked, nil)
	delete(i.Asked, a)
	if len(i.Asked) == 0 {
		i.Asked = nil
	}
	return was
}

func suspend(i *Incident, _ Step, _ Command) {
	i.SuspendCount++
	i.SuspendedUntil = i.answered(AskSuspend).Until
}

func extend(i *Incident, _ Step, _ Command) {
	if was := i.answered(AskExtend); was.Until != nil {
		i.Extended = merged(i.Extended, map[governance.Step]time.Time{was.Step: *was.Until})
	}
}

// merged returns a and b in a map of its own: an incident is a value.
func merged[K comparable, V any](a, b map[K]V) map[K]V {
	out := make(map[K]V, len(a)+len(b))
	maps.Copy(out, a)
	maps.Copy(out, b)
	return out
}
