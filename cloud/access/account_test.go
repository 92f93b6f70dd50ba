package access_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/store"
)

// staff opens accounts of the community, each with the roles named.
func staff(t *testing.T, s *store.Store, roles map[string][]access.Role) *access.People {
	t.Helper()
	p := access.NewPeople(s)
	for name, of := range roles {
		a := access.Account{Name: name, Person: "Person " + name, Unit: access.CommunityUnit, Password: access.NewPassword()}
		if err := p.Welcome(t.Context(), access.CommandLine("root"), a, of, ""); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func user(t *testing.T, p *access.People, name string) access.User {
	t.Helper()
	all, err := p.Users(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range all {
		if u.Name == name {
			return u
		}
	}
	t.Fatalf("no user %s", name)
	return access.User{}
}

func TestWhoMayGrant(t *testing.T) {
	p := staff(t, open(t), map[string][]access.Role{"sys": {access.SystemAdmin}, "sec": {access.SecurityAdmin}, "li": nil, "han": {access.CentreLead}})
	sec := user(t, p, "sec")
	past := time.Now().Add(-time.Minute)
	for what, c := range map[string]struct {
		by   access.User
		g    access.Grant
		want error
	}{
		"a system administrator": {user(t, p, "sys"), access.Grant{Account: "li", Role: access.Guard}, access.ErrForbidden},
		"a centre lead":          {user(t, p, "han"), access.Grant{Account: "li", Role: access.Guard}, access.ErrForbidden},
		"to himself":             {sec, access.Grant{Account: "sec", Role: access.AuditAdmin}, access.ErrSelf},
		"a second administrator": {sec, access.Grant{Account: "sys", Role: access.AuditAdmin}, access.ErrExcluded},
		"case rights to one":     {sec, access.Grant{Account: "sys", Role: access.Guard}, access.ErrExcluded},
		"administration to lead": {sec, access.Grant{Account: "han", Role: access.AuditAdmin}, access.ErrExcluded},
		"the police's role":      {sec, access.Grant{Account: "li", Role: access.PoliceBridge}, access.ErrExcluded},
		"what is over":           {sec, access.Grant{Account: "li", Role: access.Guard, ValidTo: &past}, nil},
		"a crooked scope":        {sec, access.Grant{Account: "li", Role: access.Guard, Scope: "a//b"}, nil},
		"a crooked class":        {sec, access.Grant{Account: "li", Role: access.Guard, Classes: []string{"fire"}}, nil},
		"to nobody":              {sec, access.Grant{Account: "nobody", Role: access.Guard}, access.ErrNotFound},
		"what is held":           {sec, access.Grant{Account: "han", Role: access.CentreLead}, access.ErrExists},
	} {
		if _, err := p.Grant(t.Context(), c.by, c.g); err == nil || (c.want != nil && !errors.Is(err, c.want)) {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
	}
	g, err := p.Grant(t.Context(), sec, access.Grant{Account: "li", Role: access.Guard, Scope: "dongguan/c3", Classes: []string{"fire.*"}})
	if err != nil || g.GrantedBy != "sec" {
		t.Fatal(g, err)
	}
	if err := p.Revoke(t.Context(), user(t, p, "sys"), g.ID); !errors.Is(err, access.ErrForbidden) {
		t.Error(err)
	}
	if err := p.Revoke(t.Context(), sec, g.ID); err != nil {
		t.Error(err)
	}
	if err := p.Revoke(t.Context(), sec, g.ID); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("revoked twice: %v", err)
	}
	if u := user(t, p, "li"); len(u.Grants) != 1 || u.Grants[0].RevokedBy != "sec" || access.May(u, access.SeeIncidents, access.Anywhere) {
		t.Errorf("after revoking: %+v", u)
	}
}

// TestAdministratorsExcludeEachOtherAtOnce: two grants that come together cannot
// both be given.
func TestAdministratorsExcludeEachOtherAtOnce(t *testing.T) {
	p := staff(t, open(t), map[string][]access.Role{"li": nil})
	var wg sync.WaitGroup
	for _, role := range []access.Role{access.SystemAdmin, access.SecurityAdmin, access.AuditAdmin, access.Guard} {
		wg.Go(func() {
			if _, err := p.Grant(t.Context(), access.CommandLine("root"), access.Grant{Account: "li", Role: role}); err != nil && !errors.Is(err, access.ErrExcluded) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if u := user(t, p, "li"); len(u.Grants) != 1 {
		t.Errorf("holds %+v", u.Grants)
	}
}

func TestSharedAccountsAreRefused(t *testing.T) {
	p := staff(t, open(t), map[string][]access.Role{"li": nil})
	root := access.CommandLine("root")
	word := access.NewPassword()
	for what, c := range map[string]struct {
		a    access.Account
		want error
	}{
		"nobody's name":     {access.Account{Name: "x", Person: "", Unit: access.CommunityUnit, Password: word}, access.ErrShared},
		"a post":            {access.Account{Name: "x", Person: "值班室", Unit: access.CommunityUnit, Password: word}, access.ErrShared},
		"everybody":         {access.Account{Name: "x", Person: "Everyone", Unit: access.CommunityUnit, Password: word}, access.ErrShared},
		"no unit":           {access.Account{Name: "x", Person: "韩梅梅", Password: word}, access.ErrShared},
		"an unknown unit":   {access.Account{Name: "x", Person: "韩梅梅", Unit: "nowhere", Password: word}, access.ErrNotFound},
		"a person's second": {access.Account{Name: "x", Person: "Person li", Unit: access.CommunityUnit, Password: word}, access.ErrExists},
	} {
		if err := p.Open(t.Context(), root, c.a); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
	}
	if err := p.Open(t.Context(), user(t, p, "li"), access.Account{Name: "x", Person: "韩梅梅", Unit: access.CommunityUnit, Password: word}); !errors.Is(err, access.ErrForbidden) {
		t.Errorf("opened by who may not: %v", err)
	}
}

// TestClosing: who has left comes in no more, not even with the session he has.
func TestClosing(t *testing.T) {
	p := access.NewPeople(open(t))
	word := access.NewPassword()
	if err := p.Add(t.Context(), "li", access.Guard, word); err != nil {
		t.Fatal(err)
	}
	s, err := p.Login(t.Context(), "li", word, "10.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Close(t.Context(), access.CommandLine("root"), "li"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Session(t.Context(), s.Token); !errors.Is(err, access.ErrCredentials) {
		t.Errorf("the session: %v", err)
	}
	if _, err := p.Login(t.Context(), "li", word, "10.0.0.1"); !errors.Is(err, access.ErrCredentials) {
		t.Errorf("the login: %v", err)
	}
	if u := user(t, p, "li"); u.Closed == nil || access.May(u, access.SeeIncidents, access.Anywhere) {
		t.Errorf("%+v", u)
	}
	if err := p.Add(t.Context(), "li", access.Guard, word); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Login(t.Context(), "li", word, "10.0.0.1"); err != nil {
		t.Errorf("let in again: %v", err)
	}
}
