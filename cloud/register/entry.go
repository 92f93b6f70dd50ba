package register

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"eastgate/cloud/chain"
)

// An Act is what was done with what somebody saw or sent.
type Act string

// The acts.
const (
	View     Act = "view"     // restricted parts of an incident
	Snapshot Act = "snapshot" // a picture
	Playback Act = "playback" // recorded or live pictures
	Export   Act = "export"
	Print    Act = "print"
	Push     Act = "push"    // sent to a body outside
	Receipt  Act = "receipt" // and what that said
	Change   Act = "change"  // of who may do what
	Read     Act = "read"    // of this register
	// Acknowledge is that somebody answered a message by its link.
	Acknowledge Act = "acknowledge"
	Forget      Act = "forget" // rows past their time
	Login       Act = "login"  // somebody came in, or did not
)

// Acts are all acts.
var Acts = []Act{View, Snapshot, Playback, Export, Print, Push, Receipt, Change, Read, Acknowledge, Forget, Login}

// A Result is how it ended.
type Result string

// The results.
const (
	Done   Result = "done"
	Denied Result = "denied"
)

// Purposes are what something can be looked at for; the reason says it in words.
var Purposes = []string{
	"verify",    // is it true
	"handle",    // 处置
	"check",     // 核查、回访
	"appeal",    // somebody contests it
	"authority", // a state organ asks, with a document (Decree 799 art. 20)
	"subject",   // the person himself asks (art. 21)
	"audit",
	"exercise",
	"upkeep", // of our own equipment: zones, cameras, boxes
}

// An Entry is one row of the register. Position, Prev and Hash are filled in when it
// is written.
type Entry struct {
	Position  int64     `json:"position"` // 1, 2, 3 … without a gap
	At        time.Time `json:"at"`       // to the millisecond
	Who       string    `json:"who"`      // account, or the part of the cloud that acts
	Person    string    `json:"person,omitempty"`
	Unit      string    `json:"unit,omitempty"`
	Roles     string    `json:"roles,omitempty"` // as they held for the object, with commas
	Act       Act       `json:"act"`
	Object    string    `json:"object"`         // as incident/01J…, picture/9f86…, export/01J…
	Case      string    `json:"case,omitempty"` // the incident's number
	Purpose   string    `json:"purpose,omitempty"`
	Reason    string    `json:"reason,omitempty"`
	Basis     string    `json:"basis,omitempty"`     // right, document or request that it rests on
	Agreement string    `json:"agreement,omitempty"` // under which it went outside
	Fields    []string  `json:"fields,omitempty"`    // that were told
	Result    Result    `json:"result"`
	Detail    string    `json:"detail,omitempty"` // why denied; how much; which range
	From      string    `json:"from,omitempty"`   // address
	Prev      string    `json:"prev_hash"`
	Hash      string    `json:"hash"`
}

// maxText bounds each text of an entry, in bytes: it is written for strangers too.
const maxText = 1000

// bounded returns an entry with nothing in it too long, and the time as it is kept.
func (e Entry) bounded() Entry {
	e.At = e.At.UTC().Truncate(time.Millisecond)
	for _, s := range []*string{&e.Who, &e.Person, &e.Unit, &e.Roles, &e.Object, &e.Case, &e.Purpose, &e.Reason, &e.Basis, &e.Agreement, &e.Detail, &e.From} {
		*s = cut(*s)
	}
	return e
}

func cut(s string) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "")
	if len(s) <= maxText {
		return s
	}
	end := maxText
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}

// Sealed returns an entry as the row after prev. The store calls it inside the
// transaction that writes the row.
func (e Entry) Sealed(position int64, prev string) Entry {
	e.Position, e.Prev = position, prev
	e.Hash = e.link()
	return e
}

// link is the hash over all of an entry but the hash.
func (e Entry) link() string {
	return chain.Link(e.Prev, strconv.FormatInt(e.Position, 10), strconv.FormatInt(e.At.UnixMilli(), 10),
		e.Who, e.Person, e.Unit, e.Roles, string(e.Act), e.Object, e.Case, e.Purpose, e.Reason, e.Basis, e.Agreement,
		strings.Join(e.Fields, ","), string(e.Result), e.Detail, e.From)
}
