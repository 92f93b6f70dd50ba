package whistle_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/governance"
	"eastgate/cloud/store"
	"eastgate/cloud/store/storetest"
	"eastgate/cloud/whistle"
)

func TestMain(m *testing.M) {
	defer storetest.Stop()
	m.Run()
}

// parents are the incidents that whistles belong to.
type parents map[string]whistle.Parent

func (p parents) Parent(_ context.Context, id string) (whistle.Parent, error) {
	if x, ok := p[id]; ok {
		return x, nil
	}
	return whistle.Parent{}, whistle.ErrNotFound
}

// limits stand in for the working calendar.
var limits = map[whistle.Kind]time.Duration{whistle.Problem: 24 * time.Hour, whistle.Enforcement: 2 * time.Hour, whistle.Emergency: 30 * time.Minute}

// A centre is an engine whose clock the test turns.
type centre struct {
	*whistle.Engine
	t   *testing.T
	now time.Time
}

func open(t *testing.T, s *store.Store) *centre {
	c := &centre{t: t, now: time.Date(2026, 6, 1, 1, 0, 0, 0, time.UTC)}
	c.Engine = whistle.New(s, whistle.Options{
		Parents: parents{
			"i1": {ID: "i1", Number: "20260601-0001", Place: "dongguan/c3", Class: "street.vendor", Open: true},
			"i2": {ID: "i2", Number: "20260601-0002", Place: "dongguan/c4", Class: "fire.smoke", Open: true},
			"i3": {ID: "i3", Number: "20260601-0003", Place: "dongguan/c4", Class: "fire.smoke"},
		},
		Respond: func(k whistle.Kind, sent time.Time) time.Time { return sent.Add(limits[k]) },
		Now:     func() time.Time { return c.now },
	})
	return c
}

var (
	grid   = access.Actor{Name: "wang", Unit: "community", Roles: []access.Role{access.GridWorker}}
	duty   = access.Actor{Name: "zhao", Unit: "community", Roles: []access.Role{access.DutyOfficer}}
	head   = access.Actor{Name: "han", Unit: "community", Roles: []access.Role{access.CentreLead}}
	watch  = access.Actor{Name: "sun", Unit: "community", Roles: []access.Role{access.Supervisor}}
	city   = access.Actor{Name: "qian", Unit: "chengguan", Roles: []access.Role{access.Handler}}
	market = access.Actor{Name: "li", Unit: "market", Roles: []access.Role{access.Handler}}
	police = access.Actor{Name: "bridge", Unit: "police", Roles: []access.Role{access.PoliceBridge}}
)

func (c *centre) begin(who access.Actor, incident string, a whistle.Ask) whistle.Whistle {
	c.t.Helper()
	w, err := c.Begin(c.t.Context(), who, incident, a)
	if err != nil {
		c.t.Fatal(err)
	}
	return w
}

func draft(unit string, k whistle.Kind) whistle.Ask {
	return whistle.Ask{Action: whistle.DraftIt, Unit: unit, Kind: k, Purpose: "占道经营，需联合执法"}
}

// do takes a step that must succeed, ten minutes after the last.
func (c *centre) do(who access.Actor, w *whistle.Whistle, a whistle.Ask) {
	c.t.Helper()
	c.now = c.now.Add(10 * time.Minute)
	next, err := c.Do(c.t.Context(), who, w.ID, w.Version, a)
	if err != nil {
		c.t.Fatalf("%s by %s: %v", a.Action, who.Name, err)
	}
	*w = next
}

func (c *centre) fails(who access.Actor, w whistle.Whistle, a whistle.Ask, want error) {
	c.t.Helper()
	if _, err := c.Do(c.t.Context(), who, w.ID, w.Version, a); !errors.Is(err, want) {
		c.t.Errorf("%s by %s: %v, want %v", a.Action, who.Name, err, want)
	}
}

func (c *centre) again(w *whistle.Whistle) {
	c.t.Helper()
	var err error
	if *w, err = c.Whistle(c.t.Context(), w.ID); err != nil {
		c.t.Fatal(err)
	}
}

// sent drafts, approves and sends.
func (c *centre) sent(incident, unit string, k whistle.Kind) whistle.Whistle {
	c.t.Helper()
	w := c.begin(grid, incident, draft(unit, k))
	c.do(head, &w, whistle.Ask{Action: whistle.Approve})
	c.do(duty, &w, whistle.Ask{Action: whistle.Send})
	return w
}

func TestAnEnforcementFromDraftToRating(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := open(t, s)
		w := c.sent("i1", "chengguan", whistle.Enforcement)
		if want := w.SentAt.Add(2 * time.Hour); !w.RespondBy.Equal(want) || w.Part != whistle.Lead {
			t.Errorf("respond by %v, want %v; part %s", w.RespondBy, want, w.Part)
		}
		c.do(city, &w, whistle.Ask{Action: whistle.Acknowledge})
		c.do(city, &w, whistle.Ask{Action: whistle.Attend})
		c.fails(city, w, whistle.Ask{Action: whistle.Deliver, Result: "已劝离"}, whistle.ErrInvalid) // no outcome yet
		before := w.SentAt.Add(-time.Minute)
		c.fails(city, w, whistle.Ask{Action: whistle.RecordIt, Outcome: "责令改正", OutcomeAt: &before}, whistle.ErrInvalid)
		at := w.AttendingAt.Add(3 * time.Minute)
		c.do(city, &w, whistle.Ask{Action: whistle.RecordIt, Outcome: "责令改正", OutcomeAt: &at})
		c.do(city, &w, whistle.Ask{Action: whistle.Deliver, Result: "已劝离"})
		c.do(duty, &w, whistle.Ask{Action: whistle.SendBack, Reason: "又来了"})
		c.do(city, &w, whistle.Ask{Action: whistle.Deliver, Result: "已再次劝离"})
		c.do(duty, &w, whistle.Ask{Action: whistle.Accept})
		c.do(duty, &w, whistle.Ask{Action: whistle.RateUnit, Rating: 1})
		c.do(city, &w, whistle.Ask{Action: whistle.RateUs, Rating: 4})
		c.fails(city, w, whistle.Ask{Action: whistle.RateUs, Rating: 5}, whistle.ErrState)
		c.do(city, &w, whistle.Ask{Action: whistle.AppealIt, Reason: "按时到场"})
		yes := true
		c.fails(head, w, whistle.Ask{Action: whistle.Decide, Upheld: &yes, Reason: "属实"}, whistle.ErrForbidden)
		c.do(watch, &w, whistle.Ask{Action: whistle.Decide, Upheld: &yes, Reason: "属实"})
		asked, err := c.Asked(t.Context(), []string{"i1", "i2", "none"})
		if got := asked["i1"]; err != nil || len(asked) != 1 || len(got.Units) != 1 || !got.WhistledAt.Equal(*w.SentAt) || !got.OutcomeAt.Equal(at) {
			t.Errorf("asked: %+v, %v", asked, err)
		}
		if w.RatedUnit != 0 || w.RatedCommunity != 4 || !w.OutcomeAt.Equal(at) || w.Late(c.now) || w.EndedAt == nil {
			t.Errorf("in the end: %+v", w)
		}
		steps, err := c.WhistleHistory(t.Context(), w.ID)
		if err != nil {
			t.Fatal(err)
		}
		again, err := whistle.Replay(steps)
		if err != nil || !same(again, w) {
			t.Errorf("made again from its history: %v\n%+v\n%+v", err, again, w)
		}
	})
}

func same(a, b whistle.Whistle) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return string(x) == string(y)
}

func TestWhatIsRefused(t *testing.T) {
	c := open(t, storetest.Open(t, storetest.SQLite(t)))
	for what, x := range map[string]struct {
		who      access.Actor
		incident string
		a        whistle.Ask
		want     error
	}{
		"for no incident":          {grid, "i9", draft("market", whistle.Problem), whistle.ErrNotFound},
		"for one that is not open": {grid, "i3", draft("market", whistle.Problem), whistle.ErrState},
		"by a handler":             {market, "i1", draft("chengguan", whistle.Problem), whistle.ErrForbidden},
		"by the unit itself":       {market, "i1", draft("market", whistle.Problem), whistle.ErrForbidden},
		"of no kind":               {grid, "i1", draft("market", "party"), whistle.ErrInvalid},
		"with an approval":         {head, "i1", whistle.Ask{Action: whistle.Approve}, whistle.ErrState},
		"sounded by duty":          {duty, "i1", whistle.Ask{Action: whistle.SoundIt, Unit: "market", Purpose: "x"}, whistle.ErrForbidden},
		"without a purpose":        {grid, "i1", whistle.Ask{Action: whistle.DraftIt, Unit: "market", Kind: whistle.Problem}, whistle.ErrInvalid},
		"with a novel":             {grid, "i1", whistle.Ask{Action: whistle.DraftIt, Unit: "market", Kind: whistle.Problem, Purpose: strings.Repeat("长", 501)}, whistle.ErrInvalid},
	} {
		if _, err := c.Begin(t.Context(), x.who, x.incident, x.a); !errors.Is(err, x.want) {
			t.Errorf("%s: %v, want %v", what, err, x.want)
		}
	}
	own := c.begin(head, "i1", draft("market", whistle.Problem))
	c.fails(head, own, whistle.Ask{Action: whistle.Approve}, whistle.ErrSamePerson) // two people on one approval
	w := c.sent("i1", "chengguan", whistle.Problem)
	if _, err := c.Begin(t.Context(), grid, "i1", draft("chengguan", whistle.Problem)); !errors.Is(err, whistle.ErrAsked) {
		t.Errorf("asked twice: %v", err)
	}
	c.fails(market, w, whistle.Ask{Action: whistle.Acknowledge}, whistle.ErrState) // another unit stands on the community's side
	c.fails(duty, w, whistle.Ask{Action: whistle.Acknowledge}, whistle.ErrState)
	c.fails(city, w, whistle.Ask{Action: whistle.Decline}, whistle.ErrInvalid)
	c.fails(city, w, whistle.Ask{Action: whistle.Accept}, whistle.ErrState)
	if _, err := c.Do(t.Context(), city, w.ID, w.Version-1, whistle.Ask{Action: whistle.Acknowledge}); !errors.Is(err, whistle.ErrConflict) {
		t.Errorf("an old version: %v", err)
	}
}

func TestFirstAskedLeads(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := open(t, s)
		first, second := c.sent("i1", "chengguan", whistle.Problem), c.sent("i1", "market", whistle.Problem)
		other := c.sent("i2", "market", whistle.Problem)
		if first.Part != whistle.Lead || second.Part != whistle.Assist || other.Part != whistle.Lead {
			t.Fatal(first.Part, second.Part, other.Part)
		}
		c.do(city, &first, whistle.Ask{Action: whistle.Decline, Reason: "不属本单位职责"})
		c.do(duty, &first, whistle.Ask{Action: whistle.Escalate, Reason: "需协调"})
		c.fails(head, first, whistle.Ask{Action: whistle.Release, Reason: "同意"}, whistle.ErrLead)
		c.fails(market, second, whistle.Ask{Action: whistle.TakeLead}, whistle.ErrState) // not offered
		c.fails(city, first, whistle.Ask{Action: whistle.OfferLead, To: "police", Reason: "x"}, whistle.ErrInvalid)
		c.do(city, &first, whistle.Ask{Action: whistle.OfferLead, To: "market", Reason: "食品经营归市监"})
		c.do(market, &second, whistle.Ask{Action: whistle.TakeLead})
		c.again(&first)
		if first.Part != whistle.Assist || second.Part != whistle.Lead || first.Offered != "" {
			t.Fatalf("after the hand-over: %+v\n%+v", first, second)
		}
		c.do(head, &first, whistle.Ask{Action: whistle.Release, Reason: "同意"})
		for _, w := range []whistle.Whistle{first, second} {
			steps, _ := c.WhistleHistory(t.Context(), w.ID)
			if again, err := whistle.Replay(steps); err != nil || !same(again, w) {
				t.Errorf("%s: %v\n%+v\n%+v", w.Unit, err, again, w)
			}
		}
		a, b := c.begin(grid, "i2", draft("a", whistle.Problem)), c.begin(grid, "i2", draft("b", whistle.Problem))
		c.do(head, &a, whistle.Ask{Action: whistle.Withdraw, Reason: "不需要"})
		c.again(&b)
		if b.Part != whistle.Assist { // i2's lead is still market
			t.Errorf("b is %s", b.Part)
		}
	})
}

// TestTheClockEscalatesOnce: what is not answered in time goes up once, whoever
// looks how often, and the unit can still come.
func TestTheClockEscalatesOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := open(t, s)
		quick, slow := c.sent("i2", "fire-station", whistle.Emergency), c.sent("i1", "chengguan", whistle.Enforcement)
		c.do(city, &slow, whistle.Ask{Action: whistle.Acknowledge})
		c.now = quick.RespondBy.Add(-time.Millisecond)
		for want, wait := range []time.Duration{0, 2 * time.Millisecond, 3 * time.Hour} {
			c.now = c.now.Add(wait)
			n, err := c.Escalate(t.Context())
			if err != nil || n != []int{0, 1, 0}[want] {
				t.Errorf("round %d: %d escalated, %v", want, n, err)
			}
		}
		c.again(&quick)
		c.again(&slow)
		if quick.State != whistle.Escalated || slow.State != whistle.Acknowledged || !quick.Late(c.now) || slow.Late(c.now) {
			t.Errorf("%+v\n%+v", quick, slow)
		}
		c.do(head, &quick, whistle.Ask{Action: whistle.Insist, Reason: "请立即到场"})
		fire := access.Actor{Name: "liu", Unit: "fire-station", Roles: []access.Role{access.Handler}}
		c.do(fire, &quick, whistle.Ask{Action: whistle.Attend})
		if quick.RespondedAt == nil || !quick.SentAt.Before(*quick.EscalatedAt) {
			t.Errorf("%+v", quick)
		}
	})
}

func TestAnEmergencyIsSoundedAtOnce(t *testing.T) {
	c := open(t, storetest.Open(t, storetest.SQLite(t)))
	w := c.begin(head, "i2", whistle.Ask{Action: whistle.SoundIt, Unit: "police", Purpose: "疑似火情，请增援"})
	steps, err := c.WhistleHistory(t.Context(), w.ID)
	if err != nil || len(steps) != 3 || w.State != whistle.Sent || w.Kind != whistle.Emergency || w.ApprovedAt == nil || !w.RespondBy.Equal(w.SentAt.Add(30*time.Minute)) {
		t.Fatalf("%+v, %d steps, %v", w, len(steps), err)
	}
	c.do(police, &w, whistle.Ask{Action: whistle.Acknowledge})
	c.do(police, &w, whistle.Ask{Action: whistle.RecordIt, Outcome: "已出警"})
	c.fails(police, w, whistle.Ask{Action: whistle.Decline, Reason: "x"}, whistle.ErrForbidden)
}

// TestOnlySentWhistlesReachTheUnit: a scope shows a unit what it was asked, no
// draft, and nothing that others were asked; as May does one by one.
func TestOnlySentWhistlesReachTheUnit(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := open(t, s)
		all := []whistle.Whistle{c.sent("i1", "chengguan", whistle.Problem), c.begin(grid, "i2", draft("chengguan", whistle.Problem)), c.sent("i2", "market", whistle.Problem)}
		for _, u := range []access.User{
			{Unit: "chengguan", Party: access.Authority, Grants: []access.Grant{{Role: access.Handler, Scope: "unit:chengguan"}}},
			{Unit: "market", Party: access.Authority, Grants: []access.Grant{{Role: access.Handler, Scope: "unit:market", Classes: []string{"street.*"}}}},
			{Unit: "garden", Party: access.Property, Grants: []access.Grant{{Role: access.Guard, Scope: "dongguan/c4"}}},
			{Unit: "garden", Party: access.Property, Grants: []access.Grant{{Role: access.Guard, Scope: "dongguan/c"}}},
			{Unit: "community", Party: access.Committee, Grants: []access.Grant{{Role: access.CentreLead, Classes: []string{"fire.*"}}, {Role: access.CentreLead, Scope: "dongguan/c3"}}},
			{Unit: "community", Party: access.Committee, Grants: []access.Grant{{Role: access.AuditAdmin}}},
		} {
			list, err := c.Whistles(t.Context(), whistle.Filter{Scope: access.ScopeOf(u)})
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range all {
				shown := slices.ContainsFunc(list, func(x whistle.Whistle) bool { return x.ID == w.ID })
				if may := access.May(u, access.SeePublic, w.Object()); may != shown {
					t.Errorf("%+v: %s for %s: may %v, shown %v", u, w.Unit, w.Number, may, shown)
				}
			}
		}
	})
}

func TestHistoryShowsTampering(t *testing.T) {
	c := open(t, storetest.Open(t, storetest.SQLite(t)))
	w := c.sent("i1", "chengguan", whistle.Problem)
	steps, err := c.WhistleHistory(t.Context(), w.ID)
	if err != nil {
		t.Fatal(err)
	}
	v := reflect.TypeOf(whistle.Step{})
	for n := range v.NumField() {
		changed := slices.Clone(steps)
		switch f := reflect.ValueOf(&changed[1]).Elem().Field(n); x := f.Interface().(type) {
		case int64:
			f.SetInt(x + 1)
		case time.Time:
			f.Set(reflect.ValueOf(x.Add(time.Millisecond)))
		case json.RawMessage:
			f.Set(reflect.ValueOf(json.RawMessage(`{"unit":"x"}`)))
		default:
			f.SetString(f.String() + "x")
		}
		if _, err := whistle.Replay(changed); err == nil && v.Field(n).Name != "Position" { // its place in the feed is no part of it
			t.Errorf("%s changed, and not found", v.Field(n).Name)
		}
	}
	if _, err := whistle.Replay(slices.Delete(slices.Clone(steps), 1, 2)); err == nil {
		t.Error("a step removed, and not found")
	}
}

// TestAllowedSaysWhatDoDoes tries every step, by everybody, on whistles that wander
// at random: Do succeeds exactly where Allowed says so.
func TestAllowedSaysWhatDoDoes(t *testing.T) {
	c := open(t, storetest.Open(t, storetest.SQLite(t)))
	r := rand.New(rand.NewPCG(7, 7))
	people := []access.Actor{grid, duty, head, watch, city, market, police, {Name: "admin", Unit: "community", Roles: []access.Role{access.SystemAdmin}}}
	yes := true
	reached := map[whistle.Action]bool{}
	for range 40 {
		w := c.begin(grid, "i1", draft("chengguan", whistle.Kinds[r.IntN(3)]))
		for step := 0; step < 25 && !w.State.Ended(); step++ {
			who := people[r.IntN(len(people))]
			allowed := whistle.Allowed(w, who)
			for _, row := range whistle.Table() {
				if len(row.From) == 0 || slices.Contains(allowed, row.Action) || row.Action == whistle.TakeLead || row.Action == whistle.OfferLead {
					continue
				}
				a := whistle.Ask{Action: row.Action, Reason: "x", Result: "x", Outcome: "x", To: "x", Rating: 3, Upheld: &yes}
				if _, err := c.Do(t.Context(), who, w.ID, w.Version, a); err == nil {
					t.Fatalf("%s of a %s whistle by %v was done and not allowed", row.Action, w.State, who)
				}
			}
			if len(allowed) == 0 {
				continue
			}
			a := whistle.Ask{Action: allowed[r.IntN(len(allowed))], Reason: "x", Result: "x", Outcome: "x", To: "x", Rating: 3, Upheld: &yes}
			if a.Action == whistle.OfferLead || a.Action == whistle.TakeLead {
				continue // they need another unit
			}
			c.do(who, &w, a)
			reached[a.Action] = true
		}
		if !w.State.Ended() {
			c.do(head, &w, ending(w))
		}
	}
	for _, row := range whistle.Table() {
		if a := row.Action; !reached[a] && row.To != "" && len(row.From) > 0 {
			t.Errorf("%s was never reached", a)
		}
	}
}

// ending brings a whistle to an end from wherever it is.
func ending(w whistle.Whistle) whistle.Ask {
	switch w.State {
	case whistle.Declined, whistle.Escalated:
		return whistle.Ask{Action: whistle.Release, Reason: "x"}
	case whistle.Delivered:
		return whistle.Ask{Action: whistle.Accept}
	}
	return whistle.Ask{Action: whistle.Withdraw, Reason: "x"}
}

// TestDesignTellsTheTable compares DESIGN.md with the table, row by row.
func TestDesignTellsTheTable(t *testing.T) {
	b, err := os.ReadFile("DESIGN.md")
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for _, row := range whistle.Table() {
		from, to, by, needs := "–", string(row.To), []string{}, "–"
		if len(row.From) > 0 {
			from = join(row.From)
		}
		if to == "" {
			to = "(stays)"
		}
		for _, r := range row.Roles {
			by = append(by, string(r))
		}
		if len(row.Needs) > 0 {
			needs = join(row.Needs)
		}
		fmt.Fprintf(&want, "| %s | %s | %s | %s | %s | %s |\n", row.Action, from, to, row.Side, strings.Join(by, ", "), needs)
	}
	if !strings.Contains(string(b), want.String()) {
		t.Errorf("DESIGN.md must have the rows\n%s", want.String())
	}
}

func join[T ~string](words []T) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = string(w)
	}
	return strings.Join(out, ", ")
}

func TestAnswersAreDueByTheCalendar(t *testing.T) {
	respond := whistle.RespondBy(governance.DefaultCalendar())
	tuesday := time.Date(2025, 9, 30, 15, 0, 0, 0, governance.Shanghai) // the day before the national holiday
	for k, want := range map[whistle.Kind]time.Time{
		whistle.Emergency:   tuesday.Add(30 * time.Minute),
		whistle.Enforcement: tuesday.Add(2 * time.Hour),
		whistle.Problem:     time.Date(2025, 10, 9, 18, 0, 0, 0, governance.Shanghai), // the close of the next working day
	} {
		if got := respond(k, tuesday); !got.Equal(want) {
			t.Errorf("%s: due %s, want %s", k, got.In(governance.Shanghai), want)
		}
	}
	far := time.Date(2090, 1, 1, 9, 0, 0, 0, governance.Shanghai)
	if got := respond(whistle.Problem, far); !got.Equal(far.Add(24 * time.Hour)) {
		t.Errorf("in a year without a calendar: %s", got)
	}
}
