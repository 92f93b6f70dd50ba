package app

import (
	"context"
	"fmt"

	"eastgate/edge/config"
	"eastgate/shared/health"
)

// health asks the running box whether it does its work.
func (c Console) health(ctx context.Context, args []string) error {
	flags := c.flags("health")
	path := flags.String("config", "edge.yml", "configuration `file`")
	wait := flags.Duration("wait", 0, "how long to go on asking")
	if err := flags.Parse(args); err != nil {
		return ErrUsage
	}
	f, err := config.Load(*path)
	if err != nil {
		return err
	}
	if err := health.Wait(ctx, health.Local("http", f.Listen), nil, *wait); err != nil {
		return err
	}
	_, err = fmt.Fprintln(c.Out, "healthy")
	return err
}
