package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sync/errgroup"
)

// A look is one finder at one clip, perhaps damaged.
type look struct {
	finder finder
	clip   clip
	damage damage
	kinds  []string
	events []episode
}

// plan lists all looks, in the order of the tables.
func plan(o options, clips []clip) (all []*look) {
	add := func(f finder, c clip, d damage) {
		var kinds []string
		for _, k := range o.kinds {
			if slices.Contains(f.kinds(), k) && c.about(k) {
				kinds = append(kinds, k)
			}
		}
		if len(kinds) > 0 {
			all = append(all, &look{finder: f, clip: c, damage: d, kinds: kinds})
		}
	}
	own := ours{edge: o.edge}
	finders := []finder{own}
	if o.compare {
		finders = append(finders, others()...)
	}
	for _, f := range finders {
		for _, c := range clips {
			add(f, c, damage{})
		}
	}
	if !o.stress {
		return all
	}
	for _, d := range damages {
		for _, c := range clips {
			if c.Duration <= longestDamaged {
				add(own, c, d)
			}
		}
	}
	return all
}

// How many looks are taken at a time: of those that use a processor, and of those
// that wait for a clip to play.
const (
	working = 2
	waiting = 4
)

// lookAll takes all looks.
func lookAll(ctx context.Context, o options, looks []*look) ([]*look, error) {
	g, ctx := errgroup.WithContext(ctx)
	busy, slow := make(chan struct{}, working), make(chan struct{}, waiting)
	for _, l := range looks {
		turn := busy
		if _, plays := l.finder.(*motionProgram); plays {
			turn = slow
		}
		g.Go(func() error {
			select {
			case turn <- struct{}{}:
			case <-ctx.Done():
				return ctx.Err()
			}
			defer func() { <-turn }()
			return l.take(ctx, o)
		})
	}
	return looks, g.Wait()
}

func (l *look) take(ctx context.Context, o options) error {
	file, err := filepath.Join(o.data, l.clip.File), error(nil)
	if l.damage.name != "" {
		if file, err = l.damage.apply(ctx, o, l.clip); err != nil {
			return err
		}
	}
	if l.events, err = l.finder.find(ctx, file, l.clip, l.kinds); err != nil {
		return fmt.Errorf("%s: %s: %w", l.finder.name(), l.clip.File, err)
	}
	fmt.Fprintf(os.Stderr, "%s %s %s: %d events\n", l.finder.name(), l.damage.name, l.clip.File, len(l.events))
	return nil
}
