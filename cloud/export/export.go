// Package export writes what a list shows as a file: CSV for programs, CSV for
// Excel, or a workbook (XLSX).
//
// It promises that a file of any length takes the same memory, that a fault in the
// middle is returned and never looks like the end, that no cell becomes a formula in
// a spreadsheet, and that incidents have the same columns in the same order wherever
// they are exported.
package export

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"strconv"
	"time"
)

// A Format is the form of a file.
type Format string

// The formats.
const (
	CSV   Format = "csv"       // RFC 4180, UTF-8, for programs
	Excel Format = "csv-excel" // the same behind a byte order mark, without which Excel takes it for GBK
	XLSX  Format = "xlsx"      // Office Open XML, ECMA-376
)

// Formats are all of them.
var Formats = []Format{CSV, Excel, XLSX}

// MediaType returns what HTTP calls a format, and the ending of a file's name.
func (f Format) MediaType() (media, ending string) {
	if f == XLSX {
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"
	}
	return "text/csv; charset=utf-8; header=present", "csv"
}

// A Table is what is written: a name, and a title over each column.
type Table struct {
	Name   string
	Titles []string
}

// checkEvery is how many rows are written between two looks at the context.
const checkEvery = 256

// Write writes rows as they come. A cell is a string, a number, a bool, a time.Time,
// a pointer to one, or nil.
func Write(ctx context.Context, w io.Writer, f Format, t Table, rows iter.Seq2[[]any, error]) error {
	var to sheet
	switch f {
	case CSV, Excel:
		if f == Excel {
			if _, err := io.WriteString(w, "\ufeff"); err != nil {
				return err
			}
		}
		to = &lines{w: csv.NewWriter(w)}
	case XLSX:
		book, err := newBook(w, t)
		if err != nil {
			return err
		}
		defer book.close()
		to = book
	default:
		return fmt.Errorf("export format %q: one of %v", f, Formats)
	}
	if err := to.titles(t.Titles); err != nil {
		return err
	}
	n := 0
	for row, err := range rows {
		if n++; err == nil && n%checkEvery == 0 {
			err = ctx.Err()
		}
		if err == nil {
			err = to.row(row)
		}
		if err != nil {
			return fmt.Errorf("export row %d: %w", n, err)
		}
	}
	return to.end()
}

// A sheet takes rows.
type sheet interface {
	titles([]string) error
	row([]any) error
	end() error
}

// lines writes CSV.
type lines struct {
	w    *csv.Writer
	line []string
}

func (l *lines) titles(titles []string) error { return l.w.Write(titles) }

func (l *lines) row(cells []any) error {
	l.line = l.line[:0]
	for _, c := range cells {
		l.line = append(l.line, word(c))
	}
	return l.w.Write(l.line)
}

func (l *lines) end() error {
	l.w.Flush()
	return l.w.Error()
}

// word is a cell as CSV has it. Times are RFC 3339 in UTC, nothing is the empty word.
func word(c any) string {
	switch v := c.(type) {
	case nil:
		return ""
	case string:
		return harmless(v)
	case int:
		return strconv.Itoa(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	case time.Time:
		return stamp(v)
	case *time.Time:
		if v == nil {
			return ""
		}
		return stamp(*v)
	default:
		return harmless(fmt.Sprint(v))
	}
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

// harmless keeps a spreadsheet from taking text for a formula: what begins like one
// gets an apostrophe before it (OWASP, CSV injection).
func harmless(s string) string {
	if s == "" {
		return s
	}
	switch s[0] {
	case '=', '+', '-', '@', '\t', '\r', '\n':
		return "'" + s
	}
	return s
}
