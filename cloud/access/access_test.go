package access_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"eastgate/cloud/access"
	"eastgate/cloud/store"
	"eastgate/cloud/store/storetest"
)

func TestMain(m *testing.M) {
	defer storetest.Stop()
	m.Run()
}

func open(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), storetest.Address(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestPeople(t *testing.T) {
	p := access.NewPeople(open(t))
	word := access.NewPassword()
	for name, err := range map[string]error{
		"bad name":       p.Add(t.Context(), "Li Lei", access.Guard, word),
		"bad role":       p.Add(t.Context(), "li", "king", word),
		"short password": p.Add(t.Context(), "li", access.Guard, "short"),
	} {
		if err == nil || strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := p.Add(t.Context(), "li", access.Guard, word); err != nil {
		t.Fatal(err)
	}
	s, err := p.Login(t.Context(), "li", word, "10.0.0.1")
	if err != nil || s.User.Name != "li" || s.User.Unit != access.CommunityUnit || s.User.Party != access.Committee || s.Token == "" || s.CSRF == "" {
		t.Fatalf("login: %+v, %v", s, err)
	}
	if roles := access.ActorFor(s.User, access.Anywhere).Roles; !slices.Equal(roles, []access.Role{access.Guard, access.DutyOfficer}) {
		t.Errorf("a guard is %v", roles)
	}
	back, err := p.Session(t.Context(), s.Token)
	if err != nil || !reflect.DeepEqual(back.User, s.User) || back.CSRF != s.CSRF {
		t.Errorf("session: %+v, %v", back, err)
	}
	if err := p.Logout(t.Context(), s.Token); err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{s.Token, "", "guess"} {
		if _, err := p.Session(t.Context(), token); !errors.Is(err, access.ErrCredentials) {
			t.Errorf("token %q: %v", token, err)
		}
	}
}

func TestLockout(t *testing.T) {
	p := access.NewPeople(open(t))
	word := access.NewPassword()
	if err := p.Add(t.Context(), "li", access.Guard, word); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		for _, name := range []string{"li", "nobody"} {
			if _, err := p.Login(t.Context(), name, "wrong", "10.0.0.1"); !errors.Is(err, access.ErrCredentials) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	for _, name := range []string{"li", "nobody"} {
		if _, err := p.Login(t.Context(), name, word, "10.0.0.1"); !errors.Is(err, access.ErrLocked) {
			t.Errorf("%s after five wrong ones: %v", name, err)
		}
	}
}

func TestBoxes(t *testing.T) {
	b := access.NewBoxes(open(t))
	word, err := b.Enrol(t.Context(), "garden", "gate-1")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Check(t.Context(), "garden", "gate-1", word); err != nil {
		t.Error(err)
	}
	for _, c := range [][3]string{{"garden", "gate-1", "guess"}, {"garden", "gate-2", word}, {"other", "gate-1", word}} {
		if err := b.Check(t.Context(), c[0], c[1], c[2]); !errors.Is(err, access.ErrCredentials) {
			t.Errorf("%v: %v", c, err)
		}
	}
	again, err := b.Enrol(t.Context(), "garden", "gate-1")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Check(t.Context(), "garden", "gate-1", word); !errors.Is(err, access.ErrCredentials) {
		t.Errorf("the old secret still holds: %v", err)
	}
	if err := b.Revoke(t.Context(), "garden", "gate-1"); err != nil {
		t.Fatal(err)
	}
	if err := b.Check(t.Context(), "garden", "gate-1", again); !errors.Is(err, access.ErrCredentials) {
		t.Errorf("revoked, and comes in: %v", err)
	}
	if err := b.Revoke(t.Context(), "garden", "gate-9"); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("an unknown box: %v", err)
	}
	list, err := b.List(t.Context())
	if err != nil || len(list) != 1 || list[0].Revoked == nil {
		t.Errorf("list: %+v, %v", list, err)
	}
}
