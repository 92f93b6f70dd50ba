package organisation_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/cloud/access"
	"eastgate/cloud/organisation"
	"eastgate/cloud/register"
	"eastgate/cloud/store"
	"eastgate/cloud/store/storetest"
)

func TestMain(m *testing.M) {
	defer storetest.Stop()
	m.Run()
}

var lead = access.User{Name: "han", Person: "韩梅梅", Unit: "community", Party: access.Committee, Grants: []access.Grant{{Role: access.CentreLead}}}

func keys(t *testing.T, fills ...byte) organisation.Keys {
	t.Helper()
	var words []string
	for _, f := range fills {
		words = append(words, base64.StdEncoding.EncodeToString([]byte(strings.Repeat(string(f), 32))))
	}
	k, err := organisation.ParseKeys(words...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func book(s *store.Store, k organisation.Keys) *organisation.Book {
	return organisation.New(s, k, register.New(s, register.NewMetrics(prometheus.NewRegistry())))
}

var garden = organisation.Organisation{ID: "garden-property", Party: access.Property, ZH: "花园物业", EN: "Garden Property", Places: []string{"dongguan/c3"}}

func TestOrganisations(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := book(s, nil)
		for what, c := range map[string]struct {
			who  access.User
			o    organisation.Organisation
			want error
		}{
			"by a guard":         {access.User{Name: "li", Party: access.Committee, Grants: []access.Grant{{Role: access.Guard}}}, garden, access.ErrForbidden},
			"as no party":        {lead, organisation.Organisation{ID: "x", Party: "friends", ZH: "x"}, nil},
			"with a crooked id":  {lead, organisation.Organisation{ID: "X y", Party: access.Authority, ZH: "x"}, nil},
			"without a name":     {lead, organisation.Organisation{ID: "x", Party: access.Authority}, nil},
			"without its places": {lead, organisation.Organisation{ID: "x", Party: access.Property, ZH: "x"}, nil},
			"with a bad place":   {lead, organisation.Organisation{ID: "x", Party: access.Property, ZH: "x", Places: []string{"a//b"}}, nil},
		} {
			if err := b.Put(t.Context(), c.who, c.o); err == nil || (c.want != nil && !errors.Is(err, c.want)) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if err := b.Put(t.Context(), lead, garden); err != nil {
			t.Fatal(err)
		}
		other := garden
		other.Party = access.Residents
		if err := b.Put(t.Context(), lead, other); !errors.Is(err, organisation.ErrParty) {
			t.Errorf("made a residents' committee: %v", err)
		}
		all, err := b.List(t.Context())
		if err != nil || len(all) != 2 || all[0].Party != access.Committee || all[1].Places[0] != "dongguan/c3" {
			t.Errorf("%+v, %v", all, err)
		}
	})
}

// TestGrantsStayWithinTheParty: who is of a property company can be a guard at its
// own compound and nothing else, and loses it when the company goes.
func TestGrantsStayWithinTheParty(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b, p := book(s, nil), access.NewPeople(s)
		for _, o := range []organisation.Organisation{garden, {ID: "chengguan", Party: access.Authority, ZH: "城管"}, {ID: "station", Party: access.Police, ZH: "派出所"}} {
			if err := b.Put(t.Context(), lead, o); err != nil {
				t.Fatal(err)
			}
		}
		root, word := access.CommandLine("root"), access.NewPassword()
		for name, unit := range map[string]string{"wu": "garden-property", "zhang": "chengguan", "bridge": "station"} {
			if err := p.Open(t.Context(), root, access.Account{Name: name, Person: "Person " + name, Unit: unit, Password: word}); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []struct {
			g    access.Grant
			good bool
		}{
			{access.Grant{Account: "wu", Role: access.Guard, Scope: "dongguan/c3/b07"}, true},
			{access.Grant{Account: "wu", Role: access.Handler, Scope: "unit:garden-property"}, true},
			{access.Grant{Account: "wu", Role: access.Guard}, false},
			{access.Grant{Account: "wu", Role: access.Guard, Scope: "dongguan/c4"}, false},
			{access.Grant{Account: "wu", Role: access.Guard, Scope: "dongguan/c31"}, false},
			{access.Grant{Account: "wu", Role: access.DutyOfficer, Scope: "dongguan/c3"}, false},
			{access.Grant{Account: "wu", Role: access.SystemAdmin}, false},
			{access.Grant{Account: "wu", Role: access.Handler, Scope: "unit:chengguan"}, false},
			{access.Grant{Account: "zhang", Role: access.Handler, Scope: "unit:chengguan"}, true},
			{access.Grant{Account: "zhang", Role: access.Handler, Scope: "dongguan/c3"}, false},
			{access.Grant{Account: "zhang", Role: access.Handler}, false},
			{access.Grant{Account: "bridge", Role: access.PoliceBridge, Scope: "unit:station"}, true},
			{access.Grant{Account: "bridge", Role: access.Handler, Scope: "unit:station"}, false},
		} {
			_, err := p.Grant(t.Context(), root, c.g)
			if (err == nil) != c.good || (!c.good && !errors.Is(err, access.ErrExcluded)) {
				t.Errorf("%s is %s at %q: %v", c.g.Account, c.g.Role, c.g.Scope, err)
			}
		}
		if _, err := p.Login(t.Context(), "bridge", word, "10.0.0.9"); !errors.Is(err, access.ErrNoConsole) {
			t.Errorf("the police log in: %v", err)
		}
		ses, err := p.Login(t.Context(), "wu", word, "10.0.0.9")
		if err != nil || !access.May(ses.User, access.Handle, access.Object{Place: "dongguan/c3/b07/s1"}) || access.May(ses.User, access.Handle, access.Object{Place: "dongguan/c4"}) {
			t.Fatalf("%+v, %v", ses.User, err)
		}
		if err := b.End(t.Context(), lead, "garden-property"); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Session(t.Context(), ses.Token); !errors.Is(err, access.ErrCredentials) {
			t.Errorf("after the end: %v", err)
		}
		if err := p.Open(t.Context(), root, access.Account{Name: "new", Person: "New One", Unit: "garden-property", Password: word}); !errors.Is(err, access.ErrNotFound) {
			t.Errorf("opened for one that has ended: %v", err)
		}
		if err := b.End(t.Context(), lead, "community"); !errors.Is(err, access.ErrSelf) {
			t.Errorf("ended his own: %v", err)
		}
	})
}

func TestNumbersAreSealed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := book(s, keys(t, 'a'))
		c, err := b.AddContact(t.Context(), lead, organisation.Contact{Organisation: "community", Name: "王五", Post: "值班长"}, "138 0013 8000")
		if err != nil || c.Phone != "138****8000" {
			t.Fatalf("%+v, %v", c, err)
		}
		stored, err := s.Contact(t.Context(), c.ID)
		if err != nil || stored.Number == "" || strings.Contains(stored.Number, "138") && strings.Contains(stored.Number, "8000") {
			t.Errorf("stored as %q, %v", stored.Number, err)
		}
		for what, x := range map[string]struct {
			who                   access.User
			purpose, reason, want string
			keys                  organisation.Keys
			err                   error
		}{
			"with a reason":     {lead, "handle", "联系值班长", "138 0013 8000", keys(t, 'a'), nil},
			"after a new key":   {lead, "handle", "联系值班长", "138 0013 8000", keys(t, 'b', 'a'), nil},
			"without the key":   {lead, "handle", "联系值班长", "", keys(t, 'b'), organisation.ErrKey},
			"without a reason":  {lead, "", "", "", keys(t, 'a'), register.ErrReason},
			"without the right": {access.User{Name: "li", Party: access.Committee, Grants: []access.Grant{{Role: access.DutyOfficer}}}, "handle", "x", "", keys(t, 'a'), access.ErrForbidden},
		} {
			got, err := book(s, x.keys).Phone(t.Context(), x.who, c.ID, x.purpose, x.reason)
			if got != x.want || !errors.Is(err, x.err) {
				t.Errorf("%s: %q, %v", what, got, err)
			}
		}
		rows, err := s.Register(t.Context(), register.Query{Object: "contact/" + c.ID, Act: register.View, Limit: 10})
		if err != nil || len(rows) != 5 {
			t.Errorf("%d rows in the register, %v", len(rows), err)
		}
		// A number put beside another contact does not open.
		moved := stored
		moved.ID = "another"
		if err := s.AddContact(t.Context(), moved); err != nil {
			t.Fatal(err)
		}
		if got, err := b.Phone(t.Context(), lead, "another", "handle", "x"); err == nil {
			t.Errorf("a moved number opens: %q", got)
		}
		if _, err := book(s, nil).AddContact(t.Context(), lead, organisation.Contact{Organisation: "community", Name: "赵六"}, "13800138000"); !errors.Is(err, organisation.ErrKey) {
			t.Errorf("kept without a key: %v", err)
		}
	})
}

func TestWhoHasLeftIsForgotten(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := book(s, keys(t, 'a'))
		var ids []string
		for _, deputy := range []bool{false, true} {
			c, err := b.AddContact(t.Context(), lead, organisation.Contact{Organisation: "community", Name: "王五", Deputy: deputy}, "")
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, c.ID)
		}
		if err := b.Gone(t.Context(), lead, ids[1]); err != nil {
			t.Fatal(err)
		}
		if err := b.Gone(t.Context(), lead, ids[1]); !errors.Is(err, organisation.ErrNotFound) {
			t.Errorf("gone twice: %v", err)
		}
		if n, err := b.Sweep(t.Context(), 30*24*time.Hour); n != 0 || err != nil {
			t.Errorf("%d forgotten at once, %v", n, err)
		}
		all, _ := b.List(t.Context())
		contacts, err := b.Contacts(t.Context(), "community")
		if err != nil || len(contacts) != 2 {
			t.Fatal(contacts, err)
		}
		now := time.Now()
		all[0].Since = now.Add(-100 * 24 * time.Hour)
		if lacks := organisation.Lacks(all[0], contacts, now); len(lacks) != 2 || lacks[0] != "no deputy" {
			t.Errorf("lacks %q", lacks)
		}
		if err := b.Review(t.Context(), lead, "community"); err != nil {
			t.Fatal(err)
		}
		if n, err := b.Sweep(t.Context(), -time.Hour); n != 1 || err != nil { // as if an hour had passed
			t.Errorf("%d forgotten, %v", n, err)
		}
		all, _ = b.List(t.Context())
		contacts, _ = b.Contacts(t.Context(), "")
		if len(contacts) != 1 || contacts[0].ID != ids[0] || len(organisation.Lacks(all[0], contacts, now)) != 1 {
			t.Errorf("%+v lacks %q", contacts, organisation.Lacks(all[0], contacts, now))
		}
	})
}
