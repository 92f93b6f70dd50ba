package register

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"eastgate/cloud/chain"
)

// A Mark is one row's place and hash. Kept outside the database it is an anchor:
// it shows even a whole new chain.
type Mark struct {
	Position int64  `json:"position"`
	Hash     string `json:"hash"`
}

// String is how a mark is written down, and ParseMark reads it.
func (m Mark) String() string { return fmt.Sprintf("%d:%s", m.Position, m.Hash) }

// ParseMark reads a mark as String writes it.
func ParseMark(s string) (Mark, error) {
	n, hash, ok := strings.Cut(s, ":")
	at, err := strconv.ParseInt(n, 10, 64)
	if !ok || err != nil || at < 1 || len(hash) != 64 {
		return Mark{}, fmt.Errorf("anchor %.100q: want POSITION:HASH", s)
	}
	return Mark{at, hash}, nil
}

// Ends are where the register begins, after what was forgotten, and where it ends.
type Ends struct {
	Base, Head Mark
}

// A Proof is what Verify found.
type Proof struct {
	Rows    int64
	Ends    Ends
	Fault   *Fault // the first, if any
	Anchors Anchors
}

// A Fault is where rows are not what was written.
type Fault struct {
	Position int64 // where it shows; 0: in the anchors, not in a row
	What     string
}

// page is how many rows Verify reads at a time.
const page = 1000

// Verify reads the whole register and finds the first row that was changed, removed,
// put in or moved. Anchors kept elsewhere must be in it. Only the store's errors are
// errors; a fault is an answer.
func (r *Register) Verify(ctx context.Context, anchors ...Mark) (Proof, error) {
	ends, err := r.store.RegisterEnds(ctx)
	if err != nil {
		return Proof{}, err
	}
	p := Proof{Ends: ends}
	at, forgotten := ends.Base, int64(0)
	missing := map[Mark]bool{}
	for _, m := range anchors {
		missing[m] = true
	}
	for at.Position < ends.Head.Position {
		rows, err := r.store.RegisterFrom(ctx, at.Position, page)
		if err != nil {
			return p, err
		}
		if len(rows) == 0 {
			break
		}
		for _, e := range rows {
			if e.Position > ends.Head.Position {
				break // written since we began
			}
			if p.Fault = follows(at, e); p.Fault != nil {
				return r.again(ctx, p, anchors)
			}
			at = Mark{e.Position, e.Hash}
			p.Rows++
			if n, ok := strings.CutPrefix(e.Object, "register/"); ok && e.Act == Forget {
				forgotten, _ = strconv.ParseInt(n, 10, 64) //nolint:errcheck // 0 shows below
			}
			delete(missing, at)
		}
	}
	if p.Fault = whole(at, ends, forgotten, missing); p.Fault != nil {
		return r.again(ctx, p, anchors)
	}
	return p, nil
}

// again reads anew when rows were forgotten meanwhile, for then the fault is none.
func (r *Register) again(ctx context.Context, p Proof, anchors []Mark) (Proof, error) {
	ends, err := r.store.RegisterEnds(ctx)
	if err != nil || ends.Base == p.Ends.Base {
		return p, err
	}
	return r.Verify(ctx, anchors...)
}

// follows says what is wrong with an entry as the row after a mark.
func follows(at Mark, e Entry) *Fault {
	switch {
	case e.Position != at.Position+1:
		return &Fault{at.Position + 1, fmt.Sprintf("rows are missing: %d is followed by %d", at.Position, e.Position)}
	case e.Prev != at.Hash:
		return &Fault{e.Position, "it does not follow the row before it"}
	case e.Hash != e.link():
		return &Fault{e.Position, "it is not what was written"}
	}
	return nil
}

// whole says what is wrong with the register as a whole.
func whole(at Mark, ends Ends, forgotten int64, missing map[Mark]bool) *Fault {
	switch {
	case at != ends.Head:
		return &Fault{at.Position + 1, fmt.Sprintf("rows are missing at the end: it ended with %d", ends.Head.Position)}
	case ends.Base.Position != forgotten:
		return &Fault{ends.Base.Position, "rows at the beginning are gone, and no row says that they were forgotten"}
	case ends.Base.Position == 0 && ends.Base.Hash != chain.First:
		return &Fault{1, "it does not begin as registers do"}
	}
	for _, m := range slices.SortedFunc(maps.Keys(missing), func(a, b Mark) int { return cmp.Compare(a.Position, b.Position) }) {
		if m.Position > ends.Head.Position {
			return &Fault{m.Position, fmt.Sprintf("rows are missing at the end: the register ends with %d, and an anchor names %d", ends.Head.Position, m.Position)}
		}
		if m.Position > ends.Base.Position {
			return &Fault{m.Position, "it is not the row that the anchor names"}
		}
	}
	return nil
}
