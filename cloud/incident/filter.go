package incident

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"eastgate/shared/event"
)

// A Filter says which incidents to list. An empty list means all of it.
type Filter struct {
	States      []State
	Classes     []string
	Domains     []string
	Levels      []event.Level
	Sources     []string // as FirstSource has them
	Verdicts    []Verdict
	PlacePrefix string // a path, and all below it
	Unit        string // owns or handles it
	Handler     string
	// From and To bound when the centre first heard of it; To is not included.
	From, To time.Time
	// Text is a number's beginning, or a part of what people wrote. The latter looks
	// through all that the rest of the filter leaves.
	Text string
	Test *bool
	// Signals are those of signal-only classes that nobody has confirmed; nil lists
	// them with the rest.
	Signals *bool
	Health  *bool // of our own equipment
	Taken   *bool // by somebody
	// Overdue lists those with a deadline before a time.
	Overdue time.Time
	Scope   Scope
	Sort    Sort
	// After is the Cursor of the last incident of the page before.
	After string
	Limit int // at most MaxPage, which 0 means too
}

// MaxPage bounds one page, and MaxCount what Count counts to.
const (
	MaxPage  = 500
	MaxCount = 1000
)

// A Sort is an order of a list.
type Sort string

// The orders.
const (
	Newest Sort = ""       // the newest first
	Oldest Sort = "oldest" // the oldest first
	Grave  Sort = "level"  // the most urgent first, then the newest
	Soon   Sort = "due"    // the nearest deadline first; without one it is left out
)

// A Scope is what somebody may see: everything, or what is at or below a path, or
// what a unit owns or handles, each of the classes named (none means all; "fire.*"
// is a domain's prefix); and besides what each of Or shows. The zero Scope shows
// nothing.
type Scope struct {
	All                   bool
	Paths, Units, Classes []string
	Or                    []Scope
}

// Everything is the scope of who may see all.
var Everything = Scope{All: true}

// Cursor returns where a page that ends with i ends, for the next page's After.
func (f Filter) Cursor(i Incident) string {
	switch f.Sort {
	case Grave:
		return fmt.Sprintf("%d.%s", i.Level, i.ID)
	case Soon:
		_, due, _ := i.Due()
		return fmt.Sprintf("%d.%s", due.UnixMilli(), i.ID)
	}
	return i.ID
}

// ParseCursor takes a Cursor apart: the key of its order, where that has one, and
// the incident's ID.
func ParseCursor(s Sort, after string) (key int64, id string, err error) {
	if s == Newest || s == Oldest {
		return 0, after, nil
	}
	word, id, ok := strings.Cut(after, ".")
	if key, err = strconv.ParseInt(word, 10, 64); err != nil || !ok {
		return 0, "", Invalid{"after": fmt.Sprintf("%.40q is no cursor of this order", after)}
	}
	return key, id, nil
}

// FirstID returns the lowest ID that an incident first heard of at a time can have.
func FirstID(t time.Time) string {
	var id ulid.ULID
	id.SetTime(ulid.Timestamp(t)) //nolint:errcheck // a time of this millennium
	return id.String()
}
