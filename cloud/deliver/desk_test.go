package deliver_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/cloud/access"
	"eastgate/cloud/deliver"
	"eastgate/cloud/incident"
	"eastgate/cloud/register"
	"eastgate/cloud/store"
	"eastgate/cloud/store/storetest"
)

func TestMain(m *testing.M) {
	defer storetest.Stop()
	m.Run()
}

// cases are incidents by their ID, and the one picture of all of them.
type cases map[string]incident.Incident

func (c cases) History(_ context.Context, id string) ([]incident.Step, error) {
	i := c[id]
	detail, err := json.Marshal(incident.Detail{Record: &incident.Record{Snapshot: i.Snapshot, Clip: i.Clip, Masks: "v4/9f86d081884c7d65"}})
	return []incident.Step{{Incident: id, Seq: 1, Detail: detail}, {Incident: id, Seq: 2}}, err
}

func (c cases) Get(_ context.Context, id string) (incident.Incident, error) {
	i, ok := c[id]
	if !ok {
		return i, incident.ErrNotFound
	}
	return i, nil
}

type film struct{ *bytes.Reader }

func (film) Close() error { return nil }

// A film of seven bytes, by its SHA-256.
const sum = "239f59ed55e737c77147cf55ad0c1b030b6d7ee748a7426952f9b852d5a935e5"

func (cases) Open(string) (io.ReadSeekCloser, error) {
	return film{bytes.NewReader([]byte("payload"))}, nil
}

func user(name, person, place string, role access.Role) access.User {
	return access.User{
		Name: name, Person: person, Unit: access.CommunityUnit, Party: access.Committee,
		Grants: []access.Grant{{Role: role, Scope: place}},
	}
}

// TestTwoPersonsNotTwoAccounts walks through who may ask, approve, see and fetch, on
// both kinds of store, and reads the row of each refusal.
func TestTwoPersonsNotTwoAccounts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, now := t.Context(), time.Now()
		signer, err := deliver.NewSigner([]byte("seed"))
		if err != nil {
			t.Fatal(err)
		}
		incidents := cases{"i1": {ID: "i1", Number: "20261125-0001", Place: "dongguan/c3", Class: "fire.visual", Clip: sum}}
		d := &deliver.Desk{
			Store: s, Incidents: incidents, Evidence: incidents, Signer: signer, Now: func() time.Time { return now },
			Register: register.New(s, register.NewMetrics(prometheus.NewRegistry())),
		}
		lead := user("han", "韩梅", "dongguan/c3", access.CentreLead)
		twin := user("han2", "韩梅", "dongguan/c3", access.CentreLead)
		other := user("li", "李雷", "dongguan/c3", access.CentreLead)
		away := user("wu", "吴强", "dongguan/c4", access.CentreLead)
		wish := deliver.Wish{Incident: "i1", For: "police", Purpose: "authority", Reason: "letter 7", Files: []string{"of another incident"}}
		if _, err := d.Ask(ctx, lead, wish, ""); !errors.Is(err, deliver.ErrFiles) {
			t.Errorf("a file of another incident: %v", err)
		}
		wish.Files = []string{sum}
		b, err := d.Ask(ctx, lead, wish, "")
		if err != nil {
			t.Fatal(err)
		}
		decide := func(who access.User) error {
			_, err := d.Decide(ctx, who, b.ID, true, "seen the letter", "")
			return err
		}
		fetch := func(who access.User) error { return d.Fetch(ctx, who, b.ID, "", io.Discard) }
		for _, c := range []struct {
			what string
			do   func(access.User) error
			who  access.User
			want error
		}{
			{"fetched before it is approved", fetch, lead, deliver.ErrNotYet},
			{"approved by who asked", decide, lead, access.ErrSelf},
			{"approved by the same person's other account", decide, twin, access.ErrSelf},
			{"approved by who is of another place", decide, away, access.ErrForbidden},
			{"approved", decide, other, nil},
			{"approved again", decide, other, deliver.ErrDecided},
			{"fetched by who is of another place", fetch, away, access.ErrForbidden},
			{"fetched by who only approved", fetch, other, access.ErrForbidden},
			{"fetched", fetch, lead, nil},
		} {
			if err := c.do(c.who); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
				t.Errorf("%s: %v, want %v", c.what, err, c.want)
			}
			rows, err := s.Register(ctx, register.Query{Limit: 1})
			if err != nil || len(rows) != 1 || rows[0].Who != c.who.Name || (rows[0].Result == register.Done) != (c.want == nil) {
				t.Errorf("%s: the row is %+v, %v", c.what, rows, err)
			}
		}
		var file bytes.Buffer
		if err := d.Fetch(ctx, lead, b.ID, "", &file); err != nil {
			t.Fatal(err)
		}
		m, err := deliver.Verify(bytes.NewReader(file.Bytes()), int64(file.Len()))
		if rows, fault := s.Register(ctx, register.Query{Limit: 1}); err != nil || fault != nil || m.Taken.Register != rows[0].Position {
			t.Errorf("the manifest names row %d: %v, %v", m.Taken.Register, err, fault)
		}
		if len(m.Files) != 1 || m.Files[0].Masks != "v4/9f86d081884c7d65" {
			t.Errorf("which masks were burnt in is not told: %+v", m.Files)
		}
		for who, want := range map[*access.User]int{&lead: 1, &other: 1, &away: 0} {
			if list, err := d.List(ctx, *who); err != nil || len(list) != want {
				t.Errorf("%s sees %d bundles, %v, want %d", who.Name, len(list), err, want)
			}
		}
		now = now.AddDate(0, 0, 4)
		if err := fetch(lead); !errors.Is(err, deliver.ErrOver) {
			t.Errorf("fetched four days later: %v", err)
		}
	})
}
