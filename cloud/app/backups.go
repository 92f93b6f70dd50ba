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

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/cloud/backup"
	"eastgate/cloud/config"
	"eastgate/cloud/evidence"
	"eastgate/cloud/register"
	"eastgate/cloud/store"
)

// beside are the files that belong to a centre and stand in no database, by their
// name in a backup.
func beside(f config.File) map[string]string {
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

func databaseKind(s *store.Store) string {
	if s.Shared() {
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
	f, err := config.Load(*path)
	if err != nil {
		return err
	}
	s, err := openStore(ctx, f)
	if err != nil {
		return err
	}
	folder, m, err := c.copyCentre(ctx, f, s, *to)
	if err = errors.Join(err, s.Close()); err != nil {
		return err
	}
	copies, pieces, err := backup.Prune(*to, *keep)
	fmt.Fprintf(c.Out, "%s: %d events, %d incidents, %d pieces of evidence; %d old backups and %d pieces deleted\n",
		folder, m.Contents.Events, m.Contents.Incidents, len(m.Evidence), copies, pieces)
	return err
}

func (c Console) copyCentre(ctx context.Context, f config.File, s *store.Store, to string) (string, backup.Manifest, error) {
	folder := evidence.At(f.EvidenceDir)
	return backup.Write(ctx, to, backup.Source{
		Version: c.Version, Database: databaseKind(s), Snapshot: s.Snapshot,
		Count:    func(ctx context.Context) (backup.Contents, error) { return contents(ctx, s) },
		Evidence: folder.Each,
		Open:     func(sum string) (io.ReadCloser, error) { return folder.Get(sum) },
		Files:    there(beside(f)),
	}, time.Now())
}

func contents(ctx context.Context, s *store.Store) (backup.Contents, error) {
	var out backup.Contents
	var err error
	if out.Events, out.Incidents, err = s.Counts(ctx); err != nil {
		return out, err
	}
	head, err := register.New(s, register.NewMetrics(prometheus.NewRegistry())).Head(ctx)
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
	kind := "sqlite"
	if f.Postgres() {
		kind = "postgres"
	}
	m, err := backup.Restore(ctx, from, backup.Target{
		Database:  kind,
		Reinstate: func(ctx context.Context, file string) error { return store.Reinstate(ctx, address, file) },
		Put:       pictures.Put,
		Files:     beside(f),
	})
	if err != nil {
		return err
	}
	if err := c.proveRestored(ctx, f, m); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.Out, "restored from %s: %d events, %d incidents, %d pieces of evidence; the register is as it was\n",
		filepath.Base(from), m.Contents.Events, m.Contents.Incidents, len(m.Evidence))
	return err
}

// proveRestored compares what was restored with what was copied. More is no fault:
// the counts were taken before the database was.
func (c Console) proveRestored(ctx context.Context, f config.File, m backup.Manifest) error {
	s, err := openStore(ctx, f)
	if err != nil {
		return err
	}
	now, err := contents(ctx, s)
	if err == nil && (now.Events < m.Contents.Events || now.Incidents < m.Contents.Incidents) {
		err = fmt.Errorf("%d events and %d incidents came back of %d and %d", now.Events, now.Incidents, m.Contents.Events, m.Contents.Incidents)
	}
	if err == nil && m.Contents.Register != "" {
		err = verifyAgainst(ctx, s, m.Contents.Register)
	}
	return errors.Join(err, s.Close())
}

func verifyAgainst(ctx context.Context, s *store.Store, mark string) error {
	anchor, err := register.ParseMark(mark)
	if err != nil {
		return err
	}
	p, err := register.New(s, register.NewMetrics(prometheus.NewRegistry())).Verify(ctx, anchor)
	if err != nil {
		return err
	}
	if p.Fault != nil {
		return fmt.Errorf("the register is not what was written: at row %d, %s", p.Fault.Position, p.Fault.What)
	}
	return nil
}
