// Command rig runs a whole site of real processes on this machine: a camera
// simulator, the cloud, and one edge box. `rig demo` shows it to people,
// `rig e2e` proves that what the edge has sent is what the cloud has stored, and with
// -scenario reach that a fire gets to phones and to the police whatever plug is out,
// `rig console-check` looks at every page in a browser, `rig secrets` looks for the site's secrets in all that it says,
// `rig cost` measures what a camera costs.
//
// scripts/demo, scripts/e2e and scripts/bench build what it starts.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:])
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "rig:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("usage: rig demo [-videos DIR] | rig sensor smoke on | rig e2e [-scenario whole|reach] [-json] | rig console-check [-json] [-out DIR] | rig secrets [-json] | rig cost -clip FILE")
	}
	if args[0] == "sensor" {
		return sensorCommand(args[1:])
	}
	flags := flag.NewFlagSet("rig "+args[0], flag.ContinueOnError)
	videos := flags.String("videos", "", "play the video files in this folder instead of the drawn scenes")
	asJSON := flags.Bool("json", false, "end with one line of JSON")
	scenario := flags.String("scenario", "whole", "what e2e plays: whole (cameras to cloud) or reach (sensors in, phones and police out)")
	within := flags.Duration("within", 90*time.Second, "how long to wait for the four kinds of events")
	clip := flags.String("clip", "", "the clip that cost is measured on")
	out := flags.String("out", ".cache/console", "where console-check puts its pictures")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	switch args[0] {
	case "demo":
		return demo(ctx, *videos)
	case "e2e":
		if *scenario == "reach" {
			return proveReach(ctx, *asJSON)
		}
		if *scenario != "whole" {
			return fmt.Errorf("unknown scenario %q: whole or reach", *scenario)
		}
		return prove(ctx, *asJSON, *within)
	case "console-check":
		return checkConsole(ctx, *out, *asJSON)
	case "secrets":
		return huntSecrets(ctx, *asJSON, *within)
	case "cost":
		return cost(ctx, *clip, 6, 20*time.Second)
	}
	return fmt.Errorf("unknown command %q: demo, e2e, console-check, secrets or cost", args[0])
}
