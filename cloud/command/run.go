package command

import (
	"context"
	"fmt"
	"time"

	"eastgate/shared/wire"
)

const (
	lookForWaiting = time.Second
	// A command is said again after a quarter of its age, within these bounds: soon to a
	// box that has just stumbled, seldom to one that is away.
	againMin = 2 * time.Second
	againMax = 30 * time.Second
	// lateness is how long after its end a command's result may still come: the box
	// may have begun it at the last moment.
	lateness = 75 * time.Second
	// keep is how long commands are remembered, as what people have asked for.
	keep        = 180 * 24 * time.Hour
	forgetEvery = time.Hour
)

// Run says what waits again, and gives up what is over, until ctx ends.
func (e *Engine) Run(ctx context.Context) error {
	tick := time.NewTicker(lookForWaiting)
	defer tick.Stop()
	var forgotten time.Time
	failing := false
	for {
		err := e.again(ctx)
		if now := time.Now(); err == nil && now.Sub(forgotten) >= forgetEvery {
			forgotten = now
			err = e.store.ForgetCommands(ctx, now.Add(-keep))
		}
		if err != nil && ctx.Err() == nil && !failing {
			e.o.Log.Error("commands wait: the database does not answer", "err", err)
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (e *Engine) again(ctx context.Context) error {
	list, err := e.store.WaitingCommands(ctx)
	if err != nil {
		return err
	}
	e.o.Metrics.waiting.Set(float64(len(list)))
	now := time.Now()
	for _, c := range list {
		switch {
		case !e.o.Mine(c.Site, c.Box):
		case now.Sub(c.Expires) > lateness:
			gone := wire.BoxResult{ID: c.ID, State: wire.Expired, Problem: fmt.Sprintf("box %s/%s has not answered: is it online?", c.Site, c.Box)}
			if err := e.end(ctx, c.Site, c.Box, gone); err != nil {
				return err
			}
		case e.due(c, now):
			e.say(c)
		}
	}
	return nil
}

// due reports whether a command should be said again. After its end it is said too:
// the box may have done it, and its answer was lost.
func (e *Engine) due(c Command, now time.Time) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return now.Sub(e.said[c.ID]) >= min(max(now.Sub(c.Asked)/4, againMin), againMax)
}
