package app

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"eastgate/cloud/config"
	"eastgate/cloud/notify"
)

// notifyTest sends a test message by one robot of the configuration.
func (c Console) notifyTest(ctx context.Context, args []string) error {
	flags, path := c.flags("notify test")
	name := flags.String("robot", "", "the robot's `name` in the configuration; all of them without one")
	to := flags.String("to", "", "the telephone `number` that an sms robot writes to")
	if err := flags.Parse(args); err != nil {
		return ErrUsage
	}
	f, err := config.Load(*path)
	if err != nil {
		return err
	}
	robots, err := openRobots(f.Notify)
	if err != nil {
		return err
	}
	tried, failed := 0, 0
	for _, r := range robots {
		if *name != "" && r.Name != *name || *name == "" && r.Persons && *to == "" {
			continue
		}
		tried++
		ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
		receipt, err := notify.Test(ctx, r, f.Notify.Language, *to)
		cancel()
		if err != nil {
			failed++
			fmt.Fprintf(c.Out, "%s (%s): not taken: %v\n", r.Name, r.Kind, err)
			continue
		}
		fmt.Fprintf(c.Out, "%s (%s): taken %s\n", r.Name, r.Kind, receipt.ID)
	}
	switch {
	case tried == 0:
		return fmt.Errorf("there is no robot %q under notify.robots of %s", *name, *path)
	case failed > 0:
		return fmt.Errorf("%d of %d robots took nothing", failed, tried)
	}
	return nil
}

// rosterPut replaces the duty roster by that of a file.
func (c Console) rosterPut(ctx context.Context, args []string) error {
	flags, path := c.flags("roster put")
	if err := flags.Parse(args); err != nil || flags.NArg() != 1 {
		fmt.Fprint(c.Err, Usage)
		return ErrUsage
	}
	data, err := os.ReadFile(flags.Arg(0))
	if err != nil {
		return fmt.Errorf("read roster: %w", err)
	}
	var r notify.Roster
	if err := json.Unmarshal(data, &r); err != nil {
		return fmt.Errorf("%s: %w", flags.Arg(0), err)
	}
	if err := r.Validate(); err != nil {
		return err
	}
	return openNearby(ctx, *path, func(b nearby) error {
		was, err := b.store.Roster(ctx)
		if err != nil {
			return err
		}
		who := typist()
		r.Version, r.By, r.At = was.Version+1, who.Name, time.Now().UTC()
		if err := b.register.Record(ctx, who, "duty-roster", fmt.Sprintf("version %d, %d turns", r.Version, len(r.Turns)), nil); err != nil {
			return err
		}
		if err := b.store.SaveRoster(ctx, r); err != nil {
			return err
		}
		_, err = fmt.Fprintf(c.Out, "version %d of the duty roster is in force, %d turns\n", r.Version, len(r.Turns))
		return err
	})
}

// rosterShow prints the duty roster as roster put reads it.
func (c Console) rosterShow(ctx context.Context, args []string) error {
	flags, path := c.flags("roster show")
	if err := flags.Parse(args); err != nil {
		return ErrUsage
	}
	return openNearby(ctx, *path, func(b nearby) error {
		r, err := b.store.Roster(ctx)
		if err != nil {
			return err
		}
		e := json.NewEncoder(c.Out)
		e.SetIndent("", "  ")
		return e.Encode(r)
	})
}
