package app

import (
	"context"
	"time"

	"eastgate/cloud/organisation"
	"eastgate/cloud/register"
)

// choresEvery is how often the chores are done.
const choresEvery = 24 * time.Hour

// chores forgets what need not be known any more, and writes the register's newest
// mark into the log, which is kept elsewhere: whoever rewrites the register cannot
// rewrite that.
func (c *Cloud) chores(ctx context.Context) error {
	book := organisation.New(c.store, nil, c.parts.register)
	tick := time.NewTicker(choresEvery)
	defer tick.Stop()
	for {
		if n, err := book.Sweep(ctx, time.Duration(c.file.Contacts.KeepDays)*24*time.Hour); err != nil {
			c.log.Error("contacts who left cannot be forgotten", "err", err)
		} else if n > 0 {
			c.log.Info("contacts who left are forgotten", "contacts", n)
		}
		if err := c.parts.register.Forget(ctx, register.Kept); err != nil {
			c.log.Error("old rows of the register cannot be forgotten", "err", err)
		}
		if head, err := c.parts.register.Head(ctx); err != nil {
			c.log.Error("the register cannot be read", "err", err)
		} else if head.Position > 0 {
			c.log.Info("the register's newest row", "anchor", head.String())
		}
		c.publish(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// published is how many months back figures are made ahead: a page shows a year.
const published = 13

// publish makes the figures of settled months once, so that the first reader of a
// year's trend does not wait for all of them.
func (c *Cloud) publish(ctx context.Context) {
	now := time.Now()
	for n := published; n > 0 && ctx.Err() == nil; n-- {
		month := now.AddDate(0, 0, 1-now.Day()).AddDate(0, -n, 0).Format("2006-01")
		if _, err := c.figures.Month(ctx, month); err != nil && ctx.Err() == nil {
			c.log.Error("figures cannot be made", "month", month, "err", err)
			return
		}
	}
}
