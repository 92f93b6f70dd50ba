package export

import (
	"context"
	"io"
	"iter"
	"time"
)

// A Row is one incident as it is exported. The KPI figures can be computed from
// these alone.
type Row struct {
	ID     string
	Class  string
	Domain string
	Level  int
	Place  string // path of codes
	Status string // the state
	// Verdict is empty until given. FirstSource is frozen at confirmation; a tie is
	// written camera_auto+resident.
	Verdict, FirstSource string

	FirstSeenAt, ConfirmedAt, DispatchedAt, AcceptedAt, ArrivedAt *time.Time
	ResolvedAt, CheckedAt, ClosedAt                               *time.Time
	Handler, Checker                                              string
	ReopenCount                                                   int
	Forced, Test                                                  bool

	Number                                          string
	ReturnCount, ReworkCount, SuspendCount, Reports int
	ReviewedAt, WhistledAt, EnforcementOutcomeAt    *time.Time
	Retrospective                                   bool // a camera's record found after a person's report
}

// A Column is one field of a Row under its name. The first twenty-one are agreed
// with those who read the file: their names and order never change, others come
// after them.
type Column struct {
	Name   string
	ZH, EN string
	Cell   func(Row) any
}

// Columns are all columns of an exported incident, in order.
var Columns = []Column{
	{"id", "编号", "ID", func(r Row) any { return r.ID }},
	{"class", "类别", "Class", func(r Row) any { return r.Class }},
	{"domain", "领域", "Domain", func(r Row) any { return r.Domain }},
	{"level", "等级", "Level", func(r Row) any { return r.Level }},
	{"place", "地点", "Place", func(r Row) any { return r.Place }},
	{"status", "状态", "Status", func(r Row) any { return r.Status }},
	{"verdict", "结论", "Verdict", func(r Row) any { return r.Verdict }},
	{"first_source", "首发来源", "First source", func(r Row) any { return r.FirstSource }},
	{"first_seen_at", "首次发现", "First seen", func(r Row) any { return r.FirstSeenAt }},
	{"confirmed_at", "立案", "Confirmed", func(r Row) any { return r.ConfirmedAt }},
	{"dispatched_at", "派遣", "Dispatched", func(r Row) any { return r.DispatchedAt }},
	{"accepted_at", "签收", "Accepted", func(r Row) any { return r.AcceptedAt }},
	{"arrived_at", "到场", "Arrived", func(r Row) any { return r.ArrivedAt }},
	{"resolved_at", "处置完", "Resolved", func(r Row) any { return r.ResolvedAt }},
	{"checked_at", "核查通过", "Checked", func(r Row) any { return r.CheckedAt }},
	{"closed_at", "结案", "Closed", func(r Row) any { return r.ClosedAt }},
	{"handler", "处置人", "Handler", func(r Row) any { return r.Handler }},
	{"checker", "核查人", "Checker", func(r Row) any { return r.Checker }},
	{"reopen_count", "重开次数", "Reopened", func(r Row) any { return r.ReopenCount }},
	{"forced", "强制结案", "Forced", func(r Row) any { return r.Forced }},
	{"test", "测试演练", "Test", func(r Row) any { return r.Test }},

	{"number", "事件号", "Number", func(r Row) any { return r.Number }},
	{"reviewed_at", "回访评析", "Reviewed", func(r Row) any { return r.ReviewedAt }},
	{"return_count", "退单次数", "Returned", func(r Row) any { return r.ReturnCount }},
	{"rework_count", "返工次数", "Reworked", func(r Row) any { return r.ReworkCount }},
	{"suspended_count", "缓办次数", "Suspended", func(r Row) any { return r.SuspendCount }},
	{"whistled_at", "吹哨", "Whistled", func(r Row) any { return r.WhistledAt }},
	{"enforcement_outcome_at", "执法结果", "Enforcement outcome", func(r Row) any { return r.EnforcementOutcomeAt }},
	{"retrospective", "事后查得", "Found afterwards", func(r Row) any { return r.Retrospective }},
	{"reports", "上报次数", "Reports", func(r Row) any { return r.Reports }},
}

// Incidents writes incidents as they come, one row each, under the columns' names.
func Incidents(ctx context.Context, w io.Writer, f Format, rows iter.Seq2[Row, error]) error {
	t := Table{Name: "incidents"}
	for _, c := range Columns {
		t.Titles = append(t.Titles, c.Name)
	}
	cells := make([]any, len(Columns))
	return Write(ctx, w, f, t, func(yield func([]any, error) bool) {
		for r, err := range rows {
			for i, c := range Columns {
				cells[i] = c.Cell(r)
			}
			if !yield(cells, err) {
				return
			}
		}
	})
}

// Words are a row's cells as people read them.
func Words(r Row) []string {
	out := make([]string, len(Columns))
	for i, c := range Columns {
		out[i] = word(c.Cell(r))
	}
	return out
}
