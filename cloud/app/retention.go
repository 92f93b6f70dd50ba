package app

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"eastgate/cloud/evidence"
	"eastgate/cloud/export"
	"eastgate/cloud/retention"
	"eastgate/cloud/store"
)

// openRetention has every piece that comes written down, and deleted in its time.
func (c *Cloud) openRetention(folder *evidence.Folder) {
	if c.file.Retention.MaxDays == 0 { // the configuration was built by a program, not read from a file
		c.file.Retention = retention.Default
	}
	folder.Arrived = func(ctx context.Context, sum, box string) {
		site, name, _ := strings.Cut(box, "/")
		p := retention.Piece{SHA256: sum, Site: site, Box: name, Came: time.Now().UTC()}
		// Without the row the sweep notes the piece by its file, under the general rule.
		if err := c.store.NotePiece(context.WithoutCancel(ctx), p); err != nil {
			c.log.Error("it cannot be noted which box sent a piece of evidence", "piece", sum, "box", box, "err", err)
		}
	}
	c.parts.sweeper = &retention.Keeper{
		Policy: c.file.Retention, Store: c.store, Folder: folder, Incidents: c.store, Register: c.parts.register, Now: time.Now, Log: c.log, Metrics: retention.NewMetrics(c.reg),
	}
}

// kept tells the API of the rules and of what was deleted.
type kept struct{ cloud *Cloud }

func (k kept) Policy() retention.Policy { return k.cloud.file.Retention }

func (k kept) Deletions(ctx context.Context, after int64, limit int) ([]retention.Deletion, error) {
	return k.cloud.store.Deletions(ctx, after, limit)
}

func (k kept) VerifyDeletions(ctx context.Context) (n int64, fault string, err error) {
	return retention.Verify(ctx, k.cloud.store, k.cloud.store)
}

// retentionShow tells the rules, what is held, and what was deleted.
func (c Console) retentionShow(ctx context.Context, args []string) error {
	flags, path := c.flags("retention show")
	if err := flags.Parse(args); err != nil {
		return ErrUsage
	}
	return openNearby(ctx, *path, func(b nearby) error {
		p := b.file.Retention
		fmt.Fprintf(c.Out, "deleted %s\n", p.Rule)
		for _, site := range slices.Sorted(maps.Keys(p.Sites)) {
			fmt.Fprintf(c.Out, "  at %s %s\n", site, p.Sites[site])
		}
		holds, err := b.store.Holds(ctx, 0)
		if err != nil {
			return err
		}
		for _, h := range holds {
			fmt.Fprintf(c.Out, "held since %s: incident %s, by %s (%s): %s\n", h.At.Local().Format("2006-01-02 15:04"), h.Incident, h.By, h.Unit, h.Reason)
		}
		newest, err := b.store.NewestDeletion(ctx)
		if err == nil && newest.Position > 0 {
			fmt.Fprintf(c.Out, "%d pieces deleted so far, the last on %s\n", newest.Position, newest.At.Local().Format("2006-01-02 15:04"))
		}
		return err
	})
}

// retentionVerify says whether the rows of what was deleted are as they were written.
func (c Console) retentionVerify(ctx context.Context, args []string) error {
	flags, path := c.flags("retention verify")
	if err := flags.Parse(args); err != nil {
		return ErrUsage
	}
	return openNearby(ctx, *path, func(b nearby) error {
		n, fault, err := retention.Verify(ctx, b.store, b.store)
		if fault != "" {
			err = errors.New("the deletions are not what was written: " + fault)
		}
		if err == nil {
			_, err = fmt.Fprintf(c.Out, "%d deletions, all as written\n", n)
		}
		return err
	})
}

// deletionTitles are over the columns of the proofs.
var deletionTitles = []string{"position", "at", "sha256", "bytes", "site", "box", "came", "rule", "prev_hash", "hash"}

// retentionProofs writes the rows of what was deleted as a file.
func (c Console) retentionProofs(ctx context.Context, args []string) error {
	flags, path := c.flags("retention proofs")
	format := flags.String("format", "csv", "csv, csv-excel or xlsx")
	if err := flags.Parse(args); err != nil {
		return ErrUsage
	}
	return openNearby(ctx, *path, func(b nearby) error {
		return export.Write(ctx, c.Out, export.Format(*format), export.Table{Name: "deletions", Titles: deletionTitles}, deletionRows(ctx, b.store))
	})
}

func deletionRows(ctx context.Context, s *store.Store) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		for after := int64(0); ; {
			page, err := s.Deletions(ctx, after, 1000)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, d := range page {
				if !yield([]any{d.Position, d.At, d.SHA256, d.Bytes, d.Site, d.Box, d.Came, d.Rule, d.Prev, d.Hash}, nil) {
					return
				}
				after = d.Position
			}
			if len(page) == 0 {
				return
			}
		}
	}
}
