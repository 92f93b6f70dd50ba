// Package retention keeps pictures and clips for as long as the law says, and no
// longer: never less than a site's minimum, deleted at its maximum, held for longer
// only for an incident and with a reason.
//
// It promises that nothing is deleted before its site's minimum, that what belongs to
// an open incident or one that is held stays, and that before a file goes a row without
// its content says what it was and by which rule: the rows are a chain, and the
// register of access has its newest mark. (Decree 799 art. 17; DESIGN.md)
package retention

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"eastgate/cloud/chain"
)

// Errors that callers tell apart.
var (
	ErrNotFound = errors.New("there is no such hold")
	ErrReleased = errors.New("the hold was released already")
	// ErrHeld says that a hold came while pieces were deleted: what must stay is to be
	// looked up anew.
	ErrHeld = errors.New("another hold came")
)

// LegalMinimum is for how many days pictures must be kept at least (Decree 799
// art. 17; 保安服务管理条例 art. 25).
const LegalMinimum = 30

// A Rule is for how many days a site's pieces are kept.
type Rule struct {
	MinDays int    `json:"min_days" yaml:"min_days"`
	MaxDays int    `json:"max_days" yaml:"max_days"`
	Basis   string `json:"basis,omitempty" yaml:"basis"` // the law or order that asks for it
}

// mostDays bounds a rule: twenty years are a typing error.
const mostDays = 3660

// Validate says what is wrong with a rule.
func (r Rule) Validate() error {
	switch {
	case r.MinDays < LegalMinimum:
		return fmt.Errorf("min_days: %d is less than the %d days that the law asks for", r.MinDays, LegalMinimum)
	case r.MaxDays < r.MinDays || r.MaxDays > mostDays:
		return fmt.Errorf("max_days: %d is not %d to %d", r.MaxDays, r.MinDays, mostDays)
	}
	return nil
}

// String is the rule as a deletion's row has it.
func (r Rule) String() string {
	s := fmt.Sprintf("after %d days, at least %d", r.MaxDays, r.MinDays)
	if r.Basis != "" {
		s += " (" + r.Basis + ")"
	}
	return s
}

// A Policy is the rule of each site.
type Policy struct {
	Rule  `yaml:",inline"`
	Sites map[string]Rule `json:"sites" yaml:"sites"`
}

// Default is the rule where no other is set: the evidence of a closed incident can be
// asked for during an appeal, and nobody needs more of it.
var Default = Policy{Rule: Rule{MinDays: LegalMinimum, MaxDays: 90}}

// Validate says all that is wrong with a policy.
func (p Policy) Validate() error {
	faults := []error{p.Rule.Validate()}
	for _, site := range slices.Sorted(maps.Keys(p.Sites)) {
		if err := p.Sites[site].Validate(); err != nil {
			faults = append(faults, fmt.Errorf("sites.%s.%w", site, err))
		}
	}
	return errors.Join(faults...)
}

// Of returns the rule of a site. What came from no site, such as a photo of somebody
// who reports, goes by the general one.
func (p Policy) Of(site string) Rule {
	if r, ok := p.Sites[site]; ok {
		return r
	}
	return p.Rule
}

// A Piece is a file of evidence.
type Piece struct {
	SHA256 string
	Site   string // empty: no box sent it, or nobody wrote down which
	Box    string
	Came   time.Time
}

// A Deletion says that a piece went. It holds nothing of what was in it.
type Deletion struct {
	Position int64     `json:"position"` // 1, 2, 3 … without a gap
	At       time.Time `json:"at"`
	SHA256   string    `json:"sha256"`
	Bytes    int64     `json:"bytes"`
	Site     string    `json:"site,omitempty"`
	Box      string    `json:"box,omitempty"`
	Came     time.Time `json:"came"`
	Rule     string    `json:"rule"`
	Prev     string    `json:"prev_hash"`
	Hash     string    `json:"hash"`
}

// Sealed returns a deletion as the row after prev. The store calls it inside the
// transaction that writes the row.
func (d Deletion) Sealed(position int64, prev string) Deletion {
	d.Position, d.Prev = position, prev
	d.Hash = d.link()
	return d
}

func (d Deletion) link() string {
	return chain.Link(d.Prev, fmt.Sprint(d.Position), fmt.Sprint(d.At.UnixMilli()), d.SHA256, fmt.Sprint(d.Bytes), d.Site, d.Box, fmt.Sprint(d.Came.UnixMilli()), d.Rule)
}

// A Store keeps what is known of pieces, holds and deletions.
type Store interface {
	PieceStore
	DeletionStore
	HoldStore
	// PicturesOfPlans are the sums of pictures that are no evidence but drawings.
	PicturesOfPlans(ctx context.Context) ([]string, error)
}

// A PieceStore knows which pieces came.
type PieceStore interface {
	// NotePiece writes down that a piece came; the first time counts.
	NotePiece(ctx context.Context, p Piece) error
	// PieceSums are all that are noted.
	PieceSums(ctx context.Context) (map[string]bool, error)
	// PieceSites are the sites of those, with the empty one.
	PieceSites(ctx context.Context) ([]string, error)
	// DuePieces are those of a site that came before a time, by sum, after one.
	DuePieces(ctx context.Context, site string, before time.Time, after string, limit int) ([]Piece, error)
}

// A DeletionStore keeps the rows of what went.
type DeletionStore interface {
	// DeletePiece appends a deletion and forgets the piece. It gives ErrHeld when there
	// are other holds than the caller knew.
	DeletePiece(ctx context.Context, d Deletion, holds int64) (Deletion, error)
	// Deletions are rows after a position, in order; NewestDeletion is the last, zero
	// when there is none.
	Deletions(ctx context.Context, after int64, limit int) ([]Deletion, error)
	NewestDeletion(ctx context.Context) (Deletion, error)
}

// A HoldStore keeps holds.
type HoldStore interface {
	AddHold(ctx context.Context, h Hold) error
	// Hold gives ErrNotFound for an unknown one.
	Hold(ctx context.Context, id string) (Hold, error)
	// Holds are those that hold, and then the newest that were released, at most limit
	// of those.
	Holds(ctx context.Context, limit int) ([]Hold, error)
	// CountHolds is how many were ever placed.
	CountHolds(ctx context.Context) (int64, error)
	// ReleaseHold gives ErrReleased when that was done before.
	ReleaseHold(ctx context.Context, h Hold) error
}
