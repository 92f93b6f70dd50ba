package report

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// A Call is one line of what hotline 12345 hands on.
type Call struct {
	Line   int
	Number string // the hotline's own, which makes it one report however often it comes
	At     time.Time
	Class  string // key, or the class's name in either language
	Place  string // code, path, or the place's name in either language
	Text   string
	Caller string
	Phone  string
}

// A LineFault is what is wrong with one line.
type LineFault struct {
	Line   int    `json:"line"`
	Column string `json:"column,omitempty"`
	Detail string `json:"detail"`
}

func (f LineFault) Error() string {
	if f.Column == "" {
		return fmt.Sprintf("line %d: %s", f.Line, f.Detail)
	}
	return fmt.Sprintf("line %d, %s: %s", f.Line, f.Column, f.Detail)
}

// columns are the titles that a file may use, the first one in messages.
var columns = map[string][]string{
	"number": {"number", "工单编号", "编号", "工单号"},
	"time":   {"time", "来电时间", "时间", "受理时间"},
	"class":  {"class", "类别", "诉求类别", "问题类型"},
	"place":  {"place", "地点", "地址", "诉求地点"},
	"text":   {"text", "内容", "诉求内容"},
	"caller": {"caller", "联系人", "来电人"},
	"phone":  {"phone", "电话", "联系电话"},
}

var neededColumns = []string{"number", "time", "place", "text"}

// MaxCalls bounds one file, in lines, and MaxHotline in bytes.
const (
	MaxCalls   = 20_000
	MaxHotline = 16 << 20
)

// Shanghai is where hotline files, and dates on receipts, are from.
var Shanghai = time.FixedZone("Asia/Shanghai", 8*3600)

// ReadCalls reads a hotline file: CSV with titles in Chinese or English, in UTF-8 or
// GB 18030. Lines that cannot be read are faults, the others are returned.
func ReadCalls(r io.Reader) ([]Call, []LineFault, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxHotline+1))
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("hotline file: %w", err)
	case len(data) > MaxHotline:
		return nil, nil, fmt.Errorf("hotline file: more than %d MiB", MaxHotline>>20)
	}
	if !utf8.Valid(data) { // Excel writes what Windows is set to
		if data, err = simplifiedchinese.GB18030.NewDecoder().Bytes(data); err != nil || !utf8.Valid(data) {
			return nil, nil, errors.New("hotline file: neither UTF-8 nor GB 18030")
		}
	}
	in := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(data), "\ufeff")))
	in.FieldsPerRecord = -1
	titles, err := in.Read()
	if err != nil {
		return nil, nil, fmt.Errorf("hotline file: no line of titles: %w", err)
	}
	at, err := findColumns(titles)
	if err != nil {
		return nil, nil, err
	}
	return readLines(in, at, len(titles))
}

func findColumns(titles []string) (map[string]int, error) {
	at := map[string]int{}
	for i, title := range titles {
		for name, words := range columns {
			for _, w := range words {
				if strings.EqualFold(strings.TrimSpace(title), w) {
					at[name] = i
				}
			}
		}
	}
	var missing []string
	for _, name := range neededColumns {
		if _, ok := at[name]; !ok {
			missing = append(missing, fmt.Sprintf("%s (%s)", name, columns[name][1]))
		}
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("hotline file: no column %s", strings.Join(missing, ", "))
	}
	return at, nil
}

func readLines(in *csv.Reader, at map[string]int, width int) ([]Call, []LineFault, error) {
	var calls []Call
	var faults []LineFault
	seen := map[string]int{}
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return calls, faults, nil
		}
		var broken *csv.ParseError
		if errors.As(err, &broken) {
			faults = append(faults, LineFault{Line: broken.Line, Detail: broken.Err.Error()})
			if errors.Is(broken.Err, csv.ErrQuote) { // what follows cannot be told apart
				return calls, faults, nil
			}
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		line, _ := in.FieldPos(0)
		if len(calls) >= MaxCalls {
			return nil, nil, fmt.Errorf("hotline file: more than %d lines", MaxCalls)
		}
		if len(record) < width {
			faults = append(faults, LineFault{Line: line, Detail: fmt.Sprintf("has %d fields, the titles %d", len(record), width)})
			continue
		}
		c, wrong := readCall(record, at, line)
		if first, twice := seen[c.Number]; twice && c.Number != "" {
			wrong = append(wrong, LineFault{line, "number", fmt.Sprintf("%s stands in line %d already", c.Number, first)})
		}
		seen[c.Number] = line
		if len(wrong) > 0 {
			faults = append(faults, wrong...)
			continue
		}
		calls = append(calls, c)
	}
}

// Bounds of what a line may hold, in characters.
const (
	maxNumber = 64
	maxText   = 2000
	maxName   = 50
)

var stamps = []string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02 15:04", "2006/1/2 15:04:05", "2006/1/2 15:04", "2006年1月2日 15:04"}

func readCall(record []string, at map[string]int, line int) (Call, []LineFault) {
	field := func(name string) string {
		i, ok := at[name]
		if !ok {
			return ""
		}
		return strings.TrimSpace(record[i])
	}
	c := Call{
		Line: line, Number: field("number"), Class: field("class"), Place: field("place"), Text: field("text"), Caller: field("caller"), Phone: field("phone"),
	}
	var faults []LineFault
	for _, name := range neededColumns {
		if field(name) == "" {
			faults = append(faults, LineFault{line, name, "is empty"})
		}
	}
	for name, most := range map[string]int{"number": maxNumber, "text": maxText, "caller": maxName, "phone": maxName} {
		if n := utf8.RuneCountInString(field(name)); n > most {
			faults = append(faults, LineFault{line, name, fmt.Sprintf("has %d characters, at most %d", n, most)})
		}
	}
	if word := field("time"); word != "" {
		var ok bool
		if c.At, ok = readStamp(word); !ok {
			faults = append(faults, LineFault{line, "time", fmt.Sprintf("%.40q is no time such as 2026-03-01 09:30", word)})
		}
	}
	return c, faults
}

// readStamp reads a time as the hotline writes it; without a zone it is Shanghai's.
func readStamp(word string) (time.Time, bool) {
	for _, form := range stamps {
		if t, err := time.ParseInLocation(form, word, Shanghai); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}
