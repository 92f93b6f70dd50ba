package report

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"eastgate/cloud/incident"
)

// An Imported file: how many of its lines are reports now, and what is wrong with
// the others.
type Imported struct {
	Taken  int         `json:"taken"`
	Faults []LineFault `json:"faults"`
}

// Import takes the calls of a hotline file in, line by line. What is wrong with one
// keeps no other back, and the same file again changes nothing: calls are known by
// the hotline's own numbers. It ends early only when the store fails.
func (d Deps) Import(ctx context.Context, who incident.Actor, calls []Call, faults []LineFault) (Imported, error) {
	out := Imported{Faults: faults}
	for _, c := range calls {
		fault, err := d.takeCall(ctx, who, c)
		if err != nil {
			return out, fmt.Errorf("line %d: %w", c.Line, err)
		}
		if fault != nil {
			out.Faults = append(out.Faults, *fault)
			continue
		}
		out.Taken++
	}
	slices.SortStableFunc(out.Faults, func(a, b LineFault) int { return a.Line - b.Line })
	return out, nil
}

func (d Deps) takeCall(ctx context.Context, who incident.Actor, c Call) (*LineFault, error) {
	class := general
	if c.Class != "" {
		found, err := d.class(c.Class)
		if err != nil {
			return &LineFault{c.Line, "class", fmt.Sprintf("%.60q is no class of the catalogue; leave it empty for an unsorted request", c.Class)}, nil
		}
		class = found.Key
	}
	p, ok := d.Find(c.Place)
	if !ok {
		return &LineFault{c.Line, "place", fmt.Sprintf("%.60q is in no list of places", c.Place)}, nil
	}
	_, err := d.take(ctx, who, Told{
		Key: "hotline/" + c.Number, Source: incident.Hotline, Class: class, Place: p, Text: c.Text, Observed: c.At, Name: c.Caller, Phone: c.Phone,
	})
	var invalid incident.Invalid
	if errors.As(err, &invalid) {
		return &LineFault{Line: c.Line, Detail: invalid.Error()}, nil
	}
	return nil, err
}

// Enter takes what somebody on duty enters from a phone; by is what they are.
func (d Deps) Enter(ctx context.Context, who incident.Actor, t Told) (incident.Incident, error) {
	c, err := d.class(t.Class)
	if err != nil {
		return incident.Incident{}, err
	}
	t.Class = c.Key
	return d.take(ctx, who, t)
}
