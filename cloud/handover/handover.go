// Package handover is 交接班: one shift leaves a sheet of how things stand, and the
// next one signs for it.
//
// It promises that a sheet says what was true when it was signed and is never
// changed, that who takes over is another person and has opened every matter of the
// two most urgent levels on it first, and that all rows make one chain, in which a
// change shows.
package handover

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"eastgate/cloud/access"
	"eastgate/cloud/chain"
	"eastgate/shared/event"
)

// Errors that callers tell apart.
var (
	ErrNotFound = errors.New("no such sheet")
	// ErrUnread says that urgent matters of the sheet have not been opened.
	ErrUnread = errors.New("open every urgent matter of the sheet first")
	// ErrTaken says that the shift was taken over already.
	ErrTaken = errors.New("the shift was taken over already")
	// ErrText says that what was written is too long.
	ErrText = errors.New("the text is too long")
)

// Facts are how things stand, as the machine knows it.
type Facts struct {
	At      time.Time      `json:"at"`
	Open    map[string]int `json:"open"`    // open matters by level, 1 to 4
	Urgent  []Matter       `json:"urgent"`  // of levels 1 and 2
	Waiting []Matter       `json:"waiting"` // put off until a date
	Overdue int            `json:"overdue"`
	Cameras []Silence      `json:"cameras"` // not watched for longer than Down
	Boxes   []Silence      `json:"boxes"`   // not heard
	// Armed is how many desks an alarm reaches now; nil when that is not known.
	Armed *int `json:"armed"`
	// SoundTest is when a desk last heard itself; nil when never.
	SoundTest *time.Time `json:"sound_test"`
	// Police and Messages are up, down, off (nothing is configured) or unknown.
	Police   string `json:"police"`
	Messages string `json:"messages"`
}

// Down is how long a camera must be blind before it is on a sheet.
const Down = 10 * time.Minute

// A Matter is an incident as a sheet names it.
type Matter struct {
	ID     string     `json:"id"`
	Number string     `json:"number"`
	Class  string     `json:"class"`
	Level  int        `json:"level"`
	Place  string     `json:"place"`
	State  string     `json:"state"`
	Until  *time.Time `json:"until,omitempty"`
}

// A Silence is a device that is not seen or heard.
type Silence struct {
	Device string    `json:"device"`
	Cause  string    `json:"cause"`
	Since  time.Time `json:"since"`
}

// An Act is what a row tells.
type Act string

// The acts.
const (
	Out  Act = "out"  // the outgoing shift signs
	Read Act = "read" // the incoming one has opened a matter
	In   Act = "in"   // and signs
)

// A Row is one entry of a sheet.
type Row struct {
	Position int64     `json:"position"`
	Sheet    string    `json:"sheet"`
	Act      Act       `json:"act"`
	Incident string    `json:"incident,omitempty"` // of Read
	Who      string    `json:"who"`
	Person   string    `json:"person"`
	At       time.Time `json:"at"`
	Text     string    `json:"text,omitempty"`
	Facts    *Facts    `json:"facts,omitempty"` // of Out
	Prev     string    `json:"prev_hash"`
	Hash     string    `json:"hash"`
}

// Sealed returns a row as the one after prev; stores call it in the transaction that
// writes it.
func (r Row) Sealed(position int64, prev string) (Row, error) {
	r.Position, r.Prev = position, prev
	var err error
	r.Hash, err = r.link()
	return r, err
}

func (r Row) link() (string, error) {
	facts, err := json.Marshal(r.Facts)
	if err != nil {
		return "", err
	}
	return chain.Link(r.Prev, strconv.FormatInt(r.Position, 10), r.Sheet, string(r.Act), r.Incident, r.Who, r.Person, strconv.FormatInt(r.At.UnixMilli(), 10), r.Text, string(facts)), nil
}

// A Sheet is what its rows come to.
type Sheet struct {
	ID    string   `json:"id"`
	Facts Facts    `json:"facts"`
	Text  string   `json:"text"`
	Out   Mark     `json:"out"`
	In    *Mark    `json:"in"`   // nil while nobody has taken over
	Read  []string `json:"read"` // matters that the asker has opened
	Whole bool     `json:"whole"`
}

// A Mark is a signature.
type Mark struct {
	Who    string    `json:"who"`
	Person string    `json:"person"`
	At     time.Time `json:"at"`
	Text   string    `json:"text,omitempty"`
}

// Unread are the urgent matters that have not been opened.
func (s Sheet) Unread() (out []Matter) {
	for _, m := range s.Facts.Urgent {
		if !slices.Contains(s.Read, m.ID) {
			out = append(out, m)
		}
	}
	return out
}

// Store keeps rows.
type Store interface {
	// AppendHandover writes the row that next makes of the sheet's rows so far, sealed
	// after the newest of all rows, in one transaction. A nil row writes nothing.
	AppendHandover(ctx context.Context, sheet string, next func(rows []Row) (*Row, error)) error
	// Handover returns the rows of a sheet, in order.
	Handover(ctx context.Context, sheet string) ([]Row, error)
	// Handovers returns the rows of the newest sheets before one, at most limit sheets.
	Handovers(ctx context.Context, before string, limit int) ([]Row, error)
}

// A Book holds the sheets.
type Book struct {
	store Store
	now   func() time.Time
}

// New returns the book of a store.
func New(s Store, now func() time.Time) *Book { return &Book{s, now} }

// maxText bounds what a shift writes, in characters.
const maxText = 4000

// Sign has the outgoing shift leave a sheet.
func (b *Book) Sign(ctx context.Context, who access.User, f Facts, text string) (Sheet, error) {
	text = strings.TrimSpace(text)
	if utf8.RuneCountInString(text) > maxText {
		return Sheet{}, fmt.Errorf("%w: at most %d characters", ErrText, maxText)
	}
	id := event.NewID()
	err := b.store.AppendHandover(ctx, id, func([]Row) (*Row, error) {
		return b.row(who, Row{Sheet: id, Act: Out, Text: text, Facts: &f}), nil
	})
	if err != nil {
		return Sheet{}, err
	}
	return b.Sheet(ctx, who, id)
}

func (b *Book) row(who access.User, r Row) *Row {
	r.Who, r.Person, r.At = who.Name, who.Person, b.now().UTC().Truncate(time.Millisecond)
	return &r
}

// Opened notes that somebody has opened an urgent matter of a sheet, once.
func (b *Book) Opened(ctx context.Context, who access.User, sheet, incident string) error {
	return b.store.AppendHandover(ctx, sheet, func(rows []Row) (*Row, error) {
		s, err := fold(rows, who.Name)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(s.Facts.Urgent, func(m Matter) bool { return m.ID == incident }) || slices.Contains(s.Read, incident) {
			return nil, nil
		}
		return b.row(who, Row{Sheet: sheet, Act: Read, Incident: incident}), nil
	})
}

// Take has the incoming shift sign: another person, who has opened what is urgent.
func (b *Book) Take(ctx context.Context, who access.User, sheet, text string) (Sheet, error) {
	if utf8.RuneCountInString(text) > maxText {
		return Sheet{}, fmt.Errorf("%w: at most %d characters", ErrText, maxText)
	}
	err := b.store.AppendHandover(ctx, sheet, func(rows []Row) (*Row, error) {
		s, err := fold(rows, who.Name)
		switch unread := s.Unread(); {
		case err != nil:
			return nil, err
		case s.In != nil:
			return nil, fmt.Errorf("%w, by %s", ErrTaken, s.In.Person)
		case access.SamePerson(who, access.User{Name: s.Out.Who}):
			return nil, access.ErrSelf
		case len(unread) > 0:
			return nil, fmt.Errorf("%w: %s", ErrUnread, numbers(unread))
		}
		return b.row(who, Row{Sheet: sheet, Act: In, Text: strings.TrimSpace(text)}), nil
	})
	if err != nil {
		return Sheet{}, err
	}
	return b.Sheet(ctx, who, sheet)
}

func numbers(list []Matter) string {
	var out []string
	for _, m := range list {
		out = append(out, m.Number)
	}
	return strings.Join(out, ", ")
}

// Sheet returns a sheet, with what the asker has opened of it.
func (b *Book) Sheet(ctx context.Context, who access.User, id string) (Sheet, error) {
	rows, err := b.store.Handover(ctx, id)
	if err != nil {
		return Sheet{}, err
	}
	return fold(rows, who.Name)
}

// Sheets returns the newest sheets before one, or of all.
func (b *Book) Sheets(ctx context.Context, who access.User, before string, limit int) ([]Sheet, error) {
	rows, err := b.store.Handovers(ctx, before, limit)
	if err != nil {
		return nil, err
	}
	bySheet := map[string][]Row{}
	for _, r := range rows {
		bySheet[r.Sheet] = append(bySheet[r.Sheet], r)
	}
	out := []Sheet{}
	for _, one := range bySheet {
		s, err := fold(one, who.Name)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b Sheet) int { return strings.Compare(b.ID, a.ID) })
	return out, nil
}

// fold makes a sheet of its rows, as reader sees it.
func fold(rows []Row, reader string) (Sheet, error) {
	if len(rows) == 0 || rows[0].Act != Out || rows[0].Facts == nil {
		return Sheet{}, ErrNotFound
	}
	first := rows[0]
	s := Sheet{ID: first.Sheet, Facts: *first.Facts, Text: first.Text, Out: Mark{Who: first.Who, Person: first.Person, At: first.At}, Read: []string{}, Whole: true}
	for _, r := range rows {
		if hash, err := r.link(); err != nil || hash != r.Hash {
			s.Whole = false
		}
		switch {
		case r.Act == In:
			s.In = &Mark{Who: r.Who, Person: r.Person, At: r.At, Text: r.Text}
		case r.Act == Read && r.Who == reader:
			s.Read = append(s.Read, r.Incident)
		}
	}
	return s, nil
}
