// Package register is the register of access (调阅登记): who looked at what that not
// everybody may see, who took or sent it out, and who was refused.
//
// It promises that a row is committed before what it tells of happens, so that
// nothing is seen unwritten; that rows are never changed and Verify finds it when
// somebody changes, removes or reorders them; and that only the audit administrator
// reads it, which is a row too. The sharing log is the rows that name an agreement.
package register

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"eastgate/cloud/access"
)

// Errors that callers tell apart.
var (
	// ErrReason says that a purpose of the list and a reason in words are needed.
	ErrReason = errors.New("say what for: a purpose of the list and a reason")
	// ErrTooYoung says that rows must be kept longer.
	ErrTooYoung = errors.New("rows are kept for three years")
)

// Store keeps the register.
type Store interface {
	// AppendRegister writes a row after the newest, with Entry.Sealed, and returns it.
	AppendRegister(ctx context.Context, e Entry) (Entry, error)
	// Register returns rows, the newest first.
	Register(ctx context.Context, q Query) ([]Entry, error)
	// RegisterFrom returns rows after a position, in order.
	RegisterFrom(ctx context.Context, after int64, limit int) ([]Entry, error)
	RegisterEnds(ctx context.Context) (Ends, error)
	// ForgetRegister removes rows before a time, remembers where the register now
	// begins and appends what row makes of that.
	ForgetRegister(ctx context.Context, before time.Time, row func(base Mark) Entry) error
}

// Writer is what those need who look, take or send.
type Writer interface {
	Write(ctx context.Context, e Entry) error
}

// A Query says which rows; what is empty does not matter.
type Query struct {
	Who, Unit, Object, Case, Agreement string
	Act                                Act
	Result                             Result
	From, To                           time.Time // from, and before
	Shared                             bool      // only what went outside under an agreement
	Before                             int64     // only rows before this position; 0 begins at the newest
	Limit                              int       // at most MaxRows, which is also the default
}

// MaxRows bounds one answer.
const MaxRows = 200

// A Register is the one writer of the register.
type Register struct {
	store Store
	m     *Metrics
}

var (
	_ Writer           = (*Register)(nil)
	_ access.Registrar = (*Register)(nil)
)

// New returns the register of a store.
func New(s Store, m *Metrics) *Register { return &Register{store: s, m: m} }

// Write commits a row. When it fails, what the row tells of must not happen.
func (r *Register) Write(ctx context.Context, e Entry) error {
	_, err := r.append(ctx, e)
	return err
}

func (r *Register) append(ctx context.Context, e Entry) (row int64, err error) {
	if e.At.IsZero() {
		e.At = time.Now()
	}
	if e.Result == "" {
		e.Result = Done
	}
	if e.Who == "" || e.Object == "" || !slices.Contains(Acts, e.Act) {
		return 0, fmt.Errorf("register: a row needs who, object and one of %v", Acts)
	}
	written, err := r.store.AppendRegister(ctx, e.bounded())
	if err != nil {
		r.m.failures.Inc()
		return 0, fmt.Errorf("register: %w", err)
	}
	r.m.rows.WithLabelValues(string(e.Act), string(e.Result)).Inc()
	return written.Position, nil
}

// Record implements access.Recorder.
func (r *Register) Record(ctx context.Context, by access.User, object, what string, refused error) error {
	e := Entry{Who: by.Name, Person: by.Person, Unit: by.Unit, Roles: roles(by, access.Anywhere), Act: Change, Object: object, Detail: what, Result: Done}
	if refused != nil {
		e.Result, e.Detail = Denied, refused.Error()
	}
	return r.Write(ctx, e)
}

// wanted is what somebody is after who asks for what takes a right; else a change.
var wanted = map[access.Right]Act{
	access.SeePublic: View, access.SeeIncidents: View, access.SeeHistory: View, access.SeeFigures: View, access.SeePolice: View, access.SeeNotify: View,
	access.SeePictures: Snapshot, access.SeeVideo: Playback, access.AskExport: Export, access.ApproveExport: Export, access.ReadRegister: Read,
}

// Refused writes down that somebody asked for what his rights do not open; the object
// is the request.
func (r *Register) Refused(ctx context.Context, who access.User, request string, missing access.Right, from string) error {
	return r.Write(ctx, Entry{
		Who: who.Name, Person: who.Person, Unit: who.Unit, Roles: roles(who, access.Anywhere), Act: cmp.Or(wanted[missing], Change), Object: request,
		Basis: string(missing), Result: Denied, Detail: access.ErrForbidden.Error(), From: from,
	})
}

// Login implements access.Registrar.
func (r *Register) Login(ctx context.Context, who access.User, from, how string, refused error) error {
	e := Entry{Who: who.Name, Person: who.Person, Unit: who.Unit, Roles: roles(who, access.Anywhere), Act: Login, Object: "session", Detail: how, Result: Done, From: from}
	if refused != nil {
		e.Result, e.Detail = Denied, how+": "+refused.Error()
	}
	return r.Write(ctx, e)
}

// A Use is somebody's wish to use a right on something.
type Use struct {
	Right   access.Right
	On      access.Object
	Act     Act
	Object  string // as incident/01J…
	Case    string
	Purpose string // one of Purposes; needed, with Reason, where the right asks for it
	Reason  string
	Fields  []string
	Detail  string
	From    string // address
	// Against is what speaks against it although the right is there, such as that another
	// person must do it; nil as a rule.
	Against error
}

// Use is asked before anything is shown or sent: it returns nil when somebody may,
// and the row is committed. A refusal is a row too; it gives access.ErrForbidden, or
// ErrReason when only the reason is missing.
func (r *Register) Use(ctx context.Context, who access.User, u Use) error {
	_, err := r.Used(ctx, who, u)
	return err
}

// Used is Use for those who say in what they give out which row it is.
func (r *Register) Used(ctx context.Context, who access.User, u Use) (row int64, err error) {
	e := Entry{
		Who: who.Name, Person: who.Person, Unit: who.Unit, Roles: roles(who, u.On), Act: u.Act, Object: u.Object, Case: u.Case,
		Purpose: u.Purpose, Reason: u.Reason, Basis: string(u.Right), Fields: u.Fields, Detail: u.Detail, From: u.From, Result: Done,
	}
	var refused error
	switch {
	case !access.May(who, u.Right, u.On):
		refused = access.ErrForbidden
	case u.Right.NeedsReason() && (!slices.Contains(Purposes, u.Purpose) || strings.TrimSpace(u.Reason) == ""):
		refused = ErrReason
	default:
		refused = u.Against
	}
	if refused != nil {
		e.Result, e.Detail = Denied, refused.Error()
		return 0, errors.Join(refused, r.Write(ctx, e))
	}
	return r.append(ctx, e)
}

func roles(who access.User, on access.Object) string {
	var out []string
	for _, r := range access.ActorFor(who, on).Roles {
		out = append(out, string(r))
	}
	return strings.Join(out, ",")
}

// List returns rows to the audit administrator, the newest first. purpose and reason
// are written down with the reading.
func (r *Register) List(ctx context.Context, who access.User, q Query, purpose, reason string) ([]Entry, error) {
	err := r.Use(ctx, who, Use{Right: access.ReadRegister, On: access.Anywhere, Act: Read, Object: "register", Purpose: purpose, Reason: reason, Detail: q.String()})
	if err != nil {
		return nil, err
	}
	if q.Limit <= 0 || q.Limit > MaxRows {
		q.Limit = MaxRows
	}
	return r.store.Register(ctx, q)
}

// String tells what a query asks for.
func (q Query) String() string {
	var out []string
	for _, s := range [][2]string{
		{"who", q.Who}, {"unit", q.Unit}, {"object", q.Object}, {"case", q.Case}, {"agreement", q.Agreement}, {"act", string(q.Act)}, {"result", string(q.Result)},
	} {
		if s[1] != "" {
			out = append(out, s[0]+"="+s[1])
		}
	}
	if !q.From.IsZero() {
		out = append(out, "from="+q.From.UTC().Format(time.RFC3339))
	}
	if !q.To.IsZero() {
		out = append(out, "to="+q.To.UTC().Format(time.RFC3339))
	}
	if q.Shared {
		out = append(out, "shared")
	}
	if q.Before != 0 {
		out = append(out, fmt.Sprintf("before=%d", q.Before))
	}
	return strings.Join(out, " ")
}

// Kept is how long the sharing log must be kept (网络数据安全管理条例 art. 12), and with
// it the chain that it is part of.
const Kept = 3 * 366 * 24 * time.Hour

// Head returns the newest row's mark.
func (r *Register) Head(ctx context.Context) (Mark, error) {
	ends, err := r.store.RegisterEnds(ctx)
	return ends.Head, err
}

// Forget removes rows older than keep, at least three years, and says so in a row.
func (r *Register) Forget(ctx context.Context, keep time.Duration) error {
	if keep < Kept {
		return ErrTooYoung
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	before := now.Add(-keep)
	return r.store.ForgetRegister(ctx, before, func(base Mark) Entry {
		return Entry{
			At: now, Who: "cloud", Act: Forget, Object: fmt.Sprintf("register/%d", base.Position), Basis: "retention", Result: Done,
			Detail: "rows before " + before.Format(time.RFC3339),
		}
	})
}
