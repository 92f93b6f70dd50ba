// Command chaos hurts a site of real processes in every way that sites are hurt,
// and counts. It starts boxes, brokers and the cloud, kills them, cuts their power,
// fills their disks, spoils their network and their clocks by a seeded schedule,
// and at the end compares every event that a box has confirmed with the cloud's
// database: none missing, none twice, none out of order.
//
// scripts/faults builds what it starts. How it works is told in its README.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"strings"
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
		fmt.Fprintln(os.Stderr, "faults:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		switch args[0] { // what a site is made of, beside the product's own programs
		case "load":
			return load(ctx, args[1:])
		case "broker":
			return outsideBroker(ctx, args[1:])
		}
	}
	flags := flag.NewFlagSet("faults", flag.ContinueOnError)
	asJSON := flags.Bool("json", false, "end with one line of JSON")
	short := flags.Bool("short", false, "the short form: every fault a few times")
	seed := flags.Uint64("seed", 0, "of the schedule; 0 draws one and says it")
	only := flags.String("only", "", "these faults only, by name, with commas between")
	soak := flags.Duration("soak", 0, "no faults: run a site so long and compare memory, handles and disk")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unknown argument %q", flags.Arg(0))
	}
	if *seed == 0 {
		*seed = rand.Uint64N(1_000_000) + 1
	}
	dir, err := os.MkdirTemp("", "eastgate-faults-")
	if err != nil {
		return err
	}
	s := newSuite(dir, *seed, *short)
	defer s.close()
	if *soak > 0 {
		err = s.soak(ctx, *soak)
	} else {
		err = s.faults(ctx, *only, *asJSON)
	}
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("%w\nseed %d; logs and databases of what failed are in %s", err, *seed, dir)
	}
	return errors.Join(ctx.Err(), os.RemoveAll(dir))
}

// progress tells people how far it is.
func progress(format string, a ...any) {
	fmt.Fprintf(os.Stderr, "%s  %s\n", time.Now().Format("15:04:05"), fmt.Sprintf(format, a...))
}
