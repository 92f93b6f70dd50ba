package filing

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"eastgate/shared/event"
)

// Columns are those of a list that is read; camera must be there. An export has more,
// which are passed over: it can be filled in and read again.
var Columns = []string{"site", "box", "camera", "angle", "sign", "basis", "filed", "number"}

// maxLines bounds a list.
const maxLines = 2000

// Read reads a list as CSV (RFC 4180, UTF-8, with a line of column names), such as an
// export that was filled in. The error joins every fault with its line; then nothing
// of it is to be taken.
func Read(r io.Reader) ([]Record, error) {
	in := csv.NewReader(io.LimitReader(r, 16<<20))
	head, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("%w: line of column names: %w", ErrInvalid, err)
	}
	at := map[string]int{}
	for n, name := range head {
		at[strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\uFEFF")))] = n
	}
	for _, name := range Columns {
		if _, ok := at[name]; !ok {
			return nil, fmt.Errorf("%w: line 1: column %s is missing; columns are %s", ErrInvalid, name, strings.Join(Columns, ", "))
		}
	}
	var out []Record
	var faults []error
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			return out, errors.Join(faults...)
		}
		if err != nil {
			return nil, errors.Join(append(faults, fmt.Errorf("%w: %w", ErrInvalid, err))...)
		}
		line, _ := in.FieldPos(0)
		cell := func(name string) string { return strings.TrimSpace(strings.TrimPrefix(cells[at[name]], "'")) }
		r := Record{Camera: event.NewSource(cell("site"), cell("box"), cell("camera")), Angle: cell("angle"), Sign: cell("sign"), Basis: cell("basis"), Filed: cell("filed"), Number: cell("number")}
		if err := r.Validate(); err != nil {
			faults = append(faults, fmt.Errorf("line %d: %w", line, err))
		}
		if slices.ContainsFunc(out, func(o Record) bool { return o.Camera == r.Camera }) {
			faults = append(faults, fmt.Errorf("line %d: %w: camera %s stands there twice", line, ErrInvalid, r.Camera))
		}
		if out = append(out, r); len(out) > maxLines {
			return nil, fmt.Errorf("%w: more than %d lines", ErrInvalid, maxLines)
		}
	}
}
