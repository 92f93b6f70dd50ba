package police

import (
	"context"
	"errors"
	"slices"
	"time"

	"eastgate/cloud/governance"
)

// A LinkState is how the link is, as the cloud that runs the bridge says.
type LinkState struct {
	Connected bool      `json:"connected"`
	Since     time.Time `json:"since"`
	Seen      time.Time `json:"seen"` // that cloud was alive
	Fault     string    `json:"fault,omitempty"`
	// Unheard says that their broker works and nobody there listens.
	Unheard bool `json:"unheard,omitempty"`
}

// aliveFor is how old a LinkState may be before the bridge counts as not running.
const (
	aliveFor  = 30 * time.Second
	beatEvery = 10 * time.Second
)

// note keeps how the link is where all clouds see it.
func (b *Bridge) note(ctx context.Context, s LinkState) {
	b.mu.Lock()
	now := time.Now().UTC().Truncate(time.Millisecond)
	s.Seen, s.Since = now, now
	if s.Connected == b.link.Connected && !b.link.Since.IsZero() {
		s.Since = b.link.Since
	}
	changed := s.Connected != b.link.Connected || s.Fault != b.link.Fault
	b.link = s
	b.mu.Unlock()
	if changed && s.Connected {
		b.o.Log.Info("the police bridge is connected")
	} else if changed {
		b.o.Log.Error("the police bridge has no link", "fault", s.Fault)
	}
	b.keepLink(ctx, s)
}

func (b *Bridge) keepLink(ctx context.Context, s LinkState) {
	if err := b.o.Store.PutPoliceFact(ctx, linkFact, s); err != nil && ctx.Err() == nil {
		b.o.Log.Error("how the police link is cannot be kept", "err", err)
	}
}

// beat says now and then that the bridge is alive.
func (b *Bridge) beat(ctx context.Context) {
	b.mu.Lock()
	due := time.Since(b.link.Seen) >= beatEvery
	if due {
		b.link.Seen = time.Now().UTC().Truncate(time.Millisecond)
	}
	s := b.link
	b.mu.Unlock()
	if due {
		b.keepLink(ctx, s)
	}
}

// listening notes whether somebody on their side takes what we say.
func (b *Bridge) listening(yes bool) {
	b.mu.Lock()
	changed := b.link.Unheard == yes
	b.link.Unheard = !yes
	s := b.link
	b.mu.Unlock()
	if changed {
		b.keepLink(context.Background(), s)
	}
}

// Health is how the bridge is, for people.
type Health struct {
	Link    LinkState        `json:"link"`
	Killed  bool             `json:"killed"`
	Switch  Switch           `json:"switch"`
	Queue   Queue            `json:"queue"`
	Today   map[State]int    `json:"today"` // messages that were created today, by state
	Heard   map[string]int   `json:"heard"` // what they said today, by kind
	Aside   int              `json:"aside"` // unusable messages of theirs that are kept
	Cameras *CameraAgreement `json:"cameras,omitempty"`
	// LastTest is the newest test of the way; nil when there was none.
	LastTest *TestResult `json:"last_test"`
}

// A CameraAgreement holds what the police believe of the cameras against what we
// know.
type CameraAgreement struct {
	Police  Cameras `json:"police"`
	Ours    Cameras `json:"ours"`
	Differs bool    `json:"differs"`
}

// Health returns how the bridge is. Any cloud answers, whichever runs it.
func (b *Bridge) Health(ctx context.Context) (h Health, err error) {
	ran, err := b.o.Store.PoliceFact(ctx, linkFact, &h.Link)
	if err != nil {
		return h, err
	}
	if !ran || time.Since(h.Link.Seen) > aliveFor {
		h.Link.Connected, h.Link.Fault = false, "no cloud runs the bridge now"
	}
	if h.Switch, err = b.killed(ctx); err != nil {
		return h, err
	}
	h.Killed = h.Switch.On
	if h.Queue, err = b.o.Store.PoliceQueue(ctx); err != nil {
		return h, err
	}
	local := b.now().In(governance.Shanghai)
	from := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, governance.Shanghai)
	if h.Today, err = b.o.Store.CountPolice(ctx, OfIncident, from, from.AddDate(0, 0, 1)); err != nil {
		return h, err
	}
	heard, err := b.o.Store.CountHeard(ctx, from, from.AddDate(0, 0, 1))
	if err != nil {
		return h, err
	}
	h.Heard = map[string]int{}
	for what, n := range heard {
		h.Heard[what[0]] += n
	}
	if h.Aside, err = b.o.Store.CountAside(ctx); err != nil {
		return h, err
	}
	switch m, err := b.o.Store.LastPoliceTest(ctx); {
	case err == nil:
		m.Body = nil
		h.LastTest = &TestResult{m, m.Phone()}
	case !errors.Is(err, ErrNotFound):
		return h, err
	}
	h.Cameras, err = b.cameras(ctx)
	return h, err
}

// A TestResult is a test as the API tells it.
type TestResult struct {
	Message
	Phone bool `json:"phone"`
}

func (b *Bridge) cameras(ctx context.Context) (*CameraAgreement, error) {
	var a CameraAgreement
	told, err := b.o.Store.PoliceFact(ctx, camerasFact, &a.Police)
	if err != nil || !told {
		return nil, err
	}
	list, err := b.o.Store.CameraStates(ctx, b.now())
	a.Ours = camerasOf(list, b.now())
	a.Differs = !slices.EqualFunc(a.Police.List, list[:min(len(list), maxListed)], func(x, y CameraState) bool { return x.Camera == y.Camera && x.State == y.State })
	a.Police.List = nil
	return &a, err
}

// Messages are those of an incident, the oldest first, without what they say.
func (b *Bridge) Messages(ctx context.Context, incident string) ([]Message, error) {
	list, err := b.o.Store.PoliceMessages(ctx, incident)
	for i := range list {
		list[i].Body = nil // it may hold a one-time link
	}
	return list, err
}
