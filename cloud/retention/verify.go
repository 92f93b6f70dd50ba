package retention

import (
	"context"
	"fmt"
	"strings"

	"eastgate/cloud/chain"
	"eastgate/cloud/register"
)

// Rows reads the register of access.
type Rows interface {
	Register(ctx context.Context, q register.Query) ([]register.Entry, error)
}

// Verify reads all deletions and says where they are not what was written, or where
// the register's newest row about them names another one. An empty fault is none.
func Verify(ctx context.Context, s DeletionStore, rows Rows) (n int64, fault string, err error) {
	witnessed, err := witnessed(ctx, rows)
	if err != nil {
		return 0, "", err
	}
	at := register.Mark{Hash: chain.First}
	for {
		page, err := s.Deletions(ctx, at.Position, batch)
		if err != nil {
			return at.Position, "", err
		}
		for _, d := range page {
			switch {
			case d.Position != at.Position+1:
				return at.Position, fmt.Sprintf("deletion %d is missing", at.Position+1), nil
			case d.Prev != at.Hash || d.Hash != d.link():
				return at.Position, fmt.Sprintf("deletion %d is not what was written", d.Position), nil
			}
			at = register.Mark{Position: d.Position, Hash: d.Hash}
			if at.Position == witnessed.Position && at != witnessed {
				return at.Position, fmt.Sprintf("deletion %d is not the one that the register names", d.Position), nil
			}
		}
		if len(page) < batch {
			break
		}
	}
	if at.Position < witnessed.Position {
		return at.Position, fmt.Sprintf("the deletions end with %d, and the register names %d", at.Position, witnessed.Position), nil
	}
	return at.Position, "", nil
}

// witnessed is the newest mark of the deletions that the register holds.
func witnessed(ctx context.Context, rows Rows) (register.Mark, error) {
	newest, err := rows.Register(ctx, register.Query{Act: register.Forget, Object: Object, Limit: 1})
	if err != nil || len(newest) == 0 {
		return register.Mark{}, err
	}
	words := strings.Fields(newest[0].Detail)
	return register.ParseMark(words[len(words)-1])
}
