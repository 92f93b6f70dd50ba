package access_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"eastgate/cloud/access"
)

type ctx = context.Context

func TestSessionsEndByThemselves(t *testing.T) {
	p, now, _ := sealed(t)
	word := access.NewPassword()
	if err := p.Add(t.Context(), "li", access.Guard, word); err != nil {
		t.Fatal(err)
	}
	s := in(t, p, "li", word)
	for range 10 { // in use, it goes on
		*now = now.Add(29 * time.Minute)
		again(t, p, s.Token)
	}
	*now = now.Add(31 * time.Minute)
	if _, err := p.Session(t.Context(), s.Token); !errors.Is(err, access.ErrCredentials) {
		t.Errorf("half an hour after anybody was there: %v", err)
	}
	s = in(t, p, "li", word)
	for passed := time.Duration(0); passed < 12*time.Hour; passed += 20 * time.Minute {
		again(t, p, s.Token)
		*now = now.Add(20 * time.Minute)
	}
	*now = now.Add(time.Second)
	if _, err := p.Session(t.Context(), s.Token); !errors.Is(err, access.ErrCredentials) {
		t.Errorf("after more than a shift: %v", err)
	}
}

func TestOwnSessionsAreListedAndEnded(t *testing.T) {
	p, _, _ := sealed(t)
	word := access.NewPassword()
	for _, name := range []string{"li", "wang"} {
		if err := p.Add(t.Context(), name, access.Guard, word); err != nil {
			t.Fatal(err)
		}
	}
	desk, err := p.Enter(t.Context(), access.Attempt{Name: "li", Password: word, Address: "10.0.0.1", Agent: "Firefox" + strings.Repeat("界", 200)})
	if err != nil {
		t.Fatal(err)
	}
	phone, other := in(t, p, "li", word), in(t, p, "wang", word)
	list, err := p.Mine(t.Context(), desk)
	if err != nil || len(list) != 2 || list[0].Token != "" || list[1].Address != "10.0.0.1" || len(list[0].ID) != 16 {
		t.Fatalf("%+v %v", list, err)
	}
	if err := p.EndMine(t.Context(), desk, other.ID); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("somebody else's: %v", err)
	}
	if err := p.EndMine(t.Context(), desk, phone.ID); err != nil {
		t.Error(err)
	}
	third := in(t, p, "li", word)
	if err := p.EndMine(t.Context(), again(t, p, desk.Token), ""); err != nil {
		t.Error(err)
	}
	for name, token := range map[string]string{"ended": phone.Token, "ended with all others": third.Token} {
		if _, err := p.Session(t.Context(), token); !errors.Is(err, access.ErrCredentials) {
			t.Errorf("%s: %v", name, err)
		}
	}
	again(t, p, desk.Token)
	again(t, p, other.Token)
}

// TestWhoBeginsToAdministerLogsInAgain: a session from before does not grow.
func TestWhoBeginsToAdministerLogsInAgain(t *testing.T) {
	p, _, _ := sealed(t)
	word := access.NewPassword()
	by := access.CommandLine("test")
	if err := p.Open(t.Context(), by, access.Account{Name: "li", Person: "Li Lei", Unit: access.CommunityUnit, Password: word}); err != nil {
		t.Fatal(err)
	}
	s := in(t, p, "li", word)
	g, err := p.Grant(t.Context(), by, access.Grant{Account: "li", Role: access.AuditAdmin})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Session(t.Context(), s.Token); !errors.Is(err, access.ErrCredentials) {
		t.Errorf("granted: %v", err)
	}
	s = in(t, p, "li", word)
	if err := p.Revoke(t.Context(), by, g.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Session(t.Context(), s.Token); !errors.Is(err, access.ErrCredentials) {
		t.Errorf("revoked: %v", err)
	}
}

func TestPasswordsThatAreRefused(t *testing.T) {
	p := access.NewPeople(open(t))
	for why, word := range map[string]string{
		"short": "q7x-mm2-p4k", "of every list": "password1234", "along the keyboard": "qwertyuiop12", "one letter": "aaaaaaaaaaaaaaaa", "the name": "the-liuyang-of-old",
		"a list with decorations": "P@ssw0rd!2024", "the site": "eastgate-2026", "endless": strings.Repeat("x7Qp", 300),
	} {
		err := p.Add(t.Context(), "liuyang", access.Guard, word)
		if !errors.Is(err, access.ErrInvalid) || strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v", why, err)
		}
	}
	for _, word := range []string{"correct-horse", "battery-staple", "石榴 火车 月亮 旧账本 十二月", access.NewPassword()} {
		if err := p.Add(t.Context(), "liuyang", access.Guard, word); err != nil {
			t.Errorf("%v", err)
		}
	}
	made := map[string]bool{}
	for range 50 {
		made[access.NewPassword()] = true
	}
	if len(made) != 50 {
		t.Error("passwords repeat")
	}
}

// TestNobodyIsLockedOutForGood: who guesses at a name from many addresses locks the name
// for them, not for where its person comes from.
func TestNobodyIsLockedOutForGood(t *testing.T) {
	p, _, rows := sealed(t)
	word := access.NewPassword()
	if err := p.Add(t.Context(), "root", access.SystemAdmin, word); err != nil {
		t.Fatal(err)
	}
	in(t, p, "root", word) // from 10.0.0.1
	for n := range 20 {
		p.Login(t.Context(), "root", "wrong", fmt.Sprint("192.0.2.", n)) //nolint:errcheck // they are wrong
	}
	if _, err := p.Login(t.Context(), "root", word, "192.0.2.99"); !errors.Is(err, access.ErrLocked) {
		t.Errorf("from another place: %v", err)
	}
	in(t, p, "root", word)
	locks := 0
	for _, row := range rows.rows {
		if strings.Contains(row, "locked for") {
			locks++
		}
	}
	if locks != 1 {
		t.Errorf("%d rows say that it is locked: want one\n%q", locks, rows.rows)
	}
}

// TestGuessesTakeNoRoom: names that nobody has fill no memory.
func TestGuessesTakeNoRoom(t *testing.T) {
	if n := access.RememberedAfter(30_000); n > 10_000 {
		t.Errorf("%d are remembered", n)
	}
}

// TestAnUnknownNameIsNotWrittenDown: people type their password into the wrong field.
func TestAnUnknownNameIsNotWrittenDown(t *testing.T) {
	p, _, rows := sealed(t)
	if _, err := p.Login(t.Context(), "my-own-password", "li", "10.0.0.1"); !errors.Is(err, access.ErrCredentials) {
		t.Fatal(err)
	}
	if got := strings.Join(rows.rows, "; "); got != "nobody password!" {
		t.Errorf("rows: %s", got)
	}
}
