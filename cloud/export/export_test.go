package export_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"iter"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"eastgate/cloud/export"
)

var nine = time.Date(2026, 3, 1, 9, 0, 0, 5e6, time.FixedZone("", 8*3600))

func some(rows ...export.Row) iter.Seq2[export.Row, error] {
	return func(yield func(export.Row, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func written(t *testing.T, f export.Format, rows ...export.Row) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := export.Incidents(t.Context(), &b, f, some(rows...)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The columns that the issue fixed, in its own words.
const agreed = "id,class,domain,level,place,status,verdict,first_source,first_seen_at,confirmed_at,dispatched_at,accepted_at,arrived_at,resolved_at,checked_at,closed_at,handler,checker,reopen_count,forced,test"

func TestCSVHasTheAgreedColumns(t *testing.T) {
	got := string(written(t, export.CSV, export.Row{
		ID: "01", Class: "fire.smoke", Domain: "fire", Level: 1, Place: "d/c1", Status: "closed", Verdict: "genuine", FirstSource: "camera_auto+resident",
		FirstSeenAt: &nine, ReopenCount: 2, Forced: true,
	}))
	titles, line, _ := strings.Cut(got, "\n")
	if !strings.HasPrefix(titles, agreed+",") {
		t.Errorf("columns: %s", titles)
	}
	want := "01,fire.smoke,fire,1,d/c1,closed,genuine,camera_auto+resident,2026-03-01T01:00:00.005Z,,,,,,,,,,2,true,false,"
	if !strings.HasPrefix(line, want) {
		t.Errorf("line\n%s\nwant\n%s", line, want)
	}
}

func TestNoCellIsAFormula(t *testing.T) {
	evil := []string{`=cmd|'/c calc'!A1`, "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"}
	for _, word := range evil {
		row := export.Row{ID: "1", Handler: word}
		lines, err := csv.NewReader(bytes.NewReader(written(t, export.Excel, row))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if got := lines[1][16]; got[0] != '\'' {
			t.Errorf("CSV: %q", got)
		}
		f := open(t, written(t, export.XLSX, row))
		if formula, err := f.GetCellFormula("incidents", "Q2"); err != nil || formula != "" {
			t.Errorf("XLSX: formula %q %v", formula, err)
		}
		if kind, err := f.GetCellType("incidents", "Q2"); err != nil || kind == excelize.CellTypeFormula {
			t.Errorf("XLSX: %q is of type %v %v", word, kind, err)
		}
	}
}

func open(t *testing.T, book []byte) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(book))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestExcelKnowsItIsUTF8(t *testing.T) {
	if !bytes.HasPrefix(written(t, export.Excel), []byte("\xef\xbb\xbfid,")) {
		t.Error("no byte order mark")
	}
	if !bytes.HasPrefix(written(t, export.CSV), []byte("id,")) {
		t.Error("programs get a byte order mark")
	}
}

func TestAWorkbookHoldsTheSame(t *testing.T) {
	row := export.Row{ID: "01", Class: "fire.smoke", Level: 1, FirstSeenAt: &nine, Handler: "李四", Test: true}
	f := open(t, written(t, export.XLSX, row))
	rows, err := f.GetRows("incidents")
	if err != nil || len(rows) != 2 {
		t.Fatal(len(rows), err)
	}
	lines, err := csv.NewReader(bytes.NewReader(written(t, export.CSV, row))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range lines[1] {
		got := ""
		if i < len(rows[1]) {
			got = rows[1][i]
		}
		if !strings.EqualFold(got, want) {
			t.Errorf("%s: %q, in CSV %q", rows[0][i], got, want)
		}
	}
}

func TestAFaultIsNotTheEnd(t *testing.T) {
	broken := errors.New("the disk is gone")
	rows := func(yield func(export.Row, error) bool) {
		if yield(export.Row{ID: "1"}, nil) {
			yield(export.Row{}, broken)
		}
	}
	for _, f := range export.Formats {
		if err := export.Incidents(t.Context(), io.Discard, f, rows); !errors.Is(err, broken) {
			t.Errorf("%s: %v", f, err)
		}
	}
	if err := export.Incidents(t.Context(), io.Discard, "pdf", rows); err == nil {
		t.Error("an unknown format is written")
	}
}

// many gives rows until it has given n, or for ever.
func many(n int) iter.Seq2[export.Row, error] {
	return func(yield func(export.Row, error) bool) {
		for i := 0; i != n; i++ {
			if !yield(export.Row{ID: "01JABCDEFGHJKMNPQRSTVWXYZ0", Class: "parking.motor", Place: "dongguan/c3/b07", FirstSeenAt: &nine, Handler: "li"}, nil) {
				return
			}
		}
	}
}

func TestAReaderWhoLeavesEndsIt(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := export.Incidents(ctx, io.Discard, export.CSV, many(-1)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestMemoryIsFlat(t *testing.T) {
	live := func(n int) uint64 {
		var most uint64
		i := 0
		rows := func(yield func(export.Row, error) bool) {
			for r, err := range many(n) {
				if i++; i%(n/4) == 0 {
					var m runtime.MemStats
					runtime.GC()
					runtime.ReadMemStats(&m)
					most = max(most, m.HeapAlloc)
				}
				if !yield(r, err) {
					return
				}
			}
		}
		if err := export.Incidents(t.Context(), io.Discard, export.CSV, rows); err != nil {
			t.Fatal(err)
		}
		return most
	}
	small, large := live(1000), live(100_000)
	if large > small+4<<20 {
		t.Errorf("a hundred times the rows take %d KiB instead of %d", large>>10, small>>10)
	}
}

func BenchmarkIncidents(b *testing.B) {
	for _, f := range export.Formats {
		b.Run(string(f), func(b *testing.B) {
			for b.Loop() {
				if err := export.Incidents(b.Context(), io.Discard, f, many(10_000)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
