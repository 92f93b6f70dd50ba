package incident

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"eastgate/cloud/governance"
	"eastgate/shared/event"
)

// A Command is one action with what it needs. Fields that the action has no use for
// are ignored.
type Command struct {
	Action  Action  `json:"action"`
	Reason  string  `json:"reason,omitempty"`
	Verdict Verdict `json:"verdict,omitempty"`
	Class   string  `json:"class,omitempty"`
	// Unit owns the incident; HandlingUnit does the work, Handler is a person of it.
	Unit         string      `json:"unit,omitempty"`
	HandlingUnit string      `json:"handling_unit,omitempty"`
	Handler      string      `json:"handler,omitempty"`
	Level        event.Level `json:"level,omitempty"`
	Impact       string      `json:"impact,omitempty"`
	// Until is the end of a suspension or the new deadline of Step.
	Until *time.Time      `json:"until,omitempty"`
	Step  governance.Step `json:"step,omitempty"`
	// Parent is the incident that this one is the same as.
	Parent   string   `json:"parent,omitempty"`
	Place    string   `json:"place,omitempty"` // where a handler arrived; the incident's own when empty
	Result   string   `json:"result,omitempty"`
	Photos   []string `json:"photos,omitempty"`    // SHA-256 of files in evidence
	NoPhoto  string   `json:"no_photo,omitempty"`  // why there is none
	CallBack string   `json:"call_back,omitempty"` // what the reporter said, or why nobody was asked
	Cause    string   `json:"cause,omitempty"`
	Rating   int      `json:"rating,omitempty"` // 1 to 5
}

// A Field is a part of a command that an action needs.
type Field string

// The fields.
const (
	ReasonField       Field = "reason"
	VerdictField      Field = "verdict"
	ClassField        Field = "class"
	UnitField         Field = "unit"
	HandlingUnitField Field = "handling_unit"
	LevelField        Field = "level"
	UntilField        Field = "until"
	StepField         Field = "step"
	ParentField       Field = "parent"
	ResultField       Field = "result"
	PhotoField        Field = "photos"
	CallBackField     Field = "call_back"
	CauseField        Field = "cause"
	RatingField       Field = "rating"
)

// fieldFaults says what is wrong with a field; empty when nothing is. What a class
// is, the engine knows.
var fieldFaults = map[Field]func(i Incident, c Command, now time.Time) string{
	ReasonField:  func(_ Incident, c Command, _ time.Time) string { return missing(c.Reason, "a reason") },
	VerdictField: func(_ Incident, c Command, _ time.Time) string { return verdictFault(c.Verdict) },
	ClassField:   func(i Incident, c Command, _ time.Time) string { return missing(c.Class+i.Class, "a class") },
	UnitField:    func(i Incident, c Command, _ time.Time) string { return missing(c.Unit+i.Unit, "the owning unit") },
	HandlingUnitField: func(_ Incident, c Command, _ time.Time) string {
		return missing(c.HandlingUnit, "the unit that handles it")
	},
	LevelField: func(_ Incident, c Command, _ time.Time) string { return levelFault(c.Level) },
	UntilField: untilFault,
	StepField: func(_ Incident, c Command, _ time.Time) string {
		return oneOf(string(c.Step), governance.Steps)
	},
	ParentField: func(i Incident, c Command, _ time.Time) string {
		if c.Parent == i.ID {
			return "it cannot be a duplicate of itself"
		}
		return missing(c.Parent, "the incident that it is the same as")
	},
	ResultField: func(_ Incident, c Command, _ time.Time) string { return missing(c.Result, "what was done") },
	PhotoField: func(_ Incident, c Command, _ time.Time) string {
		return missing(strings.Join(c.Photos, "")+c.NoPhoto, "a photo, or in no_photo why there is none")
	},
	CallBackField: func(_ Incident, c Command, _ time.Time) string {
		return missing(c.CallBack, "what the reporter said, or that there is none")
	},
	CauseField: func(i Incident, c Command, _ time.Time) string {
		if i.Level > 2 {
			return ""
		}
		return missing(c.Cause, "the cause, at levels 1 and 2")
	},
	RatingField: func(_ Incident, c Command, _ time.Time) string {
		if c.Rating < 1 || c.Rating > 5 {
			return "want 1 to 5"
		}
		return ""
	},
}

func missing(s, what string) string {
	if strings.TrimSpace(s) == "" {
		return "want " + what
	}
	return ""
}

func verdictFault(v Verdict) string {
	if !slices.Contains(Rejections, v) {
		return fmt.Sprintf("%.40q: one of %v", v, Rejections)
	}
	return ""
}

func levelFault(l event.Level) string {
	if l < event.Urgent || l > event.Minor {
		return "want 1 to 4"
	}
	return ""
}

func oneOf[S ~string](word string, of []S) string {
	if !slices.Contains(of, S(word)) {
		return fmt.Sprintf("%.40q: one of %v", word, of)
	}
	return ""
}

func untilFault(_ Incident, c Command, now time.Time) string {
	switch {
	case c.Until == nil:
		return "want until when"
	case !c.Until.After(now):
		return "is over already"
	case c.Until.Sub(now) > SuspendAtMost:
		return "at most 30 days"
	}
	return ""
}

// Bounds of what people write, in characters, and of the lists they give.
const (
	maxText   = 2000
	maxWord   = 100
	maxPhotos = 12
)

// faults are all that is wrong with a command: what the rows need, and what is too
// long to be kept.
func (c Command) faults(i Incident, needs []Field, now time.Time) map[Field]string {
	out := map[Field]string{}
	for _, f := range needs {
		if said := fieldFaults[f](i, c, now); said != "" {
			out[f] = said
		}
	}
	for f, s := range map[Field]string{ReasonField: c.Reason, ResultField: c.Result, CallBackField: c.CallBack, CauseField: c.Cause, "no_photo": c.NoPhoto} {
		if utf8.RuneCountInString(s) > maxText {
			out[f] = fmt.Sprintf("longer than %d characters", maxText)
		}
	}
	for f, s := range map[Field]string{UnitField: c.Unit, HandlingUnitField: c.HandlingUnit, "handler": c.Handler, ClassField: c.Class, "place": c.Place, ParentField: c.Parent} {
		if utf8.RuneCountInString(s) > maxWord {
			out[f] = fmt.Sprintf("longer than %d characters", maxWord)
		}
	}
	if c.Impact != "" {
		if said := oneOf(c.Impact, Impacts); said != "" {
			out["impact"] = said
		}
	}
	if len(c.Photos) > maxPhotos {
		out[PhotoField] = fmt.Sprintf("at most %d", maxPhotos)
	}
	return out
}

// clean makes what people wrote storable: no database takes NUL or broken UTF-8.
func (c Command) clean() Command {
	for _, s := range []*string{&c.Reason, &c.Result, &c.CallBack, &c.Cause, &c.NoPhoto, &c.Unit, &c.HandlingUnit, &c.Handler, &c.Class, &c.Place, &c.Parent, &c.Impact} {
		*s = storable(*s)
	}
	c.Photos = slices.Clone(c.Photos)
	for n := range c.Photos {
		c.Photos[n] = storable(c.Photos[n])
	}
	return c
}

func storable(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(strings.TrimSpace(s), "\x00", ""), "\uFFFD")
}

// An Invalid command or report: each field with what is wrong with it.
type Invalid map[Field]string

// Error lists the faults in the order of their fields.
func (v Invalid) Error() string {
	var b strings.Builder
	b.WriteString(ErrInvalid.Error())
	for _, f := range slices.Sorted(maps.Keys(v)) {
		fmt.Fprintf(&b, "; %s: %s", f, v[f])
	}
	return b.String()
}

// Is makes errors.Is(err, ErrInvalid) true.
func (v Invalid) Is(target error) bool { return target == ErrInvalid }
