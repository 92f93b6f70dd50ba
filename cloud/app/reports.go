package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"eastgate/cloud/config"
	"eastgate/cloud/incident"
	"eastgate/cloud/place"
	"eastgate/cloud/report"
)

// errLines says that lines of a file were not taken; which, was told.
var errLines = errors.New("lines were not taken: correct them and import the file again, the others stay as they are")

// reportsImport takes a file of hotline 12345 in, beside a cloud that may be running.
func (c Console) reportsImport(ctx context.Context, args []string) error {
	flags, path := c.flags("reports import")
	if err := flags.Parse(args); err != nil || flags.NArg() != 1 {
		fmt.Fprint(c.Err, Usage)
		return ErrUsage
	}
	data, err := os.ReadFile(flags.Arg(0))
	if err != nil {
		return err
	}
	calls, faults, err := report.ReadCalls(bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("%s: %w", flags.Arg(0), err)
	}
	f, err := config.Load(*path)
	if err != nil {
		return err
	}
	out, err := c.takeCalls(ctx, f, calls, faults)
	for _, fault := range out.Faults {
		fmt.Fprintf(c.Out, "%s: %v\n", flags.Arg(0), fault)
	}
	fmt.Fprintf(c.Out, "%d reports taken, %d lines with a fault\n", out.Taken, len(out.Faults))
	if err == nil && len(out.Faults) > 0 {
		err = errLines
	}
	return err
}

func (c Console) takeCalls(ctx context.Context, f config.File, calls []report.Call, faults []report.LineFault) (out report.Imported, err error) {
	log := slog.New(slog.NewTextHandler(c.Err, nil))
	classes, days, err := loadGovernance(f)
	if err != nil {
		return out, err
	}
	s, err := openStore(ctx, f)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	places, err := place.Open(ctx, s, log)
	if err != nil {
		return out, err
	}
	engine := incident.New(s, incident.Options{Catalogue: classes, Calendar: days, Places: where{places}, Log: log})
	d := report.Deps{Engine: engine, Catalogue: classes, Places: places, Log: log, Now: time.Now}
	return d.Import(ctx, incident.Actor{Name: typist().Name, Roles: []incident.Role{incident.DutyOfficer}}, calls, faults)
}
