package sensor

import (
	"context"
	"errors"
	"time"

	"eastgate/shared/retry"
)

// errEnded is for an adapter that returns and says nothing.
var errEnded = errors.New("the connection ended")

// hear runs a source's adapter, connection after connection, until ctx ends.
func (c *Core) hear(ctx context.Context, s Source) {
	backoff := retry.Backoff{Min: time.Second, Max: 30 * time.Second}
	said := ""
	for ctx.Err() == nil {
		began := time.Now()
		err := c.connection(ctx, s)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			err = errEnded
		}
		if time.Since(began) > time.Minute {
			backoff.Reset()
			said = ""
		}
		if err.Error() != said { // not at every attempt
			said = err.Error()
			c.log.Warn("sensors cannot be heard", "source", s.Name, "reason", err)
		}
		select {
		case c.in <- heard{source: s.Name, fault: err}:
		case <-ctx.Done():
			return
		}
		backoff.Wait(ctx)
	}
}

// connection runs an adapter once and hands on what it says under its name.
func (c *Core) connection(ctx context.Context, s Source) error {
	out := make(chan Reading)
	ended := make(chan error, 1)
	go func() { ended <- s.Adapter.Run(ctx, out) }()
	for {
		select {
		case r := <-out:
			select {
			case c.in <- heard{source: s.Name, r: r}:
			case <-ctx.Done(): // what is not taken is not acknowledged either
			}
		case err := <-ended:
			return err
		}
	}
}
