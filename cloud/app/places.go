package app

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"eastgate/cloud/place"
)

// withPlaces opens the places beside a cloud that may be running, which sees changes
// within seconds.
func (c Console) withPlaces(ctx context.Context, path string, do func(*place.Directory) error) error {
	return openNearby(ctx, path, func(b nearby) error {
		d, err := place.Open(ctx, b.store, slog.New(slog.DiscardHandler))
		if err != nil {
			return err
		}
		return do(d)
	})
}

func (c Console) placesImport(ctx context.Context, args []string) error {
	flags, path := c.flags("places import")
	dry := flags.Bool("dry-run", false, "say what would change, and change nothing")
	if err := flags.Parse(args); err != nil || flags.NArg() != 1 {
		fmt.Fprint(c.Err, Usage)
		return ErrUsage
	}
	list, err := os.ReadFile(flags.Arg(0))
	if err != nil {
		return err
	}
	return c.withPlaces(ctx, *path, func(d *place.Directory) error {
		if err := c.importList(ctx, d, bytes.NewReader(list), *dry); err != nil {
			return fmt.Errorf("%s, nothing was changed:\n%w", flags.Arg(0), err)
		}
		return nil
	})
}

// importList carries a list out and says what it changed.
func (c Console) importList(ctx context.Context, d *place.Directory, list io.Reader, dry bool) error {
	plan, err := d.Import(ctx, list, dry)
	if err != nil {
		return err
	}
	for _, p := range plan.Added {
		fmt.Fprintf(c.Out, "+ %s\t%s\t%s\n", p.Path, p.Kind, p.ZH)
	}
	for _, p := range plan.Changed {
		fmt.Fprintf(c.Out, "~ %s\t%s\t%s\n", p.Path, p.Kind, p.ZH)
	}
	said := ""
	if dry {
		said = "dry run, nothing was changed: "
	}
	_, err = fmt.Fprintf(c.Out, "%s%d added, %d changed, %d as they were\n", said, len(plan.Added), len(plan.Changed), plan.Same)
	return err
}

func (c Console) placesList(ctx context.Context, args []string) error {
	flags, path := c.flags("places list")
	asCSV := flags.Bool("csv", false, "as a list that places import reads")
	if err := flags.Parse(args); err != nil || flags.NArg() > 1 {
		fmt.Fprint(c.Err, Usage)
		return ErrUsage
	}
	return c.withPlaces(ctx, *path, func(d *place.Directory) error {
		places := d.Under(flags.Arg(0))
		if *asCSV {
			return place.Write(c.Out, places)
		}
		for _, p := range places {
			f, _ := d.Find(p.Path)
			indent := strings.Repeat("  ", strings.Count(p.Path, "/"))
			if _, err := fmt.Fprintf(c.Out, "%s%s\t%s\t%s\t%s\t%s\t%s\n", indent, p.Code, p.Kind, p.ZH, p.EN, f.Unit, p.Device); err != nil {
				return err
			}
		}
		return nil
	})
}

// placesDemo lists the demo site, or prints it as a list.
func (c Console) placesDemo(ctx context.Context, args []string) error {
	flags, path := c.flags("places demo")
	asCSV := flags.Bool("csv", false, "print the list instead of importing it: an example to start from")
	if err := flags.Parse(args); err != nil || flags.NArg() != 0 {
		fmt.Fprint(c.Err, Usage)
		return ErrUsage
	}
	plan, err := place.MakePlan(nil, place.Demo())
	if err != nil {
		return err
	}
	if *asCSV {
		return place.Write(c.Out, plan.Added)
	}
	var list bytes.Buffer
	if err := place.Write(&list, plan.Added); err != nil {
		return err
	}
	return c.withPlaces(ctx, *path, func(d *place.Directory) error { return c.importList(ctx, d, &list, false) })
}
