// Command measure says how well the detectors find what real clips show, and
// writes the tables in their README.md: what is found, how late, what is found
// wrongly, with exact intervals; what noise, fog, rain and bad lines cost; and
// what others find on the same clips. scripts/accuracy runs it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
)

// options are what the command line says.
type options struct {
	data, edge, cache, root string
	only                    string
	kinds                   []string
	stress, compare, write  bool
	gate                    bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "accuracy:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	var o options
	f := flag.NewFlagSet("accuracy", flag.ContinueOnError)
	f.StringVar(&o.data, "data", "../shared/data", "folder with clips and truth.json")
	f.StringVar(&o.edge, "edge", "bin/edge", "the program to measure")
	f.StringVar(&o.cache, "cache", ".cache/accuracy", "where damaged clips are kept")
	f.StringVar(&o.root, "root", ".", "the project's folder")
	f.StringVar(&o.only, "only", "", "only clips whose name has this in it")
	names := f.String("kinds", "fire,parking,motion,tamper", "what to measure")
	f.BoolVar(&o.stress, "stress", false, "also measure on clips with noise, fog, rain, bad lines …")
	f.BoolVar(&o.compare, "compare", false, "also measure what others find on the same clips")
	f.BoolVar(&o.gate, "gate", false, "instead, measure what the gate changes, on the clips as cameras send them")
	f.BoolVar(&o.write, "write", false, "write the tables into edge/detect/*/README.md")
	if err := f.Parse(args); err != nil {
		return err
	}
	o.kinds = strings.Split(*names, ",")
	for _, k := range o.kinds {
		if _, ok := rules[k]; !ok {
			return fmt.Errorf("-kinds: %q is not measured", k)
		}
	}
	if o.write && o.only != "" {
		return errors.New("-write needs all clips, without -only")
	}
	clips, err := read(filepath.Join(o.data, "truth.json"))
	if err != nil {
		return err
	}
	clips = slices.DeleteFunc(clips, func(c clip) bool { return !strings.Contains(c.File, o.only) })
	if o.gate {
		return measureGated(ctx, o, clips)
	}
	return measure(ctx, o, clips)
}

// measureGated prints or writes what the gate changes.
func measureGated(ctx context.Context, o options, clips []clip) error {
	text, err := measureGate(ctx, o, clips)
	if err != nil {
		return err
	}
	fmt.Print(text)
	if o.write {
		return insert(filepath.Join(o.root, "edge/gate/DESIGN.md"), text)
	}
	return nil
}

// measure runs everything that was asked for and prints or writes the tables.
func measure(ctx context.Context, o options, clips []clip) error {
	tables := map[string]*report{}
	for _, k := range o.kinds {
		tables[k] = &report{kind: k}
	}
	looks, err := lookAll(ctx, o, plan(o, clips))
	if err != nil {
		return err
	}
	for _, l := range looks {
		for _, k := range l.kinds {
			tables[k].add(l.finder.name(), l.damage.name, l.clip, rules[k].judge(l.clip, l.events))
		}
	}
	for _, k := range o.kinds {
		text := tables[k].markdown()
		fmt.Printf("\n## %s\n\n%s\n", k, text)
		if o.write {
			if err := insert(filepath.Join(o.root, "edge/detect", rules[k].folder, "README.md"), text); err != nil {
				return err
			}
		}
	}
	return nil
}
