// Command edge is the gateway of one place. It turns what cameras show into
// events and brings them to the cloud:
//
//	camera → gate → decode → detect → confirm → outbox → uplink
//
// Each word is a folder here; package app joins them.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"eastgate/edge/app"
	_ "time/tzdata" // a bare machine knows no time zones
)

// version is set by the build.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	c := app.Console{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Terminal: isTerminal(os.Stderr), Version: version}
	switch err := c.Command(ctx, os.Args[1:]); {
	case errors.Is(err, app.ErrUsage):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
