package register_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/cloud/access"
	"eastgate/cloud/register"
	"eastgate/cloud/store"
	"eastgate/cloud/store/storetest"
)

func TestMain(m *testing.M) {
	defer storetest.Stop()
	m.Run()
}

func person(name string, scope string, roles ...access.Role) access.User {
	u := access.User{Name: name, Person: "李雷", Unit: "community", Party: access.Committee}
	for _, r := range roles {
		u.Grants = append(u.Grants, access.Grant{Role: r, Scope: scope})
	}
	return u
}

// TestEveryUseAndEveryDenialIsARow walks through what people may and may not, and
// reads what was written of it.
func TestEveryUseAndEveryDenialIsARow(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := register.New(s, register.NewMetrics(prometheus.NewRegistry()))
		here := access.Object{Place: "dongguan/c3", Class: "report.dispute"}
		there := access.Object{Place: "dongguan/c4", Class: "report.dispute"}
		lead := person("han", "dongguan/c3", access.CentreLead)
		for _, c := range []struct {
			what   string
			who    access.User
			use    register.Use
			want   error
			result register.Result
		}{
			{"within the scope", lead, register.Use{Right: access.SeeRestricted, On: here, Act: register.View, Object: "incident/1"}, nil, register.Done},
			{"outside the scope", lead, register.Use{Right: access.SeeRestricted, On: there, Act: register.View, Object: "incident/2"}, access.ErrForbidden, register.Denied},
			{"without the right", person("li", "", access.Guard), register.Use{Right: access.SeeRestricted, On: here, Act: register.View, Object: "incident/1"}, access.ErrForbidden, register.Denied},
			{"an administrator", person("sys", "", access.SystemAdmin), register.Use{Right: access.SeePictures, On: here, Act: register.Snapshot, Object: "picture/ab"}, access.ErrForbidden, register.Denied},
			{"without a reason", lead, register.Use{Right: access.SeeVideo, On: here, Act: register.Playback, Object: "camera/3"}, register.ErrReason, register.Denied},
			{"for an unknown purpose", lead, register.Use{Right: access.SeeVideo, On: here, Act: register.Playback, Object: "camera/3", Purpose: "fun", Reason: "why not"}, register.ErrReason, register.Denied},
			{"with a reason", lead, register.Use{Right: access.SeeVideo, On: here, Act: register.Playback, Object: "camera/3", Purpose: "verify", Reason: "报警"}, nil, register.Done},
		} {
			if err := r.Use(t.Context(), c.who, c.use); !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", c.what, err, c.want)
			}
			rows, err := s.Register(t.Context(), register.Query{Limit: 1})
			if err != nil || len(rows) != 1 || rows[0].Result != c.result || rows[0].Who != c.who.Name || rows[0].Object != c.use.Object ||
				rows[0].Unit != "community" || (rows[0].Roles == "") != (c.what == "outside the scope") {
				t.Errorf("%s: the row is %+v, %v", c.what, rows, err)
			}
		}
	})
}

func TestOnlyTheAuditAdministratorReads(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t))
	r := register.New(s, register.NewMetrics(prometheus.NewRegistry()))
	for _, role := range access.Roles {
		_, err := r.List(t.Context(), person("x", "", role), register.Query{}, "audit", "monthly")
		if (err == nil) != (role == access.AuditAdmin) {
			t.Errorf("%s: %v", role, err)
		}
	}
	audit := person("audit", "", access.AuditAdmin)
	if _, err := r.List(t.Context(), audit, register.Query{}, "audit", " "); !errors.Is(err, register.ErrReason) {
		t.Errorf("without a reason: %v", err)
	}
	rows, err := r.List(t.Context(), audit, register.Query{Result: register.Denied}, "audit", "who was refused")
	if err != nil || len(rows) != len(access.Roles) { // all roles but one, and the one without a reason
		t.Errorf("%d denials, %v", len(rows), err)
	}
	rows, _ = r.List(t.Context(), audit, register.Query{}, "audit", "again")
	if len(rows) == 0 || rows[0].Act != register.Read || rows[0].Reason != "again" {
		t.Errorf("reading is not a row: %+v", rows)
	}
}

// TestStrangeTextStaysReadable: what strangers write neither breaks a row nor the
// chain, whatever the database.
func TestStrangeTextStaysReadable(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := register.New(s, register.NewMetrics(prometheus.NewRegistry()))
		for _, text := range []string{"", "a\x00b", "\xff\xfe", strings.Repeat("社", 2000), "'; DROP TABLE register; --", "\u2028"} {
			e := register.Entry{Who: "li", Act: register.View, Object: "incident/1", Reason: text, At: time.Date(2026, 6, 1, 12, 0, 0, 123456789, time.FixedZone("", 8*3600))}
			if err := r.Write(t.Context(), e); err != nil {
				t.Errorf("%.10q: %v", text, err)
			}
		}
		if p, err := r.Verify(t.Context()); err != nil || p.Fault != nil || p.Rows != 6 {
			t.Errorf("%+v, %+v, %v", p, p.Fault, err)
		}
		for _, e := range []register.Entry{{Act: register.View, Object: "x"}, {Who: "li", Object: "x"}, {Who: "li", Act: "peek", Object: "x"}, {Who: "li", Act: register.View}} {
			if err := r.Write(t.Context(), e); err == nil {
				t.Errorf("%+v was written", e)
			}
		}
	})
}

func TestMarksAreReadAsWritten(t *testing.T) {
	m := register.Mark{Position: 7, Hash: strings.Repeat("ab", 32)}
	if back, err := register.ParseMark(m.String()); err != nil || back != m {
		t.Errorf("%v, %v", back, err)
	}
	for _, s := range []string{"", "7", ":", "7:ab", "0:" + m.Hash, "x:" + m.Hash} {
		if _, err := register.ParseMark(s); err == nil {
			t.Errorf("%q is a mark", s)
		}
	}
}

// TestAccountsAndGrantsAreRows: who gave whom what, and what was refused.
func TestAccountsAndGrantsAreRows(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := register.New(s, register.NewMetrics(prometheus.NewRegistry()))
		p := access.NewPeople(s).RecordIn(r)
		root, word := access.CommandLine("root"), access.NewPassword()
		if err := p.Open(t.Context(), root, access.Account{Name: "li", Person: "李雷", Unit: "community", Password: word}); err != nil {
			t.Fatal(err)
		}
		g, err := p.Grant(t.Context(), root, access.Grant{Account: "li", Role: access.Guard, Scope: "dongguan/c3"})
		if err != nil {
			t.Fatal(err)
		}
		p.Grant(t.Context(), person("han", "", access.CentreLead), access.Grant{Account: "li", Role: access.Supervisor})
		if err := p.Revoke(t.Context(), root, g.ID); err != nil {
			t.Fatal(err)
		}
		if err := p.Close(t.Context(), root, "li"); err != nil {
			t.Fatal(err)
		}
		rows, err := s.Register(t.Context(), register.Query{Act: register.Change, Limit: 10})
		if err != nil || len(rows) != 5 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		for i, want := range []string{"close", "revoke", "not allowed", `grant guard at "dongguan/c3"`, "open for community"} {
			if e := rows[i]; !strings.Contains(e.Detail, want) || (e.Result == register.Denied) != (i == 2) || strings.Contains(e.Detail, word) {
				t.Errorf("row %d: %+v, want %s", i, e, want)
			}
		}
	})
}
