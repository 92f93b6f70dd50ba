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
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
