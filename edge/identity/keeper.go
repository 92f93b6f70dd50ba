package identity

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"eastgate/shared/retry"
	"eastgate/shared/wire"
)

// lookEvery is how often the cloud is asked whose the certificate is, and until when.
const lookEvery = time.Hour

// mostAhead is how far the box's clock may be off before it is said.
const mostAhead = 2 * time.Minute

// A Keeper renews a box's certificate while the box runs.
type Keeper struct {
	own   *Own
	base  string // of the cloud
	files []string
	log   *slog.Logger
	every time.Duration

	mu    sync.Mutex
	state State
}

// A State is how the box's identity is.
type State struct {
	Until *time.Time `json:"until,omitempty"` // of the certificate; nil before the cloud has told
	// ClockAhead is how far this box's clock is ahead of the cloud's, in seconds.
	ClockAhead *float64 `json:"clock_ahead_s,omitempty"`
	Fault      string   `json:"fault,omitempty"` // why it cannot be renewed
}

// NewKeeper keeps own at the cloud's address; caFiles are believed too.
func NewKeeper(own *Own, cloud string, log *slog.Logger, caFiles ...string) (*Keeper, error) {
	base, err := address(cloud)
	if err != nil {
		return nil, err
	}
	return &Keeper{own: own, base: base, files: caFiles, log: log, every: lookEvery}, nil
}

// State returns how the identity is.
func (k *Keeper) State() State {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.state
}

// Run looks, and renews what is due, until ctx ends. A cloud that is away is no error.
func (k *Keeper) Run(ctx context.Context) error {
	for first := true; ctx.Err() == nil; first = false {
		if !first { // boxes that were switched on together do not ask together
			retry.Sleep(ctx, k.every/2+rand.N(k.every))
		}
		if ctx.Err() != nil {
			return nil
		}
		k.note(k.Look(ctx))
	}
	return nil
}

func (k *Keeper) note(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	fault := ""
	if err != nil && !errors.Is(err, context.Canceled) {
		fault = err.Error()
	}
	if fault != "" && fault != k.state.Fault {
		k.log.Warn("the box's certificate cannot be looked after", "reason", fault)
	}
	k.state.Fault = fault
}

// Look asks the cloud whose the certificate is, and has it replaced when two thirds of
// its life are over by the cloud's clock.
func (k *Keeper) Look(ctx context.Context) error {
	id, err := k.ask(ctx)
	if err != nil {
		return err
	}
	due := id.From.Add(id.Until.Sub(id.From) / 3 * 2)
	if id.Now.Before(due) {
		return nil
	}
	k.log.Info("the box's certificate is renewed", "ends", id.Until)
	return k.Renew(ctx)
}

// Renew gets a certificate for a new key, keeps it and uses it once, which ends the old one.
func (k *Keeper) Renew(ctx context.Context) error {
	key, err := nextKey(k.own.dir)
	if err != nil {
		return fmt.Errorf("identity: %w", err)
	}
	var ask wire.EnrolAsk
	if ask.Request, err = request(key); err != nil {
		return err
	}
	conf, err := k.own.TLS(k.files...)
	if err != nil {
		return err
	}
	var out wire.Enrolled
	if err := exchange(ctx, conf, http.MethodPost, k.base+wire.RenewPath, ask, &out); err != nil {
		return fmt.Errorf("renew the certificate: %w", err)
	}
	if err := keep(k.own.dir, key, out); err != nil {
		return err
	}
	_, err = k.ask(ctx)
	return err
}

func (k *Keeper) ask(ctx context.Context) (id wire.Identity, err error) {
	conf, err := k.own.TLS(k.files...)
	if err != nil {
		return id, err
	}
	if err := exchange(ctx, conf, http.MethodGet, k.base+wire.IdentityPath, nil, &id); err != nil {
		return id, fmt.Errorf("ask the cloud whose the certificate is: %w", err)
	}
	ahead := time.Since(id.Now)
	seconds := ahead.Seconds()
	k.mu.Lock()
	k.state.Until, k.state.ClockAhead = &id.Until, &seconds
	k.mu.Unlock()
	if ahead.Abs() > mostAhead {
		k.log.Warn("this box's clock is wrong: set it (NTP)", "ahead_of_cloud", ahead.Round(time.Second))
	}
	return id, nil
}
