package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"eastgate/cloud/coverage"
	"eastgate/cloud/export"
	"eastgate/cloud/governance"
	"eastgate/cloud/incident"
	"eastgate/cloud/kpi"
	"eastgate/cloud/ledger"
	"eastgate/cloud/place"
	"eastgate/cloud/store"
)

// exportIncidents writes one row per incident, in the order in which the centre
// heard of them.
func (c Console) exportIncidents(ctx context.Context, args []string) error {
	flags, _ := c.flags("export incidents")
	address := storeFlag(flags)
	format := flags.String("format", string(export.CSV), fmt.Sprintf("the `format`: one of %v", export.Formats))
	from := flags.String("from", "", "only those first seen on this `day` or later, in Asia/Shanghai")
	to := flags.String("to", "", "only those first seen on this `day` or earlier")
	if err := flags.Parse(args); err != nil || flags.NArg() != 0 {
		fmt.Fprint(c.Err, Usage)
		return ErrUsage
	}
	f := incident.Filter{Scope: incident.Everything, Sort: incident.Oldest}
	var err error
	if f.From, f.To, err = period(*from, *to); err != nil {
		return err
	}
	return withStore(ctx, *address, func(s *store.Store) error {
		l := ledger.Ledger{Incidents: s, Whistles: s}
		return export.Incidents(ctx, c.Out, export.Format(*format), l.Rows(ctx, f))
	})
}

// period reads two days, of which the last is included; empty is no bound.
func period(from, to string) (a, b time.Time, err error) {
	if from != "" {
		if a, err = governance.Day(from).Start(); err != nil {
			return a, b, fmt.Errorf("-from: want a day such as 2025-01-01, not %.20q", from)
		}
	}
	if to != "" {
		if b, err = governance.Day(to).Start(); err != nil {
			return a, b, fmt.Errorf("-to: want a day such as 2025-12-31, not %.20q", to)
		}
		b = b.AddDate(0, 0, 1)
	}
	return a, b, nil
}

// figures prints the figures of a month, from a store or from an export alone.
func (c Console) figures(ctx context.Context, args []string) error {
	flags, _ := c.flags("figures")
	address := storeFlag(flags)
	file := flags.String("export", "", "compute from this `file`, an export of incidents in CSV; what people entered is then not known")
	month := flags.String("month", "", "the `month`, such as 2025-06")
	asJSON := flags.Bool("json", false, "print JSON")
	if err := flags.Parse(args); err != nil || flags.NArg() != 0 || *month == "" {
		fmt.Fprint(c.Err, Usage)
		return ErrUsage
	}
	var figures []kpi.Figure
	compute := func() (err error) {
		if *file != "" {
			figures, err = fromExport(*file, *month)
			return err
		}
		return withStore(ctx, *address, func(s *store.Store) error {
			places, err := place.Open(ctx, s, nil)
			if err != nil {
				return err
			}
			o, err := office(s, places, governance.DefaultCalendar(), coverage.New(s, time.Now))
			if err != nil {
				return err
			}
			figures, err = o.Month(ctx, *month)
			return err
		})
	}
	if err := compute(); err != nil {
		return err
	}
	if *asJSON {
		enc := json.NewEncoder(c.Out)
		enc.SetIndent("", "  ")
		return enc.Encode(figures)
	}
	return printFigures(c.Out, figures)
}

func fromExport(path, month string) ([]kpi.Figure, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	cases, err := ledger.Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	d, err := kpi.Default()
	if err != nil {
		return nil, err
	}
	p, err := d.Month(month)
	if err != nil {
		return nil, err
	}
	return kpi.Compute(d, p, kpi.Data{Cases: cases}), nil
}

func printFigures(w io.Writer, figures []kpi.Figure) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "figure\tvalue\tinterval\tof\tverdict\t")
	for _, f := range figures {
		interval := "–"
		if f.Interval != nil {
			interval = fmt.Sprintf("%.3g … %.3g", f.Interval[0], f.Interval[1])
		}
		fmt.Fprintf(t, "%s\t%s %s\t%s\t%s / %s\t%s %s\t\n", f.ID, show(f.Value), f.Unit, interval, show(f.Numerator), show(f.Denominator), f.Verdict, strings.Join(f.Flags, ", "))
	}
	return t.Flush()
}

func show(x *float64) string {
	if x == nil {
		return "–"
	}
	return fmt.Sprintf("%.4g", *x)
}
