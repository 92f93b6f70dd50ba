package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"time"

	"eastgate/cloud/backup"
	"eastgate/cloud/config"
	"eastgate/cloud/evidence"
	"eastgate/cloud/register"
	"eastgate/cloud/store"
)

// loose are the files that belong to a centre and stand in no database, by their name
// in a backup.
func loose(f config.File) map[string]string {
	files := map[string]string{}
	for name, path := range map[string]string{"catalogue": f.Catalogue, "calendar": f.Calendar} {
		if path != "" {
			files[name] = path
		}
	}
	// The authority's key too: without it every box would have to enrol anew.
	for _, name := range []string{"authority.pem", "ca.pem"} {
		files[name] = filepath.Join(f.AuthorityDir(), name)
	}
	if !f.SecondFactors.Key.Set() { // without it everybody would need another second factor
		files[factorKey] = factorKeyPath(f)
	}
	if !f.Anchors.Key.Set() { // their file is no part of it: it is kept elsewhere, and made anew from the database
		files[anchorKey] = anchorKeyPath(f)
	}
	return files
}

// there are those of the files that exist.
func there(files map[string]string) map[string]string {
	maps.DeleteFunc(files, func(_, path string) bool {
		_, err := os.Stat(path)
		return errors.Is(err, os.ErrNotExist)
	})
	return files
}

func databaseKind(f config.File) string {
	if f.Postgres() {
		return "postgres"
	}
	return "sqlite"
}

// backup copies the centre, which goes on working, into a folder.
func (c Console) backup(ctx context.Context, args []string) error {
	flags, path := c.flags("backup")
	to := flags.String("to", "", "`folder` of the backups, on another disk")
	keep := flags.Int("keep", 14, "how many to keep")
	if err := flags.Parse(args); err != nil || *to == "" {
		fmt.Fprint(c.Err, Usage)
		return ErrUsage
	}
	var folder string
	var m backup.Manifest
	err := openNearby(ctx, *path, func(b nearby) error {
		var err error
		folder, m, err = c.copyCentre(ctx, b, *to)
		return err
	})
	if err != nil {
		return err
	}
	copies, pieces, err := backup.Prune(*to, *keep)
	fmt.Fprintf(c.Out, "%s: %d events, %d incidents, %d pieces of evidence; %d old backups and %d pieces deleted\n",
		folder, m.Contents.Events, m.Contents.Incidents, len(m.Evidence), copies, pieces)
	return err
}

func (c Console) copyCentre(ctx context.Context, b nearby, to string) (string, backup.Manifest, error) {
	folder := evidence.At(b.file.EvidenceDir)
	return backup.Write(ctx, to, backup.Source{
		Version: c.Version, Database: databaseKind(b.file), Snapshot: b.store.Snapshot, Count: b.contents,
		Evidence: folder.Each,
		Open:     func(sum string) (io.ReadCloser, error) { return folder.Get(sum) },
		Files:    there(loose(b.file)),
	}, time.Now())
}

func (b nearby) contents(ctx context.Context) (backup.Contents, error) {
	var out backup.Contents
	var err error
	if out.Events, out.Incidents, err = b.store.Counts(ctx); err != nil {
		return out, err
	}
	head, err := b.register.Head(ctx)
	if head.Position > 0 {
		out.Register = head.String()
	}
	return out, err
}

// backupVerify reads a backup whole.
func (c Console) backupVerify(ctx context.Context, args []string) error {
	flags, _ := c.flags("backup verify")
	if err := flags.Parse(args); err != nil || flags.NArg() != 1 {
		fmt.Fprint(c.Err, Usage)
		return ErrUsage
	}
	folder, err := backup.Newest(flags.Arg(0))
	if err != nil {
		return err
	}
	m, err := backup.Verify(ctx, folder)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.Out, "%s: whole; %d events, %d incidents, %d pieces of evidence, made %s by %s\n", folder,
		m.Contents.Events, m.Contents.Incidents, len(m.Evidence), m.Made.Local().Format("2006-01-02 15:04"), m.Version)
	return err
}

// restore makes the configured centre, which must be empty, from a backup, and then
// reads the register of access against the mark that the backup holds.
func (c Console) restore(ctx context.Context, args []string) error {
	flags, path := c.flags("restore")
	if err := flags.Parse(args); err != nil || flags.NArg() != 1 {
		fmt.Fprint(c.Err, Usage)
		return ErrUsage
	}
	f, err := config.Load(*path)
	if err != nil {
		return err
	}
	from, err := backup.Newest(flags.Arg(0))
	if err != nil {
		return err
	}
	address, err := f.StoreAddress()
	if err != nil {
		return err
	}
	pictures, err := evidence.Open(f.EvidenceDir, f.EvidenceBytes)
	if err != nil {
		return err
	}
	m, err := backup.Restore(ctx, from, backup.Target{
		Database:  databaseKind(f),
		Reinstate: func(ctx context.Context, file string) error { return store.Reinstate(ctx, address, file) },
		Put:       pictures.Put,
		Files:     loose(f),
	})
	if err != nil {
		return err
	}
	if err := beside(ctx, f, func(b nearby) error { return b.proveRestored(ctx, m) }); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.Out, "restored from %s: %d events, %d incidents, %d pieces of evidence; the register is as it was\n",
		filepath.Base(from), m.Contents.Events, m.Contents.Incidents, len(m.Evidence))
	return err
}

// proveRestored compares what was restored with what was copied. More is no fault:
// the counts were taken before the database was.
func (b nearby) proveRestored(ctx context.Context, m backup.Manifest) error {
	now, err := b.contents(ctx)
	if err != nil {
		return err
	}
	if now.Events < m.Contents.Events || now.Incidents < m.Contents.Incidents {
		return fmt.Errorf("%d events and %d incidents came back of %d and %d", now.Events, now.Incidents, m.Contents.Events, m.Contents.Incidents)
	}
	if m.Contents.Register == "" {
		return nil
	}
	anchor, err := register.ParseMark(m.Contents.Register)
	if err != nil {
		return err
	}
	_, err = b.prove(ctx, anchor)
	return err
}
