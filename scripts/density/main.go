// Command density measures how many cameras a box carries: it plays a programme of
// cameras to a real `edge run`, most of them quiet, and prints what that costs beside
// what other programs take for the same streams, and what was found of what happened.
//
// scripts/bench density builds what it starts. README.md holds the tables.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
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
		fmt.Fprintln(os.Stderr, "density:", err)
		os.Exit(1)
	}
}

// options are what a person asks for.
type options struct {
	counts  []int
	length  time.Duration
	warm    time.Duration
	sub     bool
	mixes   []string
	peers   bool
	asJSON  bool
	data    string // folder of real clips
	profile string // file that takes a CPU profile of the edge
	films   string // folder of prepared films

	edge, simulator string // the programs
}

// The mixes of cameras.
const (
	quiet  = "quiet"  // nothing happens
	busy10 = "busy10" // at any time something happens at one camera in ten
)

func parse(args []string) (options, error) {
	o := options{films: ".cache/density", edge: "bin/edge", simulator: ".cache/bin/simulator"}
	f := flag.NewFlagSet("density", flag.ContinueOnError)
	counts := f.String("n", "16", "numbers of cameras, with commas between them")
	seconds := f.Int("seconds", 60, "how long each mix is measured")
	warm := f.Int("warm", 30, "how long the cameras are watched before")
	f.BoolVar(&o.sub, "sub", false, "the detectors look at the sub-streams, the main streams are kept for clips")
	mixes := f.String("mix", quiet+","+busy10, "which mixes")
	f.BoolVar(&o.peers, "peers", true, "measure ffmpeg and motion beside it")
	f.BoolVar(&o.asJSON, "json", false, "end with one line of JSON, of the largest number of cameras")
	f.StringVar(&o.data, "data", os.Getenv("EASTGATE_DATA"), "folder of real clips with truth.json; without one only drawn films are played")
	f.StringVar(&o.profile, "profile", "", "write a CPU profile of the edge to this file")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	for word := range strings.SplitSeq(*counts, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(word))
		if err != nil || n < 1 || n > 500 {
			return o, fmt.Errorf("-n: %q is no number of cameras from 1 to 500", word)
		}
		o.counts = append(o.counts, n)
	}
	o.mixes = strings.Split(*mixes, ",")
	o.length, o.warm = time.Duration(*seconds)*time.Second, time.Duration(*warm)*time.Second
	return o, nil
}

func run(ctx context.Context, args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	places, err := prepare(ctx, o)
	if err != nil {
		return err
	}
	still, err := calm(ctx, o, places)
	if err != nil {
		return err
	}
	all := table{out: os.Stdout}
	var last map[string]result
	peers := map[string]spent{}
	for _, n := range o.counts {
		last = map[string]result{}
		for _, mix := range o.mixes {
			fmt.Fprintf(os.Stderr, "density: %d cameras, %s: %v to begin, then %v …\n", n, mix, o.warm, o.length)
			seen := places
			if mix == quiet {
				seen = still
			}
			r, err := measure(ctx, o, seen, n, mix, peers)
			if err != nil {
				return fmt.Errorf("%d cameras, %s: %w", n, mix, err)
			}
			all.row(r)
			last[mix] = r
		}
	}
	if o.asJSON {
		return json.NewEncoder(os.Stdout).Encode(last)
	}
	return nil
}
