package wire

import (
	"cmp"
	"slices"
)

func sortedPositions(ps []Position) []Position {
	ps = slices.Clone(ps)
	slices.SortFunc(ps, func(a, b Position) int {
		return cmp.Or(cmp.Compare(a.Epoch, b.Epoch), cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Sequence, b.Sequence))
	})
	return ps
}
