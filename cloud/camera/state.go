package camera

import (
	"cmp"
	"context"
	"slices"
	"time"

	"eastgate/cloud/coverage"
	"eastgate/shared/wire"
)

// A State is how a camera is. Word is "online", "connecting", one of the causes of
// package wire, or Unknown.
type State struct {
	Name
	Called string `json:"called,omitempty"` // by people
	Word   string `json:"state"`
	// Reason is the box's own sentence, where it gave one.
	Reason string     `json:"reason,omitempty"`
	Since  *time.Time `json:"since,omitempty"`
	// Heard is when the box was heard last; what it told then may have changed since.
	Heard *time.Time `json:"heard,omitempty"`
	// ClockAheadMS is how far the camera's clock is ahead of its box's.
	ClockAheadMS *int64 `json:"clock_ahead_ms,omitempty"`
	// InForce is which settings it looks with; nil where the box cannot be set from afar.
	InForce *wire.ZonesState `json:"in_force,omitempty"`
}

// The words that are not causes of a gap.
const (
	Online     = "online"
	Connecting = "connecting"
	Unknown    = "unknown" // no box has told of it
)

// badness orders states for who must look after them: the lower the worse.
func (s State) badness() int {
	switch s.Word {
	case Online:
		return 3
	case Connecting, wire.Starting:
		return 2
	case Unknown:
		return 1
	}
	return 0
}

// Down reports whether the camera does not see.
func (s State) Down() bool { return s.badness() < 2 }

// States returns how all cameras are that boxes told of, the worst first. open are
// the gaps that go on now: they know what a box's health does not, that a picture is
// frozen, dark or covered.
func (c *Cameras) States(ctx context.Context, open []coverage.Open) ([]State, error) {
	reports, err := c.store.BoxReports(ctx)
	if err != nil {
		return nil, err
	}
	blind := map[Name]coverage.Open{}
	for _, o := range open {
		blind[Name{o.Site, o.Box, o.Device}] = o
	}
	out := []State{}
	for _, r := range reports {
		for _, h := range r.Health.Cameras {
			n := Name{r.Site, r.Box, h.Camera}
			out = append(out, r.state(n, h, blind[n], c.now()))
		}
	}
	slices.SortStableFunc(out, func(a, b State) int {
		return cmp.Or(a.badness()-b.badness(), cmp.Compare(a.String(), b.String()))
	})
	return out, nil
}

func (r BoxReport) state(n Name, h wire.CameraHealth, blind coverage.Open, now time.Time) State {
	since, heard := h.Since, r.Heard
	s := State{Name: n, Called: h.Name, Word: h.State, Reason: h.Reason, Since: &since, Heard: &heard, ClockAheadMS: h.ClockAheadMS, InForce: h.Zones}
	switch {
	case !r.Online || now.Sub(r.Heard) > coverage.Away:
		s.Word, s.Reason, s.Since = wire.BoxAway, "", &heard
	case h.State == Online && (blind.Cause == wire.Frozen || blind.Cause == wire.Dark || blind.Cause == wire.Hidden || blind.Cause == wire.Overload || blind.Cause == wire.Decoder):
		s.Word, s.Since = blind.Cause, &blind.Since
	}
	return s
}

// State returns how one camera is; ErrNotFound when no box has told of it.
func (c *Cameras) State(ctx context.Context, n Name, open []coverage.Open) (State, error) {
	all, err := c.States(ctx, open)
	if err != nil {
		return State{}, err
	}
	i := slices.IndexFunc(all, func(s State) bool { return s.Name == n })
	if i < 0 {
		return State{}, ErrNotFound
	}
	return all[i], nil
}
