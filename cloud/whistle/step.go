package whistle

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/chain"
)

// A Step is one row of a whistle's history, and of the feed that others read.
type Step struct {
	Position int64           `json:"position"` // in the order of all that is stored
	Whistle  string          `json:"whistle"`
	Incident string          `json:"incident"`
	Seq      int64           `json:"seq"` // 1, 2, 3 … the whistle's version after it
	Action   Action          `json:"action"`
	From     State           `json:"from"`
	To       State           `json:"to"`
	Actor    string          `json:"actor"`
	Role     access.Role     `json:"role,omitempty"` // by which it was allowed; none is the machine
	Unit     string          `json:"unit,omitempty"`
	At       time.Time       `json:"at"` // to the millisecond
	Reason   string          `json:"reason,omitempty"`
	Detail   json.RawMessage `json:"detail,omitempty"` // what else was told: a Told
	Prev     string          `json:"prev_hash"`
	Hash     string          `json:"hash"`
}

// Told is what is written down with a step besides who, when and why.
type Told struct {
	ID        string     `json:"id,omitempty"` // of these on, with the first step
	Number    string     `json:"number,omitempty"`
	Place     string     `json:"place,omitempty"`
	Class     string     `json:"class,omitempty"`
	Test      bool       `json:"test,omitempty"`
	Kind      Kind       `json:"kind,omitempty"`
	Unit      string     `json:"unit,omitempty"`
	Part      Part       `json:"part,omitempty"` // with the first step and when the lead goes over
	Purpose   string     `json:"purpose,omitempty"`
	Deadline  *time.Time `json:"deadline,omitempty"`
	RespondBy *time.Time `json:"respond_by,omitempty"`
	Result    string     `json:"result,omitempty"`
	Outcome   string     `json:"outcome,omitempty"`
	OutcomeAt *time.Time `json:"outcome_at,omitempty"`
	To        string     `json:"to,omitempty"`
	Rating    int        `json:"rating,omitempty"`
	Upheld    *bool      `json:"upheld,omitempty"`
}

// sealed returns a step as the one after prev.
func (s Step) sealed(prev string) Step {
	s.Prev = prev
	s.Hash = s.link()
	return s
}

func (s Step) link() string {
	return chain.Link(s.Prev, s.Whistle, s.Incident, strconv.FormatInt(s.Seq, 10), string(s.Action), string(s.From), string(s.To),
		s.Actor, string(s.Role), s.Unit, strconv.FormatInt(s.At.UnixMilli(), 10), s.Reason, string(s.Detail))
}

// after returns the whistle as it is after a step. It is the only place that
// changes one.
func (w Whistle) after(s Step) (Whistle, error) {
	var told Told
	if len(s.Detail) > 0 {
		if err := json.Unmarshal(s.Detail, &told); err != nil {
			return w, fmt.Errorf("step %d of whistle %s: %w", s.Seq, s.Whistle, err)
		}
	}
	at := s.At
	w.Version, w.State = s.Seq, s.To
	w.answered(s.Action, at)
	switch s.Action {
	case DraftIt:
		w.ID, w.Incident, w.Number, w.Place, w.Class, w.Test = s.Whistle, s.Incident, told.Number, told.Place, told.Class, told.Test
		w.Kind, w.Unit, w.Part, w.Purpose, w.Deadline = told.Kind, told.Unit, told.Part, told.Purpose, told.Deadline
		w.DraftedBy, w.DraftedAt = s.Actor, at
	case Approve:
		w.ApprovedBy, w.ApprovedAt = s.Actor, &at
	case Send, Insist:
		if w.SentAt == nil {
			w.SentAt = &at
		}
		w.RespondBy = told.RespondBy
	case Acknowledge:
		w.AcknowledgedAt = &at
	case Attend:
		w.AttendingAt = &at
	case Decline:
		w.Declination = s.Reason
	case Escalate:
		w.EscalatedAt = &at
	case Deliver:
		w.Result, w.DeliveredAt = told.Result, &at
	case Accept, Release, Withdraw:
		w.EndedAt = &at
	case OfferLead:
		w.Offered = told.To
	case TakeLead:
		w.Part, w.Offered = told.Part, ""
	case RateUnit:
		w.RatedUnit = told.Rating
	case RateUs:
		w.RatedCommunity = told.Rating
	case AppealIt:
		w.Appeal = s.Reason
	case Decide:
		w.decided(told.Upheld)
	}
	if told.Outcome != "" {
		w.Outcome, w.OutcomeAt = told.Outcome, told.OutcomeAt
	}
	return w, nil
}

// answered notes the unit's first answer.
func (w *Whistle) answered(a Action, at time.Time) {
	if w.RespondedAt == nil && slices.Contains([]Action{Acknowledge, Attend, Decline}, a) {
		w.RespondedAt = &at
	}
}

// decided notes what became of an appeal; one that is upheld strikes the rating.
func (w *Whistle) decided(upheld *bool) {
	w.Upheld = upheld
	if upheld != nil && *upheld {
		w.RatedUnit = 0
	}
}

// Replay makes a whistle again from its history, and finds the first row that is
// not what was written.
func Replay(steps []Step) (Whistle, error) {
	var w Whistle
	prev := chain.First
	for i, s := range steps {
		switch {
		case s.Seq != int64(i+1), s.Prev != prev, s.Hash != s.link(), s.From != w.State:
			return w, fmt.Errorf("step %d of whistle %s is not what was written", i+1, s.Whistle)
		}
		var err error
		if w, err = w.after(s); err != nil {
			return w, err
		}
		prev = s.Hash
	}
	return w, nil
}
