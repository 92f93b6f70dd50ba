package place

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"eastgate/shared/event"
)

// Columns are those of a list of places, in the order in which lists are written.
// A list that is read may order and leave out as it likes; code, kind and the two
// names must be there.
var Columns = []string{"code", "parent", "kind", "zh", "en", "lat", "lon", "datum", "org", "device", "households"}

var needed = []string{"code", "kind", "zh", "en"}

// A Row is one line of a list: a place that names its parent by code.
type Row struct {
	Line   int
	Parent string
	Place  // without its path
}

// Bounds on a list.
const (
	maxList = 64 << 20
	maxRows = 200_000
	maxName = 100 // runes
	// maxColumns is more than anybody has, and keeps one fault a column few.
	maxColumns = 100
)

// Read reads a list of places as CSV (RFC 4180, UTF-8, with a line of column names).
// Coordinates are converted to WGS-84. The error joins every fault of the lines by
// themselves; how they fit together is for MakePlan.
func Read(r io.Reader) ([]Row, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxList+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > maxList:
		return nil, fmt.Errorf("list is larger than %d bytes", maxList)
	case !utf8.Valid(text):
		return nil, errors.New("list is not UTF-8: save it as “CSV UTF-8”")
	}
	in := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\uFEFF"))))
	in.FieldsPerRecord = -1
	in.ReuseRecord = true
	head, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("line of column names: %w", err)
	}
	columns, err := columnsOf(head)
	if err != nil {
		return nil, err
	}
	return readRows(in, columns)
}

// columnsOf finds where each column stands.
func columnsOf(head []string) (map[string]int, error) {
	if len(head) > maxColumns {
		return nil, fmt.Errorf("line 1: %d columns, at most %d; columns are %s", len(head), maxColumns, strings.Join(Columns, ", "))
	}
	at := map[string]int{}
	var faults []error
	for i, name := range head {
		name = strings.ToLower(strings.TrimSpace(name))
		if !slices.Contains(Columns, name) {
			faults = append(faults, fmt.Errorf("line 1: %.40q is no column; columns are %s", name, strings.Join(Columns, ", ")))
		} else if _, twice := at[name]; twice {
			faults = append(faults, fmt.Errorf("line 1: column %s is there twice", name))
		}
		at[name] = i
	}
	for _, name := range needed {
		if _, ok := at[name]; !ok {
			faults = append(faults, fmt.Errorf("line 1: column %s is missing", name))
		}
	}
	return at, errors.Join(faults...)
}

func readRows(in *csv.Reader, columns map[string]int) ([]Row, error) {
	var rows []Row
	var faults []error
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return rows, errors.Join(faults...)
		}
		if err != nil { // what follows cannot be told apart
			return nil, errors.Join(append(faults, err)...)
		}
		if len(rows) == maxRows {
			return nil, fmt.Errorf("list has more than %d lines", maxRows)
		}
		line, _ := in.FieldPos(0)
		if len(record) > len(columns) {
			faults = append(faults, fmt.Errorf("line %d: has %d fields, there are %d columns", line, len(record), len(columns)))
			continue
		}
		l := reader{line: line, field: func(name string) string {
			if i, ok := columns[name]; ok && i < len(record) {
				return strings.TrimSpace(record[i])
			}
			return ""
		}}
		rows = append(rows, l.row())
		faults = append(faults, l.faults...)
	}
}

// A reader reads one line.
type reader struct {
	line   int
	field  func(name string) string
	faults []error
}

func (l *reader) bad(column, format string, a ...any) {
	l.faults = append(l.faults, fmt.Errorf("line %d: %s: %w", l.line, column, fmt.Errorf(format, a...)))
}

func (l *reader) row() Row {
	r := Row{Line: l.line, Parent: l.field("parent"), Place: Place{
		Code: l.field("code"), Kind: Kind(l.field("kind")), ZH: l.field("zh"), EN: l.field("en"),
		Org: l.field("org"), Device: event.Source(l.field("device")),
	}}
	if !event.ValidName(r.Code) {
		l.bad("code", "%.60q is no name of %s", r.Code, event.NameRule)
	}
	if !r.Kind.Known() {
		l.bad("kind", "%.40q is none of %v", r.Kind, Kinds)
	}
	for _, n := range []struct{ column, value string }{{"zh", r.ZH}, {"en", r.EN}} {
		if n.value == "" || utf8.RuneCountInString(n.value) > maxName || strings.ContainsAny(n.value, "\r\n\t") {
			l.bad(n.column, "a name of 1 to %d characters is needed", maxName)
		}
	}
	if r.Org != "" && !event.ValidName(r.Org) {
		l.bad("org", "%.60q is no name of %s", r.Org, event.NameRule)
	}
	if _, _, _, ok := r.Device.Split(); r.Device != "" && !ok {
		l.bad("device", "%.80q is not /site/box/device", r.Device)
	} else if r.Device != "" && !r.Kind.IsDevice() {
		l.bad("device", "a %s is no camera, sensor or box", r.Kind)
	}
	l.point(&r.Place)
	l.households(&r.Place)
	return r
}

func (l *reader) point(p *Place) {
	lat, lon, datum := l.field("lat"), l.field("lon"), Datum(l.field("datum"))
	if lat == "" && lon == "" {
		return
	}
	north, err := strconv.ParseFloat(lat, 64)
	if err != nil || !(north >= -90 && north <= 90) {
		l.bad("lat", "%.40q is not degrees from -90 to 90", lat)
		return
	}
	east, err := strconv.ParseFloat(lon, 64)
	if err != nil || !(east >= -180 && east <= 180) {
		l.bad("lon", "%.40q is not degrees from -180 to 180", lon)
		return
	}
	if !slices.Contains(Datums, datum) {
		l.bad("datum", "%.40q is none of %v; without it a point is not known", datum, Datums)
		return
	}
	if datum == GCJ02 && !inChina(north, east) {
		l.bad("lat", "%s is used in China only, %v %v is not there; are lat and lon exchanged?", GCJ02, north, east)
		return
	}
	north, east = ToWGS84(datum, north, east)
	p.Lat, p.Lon, p.Datum = &north, &east, WGS84
}

func (l *reader) households(p *Place) {
	text := l.field("households")
	if text == "" {
		return
	}
	n, err := strconv.Atoi(text)
	switch {
	case err != nil || n < 0:
		l.bad("households", "%.40q is no whole number", text)
	case p.Kind != Community && p.Kind != Compound && p.Kind != Building:
		l.bad("households", "homes are counted by community, compound or building, not by %s", p.Kind)
	default:
		p.Households = &n
	}
}

// Write writes places as a list that Read reads.
func Write(w io.Writer, places []Place) error {
	out := csv.NewWriter(w)
	if err := out.Write(Columns); err != nil {
		return err
	}
	for _, p := range places {
		record := []string{
			p.Code, codeOf(Parent(p.Path)), string(p.Kind), p.ZH, p.EN,
			degrees(p.Lat), degrees(p.Lon), string(p.Datum), p.Org, string(p.Device), "",
		}
		if p.Households != nil {
			record[len(record)-1] = strconv.Itoa(*p.Households)
		}
		if err := out.Write(record); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func degrees(f *float64) string {
	if f == nil {
		return ""
	}
	return strconv.FormatFloat(*f, 'f', -1, 64)
}
