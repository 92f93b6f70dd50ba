package export

import (
	"fmt"
	"io"
	"time"

	"github.com/xuri/excelize/v2"
)

// maxRows is how many a sheet holds (ECMA-376 has no limit, Excel has this one).
const maxRows = 1 << 20

// A book writes a workbook. Its rows wait in a file of the system's, not in memory,
// until the last is known; when a sheet is full there is another.
type book struct {
	to     io.Writer
	file   *excelize.File
	table  Table
	stream *excelize.StreamWriter
	sheets int
	rows   int
	cells  []any
	bold   int // the style of titles
}

func newBook(w io.Writer, t Table) (*book, error) {
	b := &book{to: w, file: excelize.NewFile(), table: t}
	var err error
	if b.bold, err = b.file.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}}); err != nil {
		return nil, fmt.Errorf("workbook: %w", err)
	}
	return b, nil
}

func (b *book) close() { b.file.Close() } //nolint:errcheck // removes what was waiting

func (b *book) titles(titles []string) error {
	name := b.table.Name
	if b.sheets++; b.sheets > 1 {
		name = fmt.Sprintf("%s %d", b.table.Name, b.sheets)
		if _, err := b.file.NewSheet(name); err != nil {
			return err
		}
	} else if err := b.file.SetSheetName("Sheet1", name); err != nil {
		return err
	}
	var err error
	if b.stream, err = b.file.NewStreamWriter(name); err != nil {
		return err
	}
	if err := b.stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	b.rows, b.cells = 0, b.cells[:0]
	for _, t := range titles {
		b.cells = append(b.cells, excelize.Cell{Value: t, StyleID: b.bold})
	}
	return b.put()
}

func (b *book) row(cells []any) error {
	if b.rows == maxRows {
		if err := b.stream.Flush(); err != nil {
			return err
		}
		if err := b.titles(b.table.Titles); err != nil {
			return err
		}
	}
	b.cells = b.cells[:0]
	for _, c := range cells {
		switch c.(type) {
		// Times are text here too, in UTC and to the millisecond; text is never a
		// formula in a workbook, so it is as it was said.
		case time.Time, *time.Time:
			c = word(c)
		}
		b.cells = append(b.cells, c)
	}
	return b.put()
}

func (b *book) put() error {
	b.rows++
	at, err := excelize.CoordinatesToCellName(1, b.rows)
	if err != nil {
		return err
	}
	return b.stream.SetRow(at, b.cells)
}

func (b *book) end() error {
	if err := b.stream.Flush(); err != nil {
		return err
	}
	return b.file.Write(b.to)
}
