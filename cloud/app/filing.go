package app

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"eastgate/cloud/camera"
	"eastgate/cloud/export"
	"eastgate/cloud/filing"
	"eastgate/cloud/place"
	"eastgate/cloud/store"
	"eastgate/shared/event"
)

// heardCameras are those that boxes tell of, with the version of their settings.
func heardCameras(s *store.Store) func(ctx context.Context) (map[event.Source]int64, error) {
	return func(ctx context.Context) (map[event.Source]int64, error) {
		states, err := camera.New(s, nil, time.Now).States(ctx, nil)
		out := map[event.Source]int64{}
		for _, c := range states {
			version := int64(0)
			if c.InForce != nil {
				version = c.InForce.Version
			}
			out[event.NewSource(c.Site, c.Box, c.Camera)] = version
		}
		return out, err
	}
}

func (c *Cloud) filing() *filing.Book {
	return &filing.Book{Store: c.store, Places: c.places, Cameras: heardCameras(c.store), Policy: c.file.Retention, Register: c.parts.register, Now: time.Now}
}

// withFiling opens the book beside a cloud that may be running.
func (c Console) withFiling(ctx context.Context, path string, do func(*filing.Book) error) error {
	return openNearby(ctx, path, func(b nearby) error {
		d, err := place.Open(ctx, b.store, slog.New(slog.DiscardHandler))
		if err != nil {
			return err
		}
		return do(&filing.Book{Store: b.store, Places: d, Cameras: heardCameras(b.store), Policy: b.file.Retention, Register: b.register, Now: time.Now})
	})
}

// filingExport writes what is told the police of each camera.
func (c Console) filingExport(ctx context.Context, args []string) error {
	flags, path := c.flags("filing export")
	format := flags.String("format", "csv", "csv, csv-excel or xlsx")
	if err := flags.Parse(args); err != nil {
		return ErrUsage
	}
	return c.withFiling(ctx, *path, func(b *filing.Book) error {
		rows, err := b.Rows(ctx)
		if err != nil {
			return err
		}
		return export.Write(ctx, c.Out, export.Format(*format), export.Table{Name: "filing", Titles: filing.Titles}, filing.Cells(rows))
	})
}

// filingImport reads a list, such as an export that was filled in: all of it, or
// nothing with every fault.
func (c Console) filingImport(ctx context.Context, args []string) error {
	flags, path := c.flags("filing import")
	if err := flags.Parse(args); err != nil || flags.NArg() != 1 {
		fmt.Fprint(c.Err, Usage)
		return ErrUsage
	}
	f, err := os.Open(flags.Arg(0))
	if err != nil {
		return err
	}
	defer f.Close()
	records, err := filing.Read(f)
	if err != nil {
		return fmt.Errorf("%s, nothing was changed:\n%w", flags.Arg(0), err)
	}
	return c.withFiling(ctx, *path, func(b *filing.Book) error {
		for _, r := range records {
			if err := b.Put(ctx, typist(), r, ""); err != nil {
				return fmt.Errorf("%s: %w", r.Camera, err)
			}
		}
		_, err := fmt.Fprintf(c.Out, "%d cameras\n", len(records))
		return err
	})
}
