package access_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"eastgate/cloud/access"
	"eastgate/shared/secret"
)

// seen collects the rows that would be written.
type seen struct{ rows []string }

func (s *seen) add(who access.User, what string, refused error) {
	if refused != nil {
		what += "!"
	}
	s.rows = append(s.rows, who.Name+" "+what)
}

func (s *seen) Login(_ ctx, who access.User, _, how string, refused error) error {
	s.add(who, how, refused)
	return nil
}

func (s *seen) Record(_ ctx, by access.User, object, what string, refused error) error {
	s.add(by, what+" "+object, refused)
	return nil
}

// sealed are people who can have second factors, and their clock.
func sealed(t *testing.T) (*access.People, *time.Time, *seen) {
	t.Helper()
	key, err := secret.KeyFile(t.TempDir() + "/key")
	if err != nil {
		t.Fatal(err)
	}
	s, err := secret.NewSealer(key)
	if err != nil {
		t.Fatal(err)
	}
	now, rows := time.Now(), &seen{}
	p := access.NewPeople(open(t)).SealWith(s).RecordIn(rows)
	p.ByClock(func() time.Time { return now })
	return p, &now, rows
}

func in(t *testing.T, p *access.People, name, word string) access.Session {
	t.Helper()
	s, err := p.Login(t.Context(), name, word, "10.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func again(t *testing.T, p *access.People, token string) access.Session {
	t.Helper()
	s, err := p.Session(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	s.Token = token
	return s
}

func code(t *testing.T, seed string, at time.Time) string {
	t.Helper()
	c, err := access.Code(seed, at)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestTOTPIsThatOfTheRFC has the numbers of RFC 6238 appendix B, cut to six digits.
func TestTOTPIsThatOfTheRFC(t *testing.T) {
	const seed = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" // "12345678901234567890"
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		if got := code(t, seed, time.Unix(at, 0)); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
	}
}

// TestAnAdministratorsFirstLogin leads through the factor: before it, the session is
// half open; a code counts once; the token is another one afterwards.
func TestAnAdministratorsFirstLogin(t *testing.T) {
	p, now, rows := sealed(t)
	word := access.NewPassword()
	if err := p.Add(t.Context(), "root", access.SystemAdmin, word); err != nil {
		t.Fatal(err)
	}
	s := in(t, p, "root", word)
	if !s.Half(*now) || s.Fresh(*now) {
		t.Errorf("%+v", s)
	}
	o, err := p.OfferTOTP(t.Context(), s, "my phone")
	if err != nil || !strings.HasPrefix(o.URI, "otpauth://totp/Eastgate:root?") || !strings.Contains(o.URI, o.Seed) {
		t.Fatalf("%+v %v", o, err)
	}
	if _, err := p.Pass(t.Context(), s, s.Token, access.Shown{Code: "000000"}, "10.0.0.1"); !errors.Is(err, access.ErrCode) {
		t.Errorf("a guess: %v", err)
	}
	passed, err := p.Pass(t.Context(), s, s.Token, access.Shown{Code: code(t, o.Seed, *now)}, "10.0.0.1")
	if err != nil || len(passed.Recovery) != 10 || passed.Token == s.Token || passed.CSRF != s.CSRF {
		t.Fatalf("%+v %v", passed, err)
	}
	if s = again(t, p, passed.Token); s.Half(*now) || !s.Fresh(*now) || s.User.Factors != 1 {
		t.Errorf("%+v", s)
	}
	if _, err := p.Pass(t.Context(), s, s.Token, access.Shown{Code: code(t, o.Seed, *now)}, "10.0.0.1"); !errors.Is(err, access.ErrCode) {
		t.Errorf("the same code again: %v", err)
	}
	*now = now.Add(access.SecondLife)
	if s.Fresh(*now) || s.Half(*now) {
		t.Error("ten minutes later it is still fresh, or the session is half open again")
	}
	first, err := p.Pass(t.Context(), s, s.Token, access.Shown{Code: strings.ToUpper(passed.Recovery[0])}, "10.0.0.1")
	if err != nil || !first.Fresh(*now) {
		t.Fatalf("a recovery code: %v", err)
	}
	if _, err := p.Pass(t.Context(), first.Session, first.Token, access.Shown{Code: passed.Recovery[0]}, "10.0.0.1"); !errors.Is(err, access.ErrCode) {
		t.Errorf("a recovery code twice: %v", err)
	}
	if _, left, err := p.Factors(t.Context(), first.Session); err != nil || left != 9 {
		t.Errorf("%d codes are left, %v", left, err)
	}
	if got := strings.Join(rows.rows, "; "); !strings.Contains(got, "root password; root second factor!; root second factor: totp my phone, the first") {
		t.Errorf("rows: %s", got)
	}
}

// TestAStolenPasswordMakesNoFactor: who has a factor shows it before there is another.
func TestAStolenPasswordMakesNoFactor(t *testing.T) {
	p, now, _ := sealed(t)
	word := access.NewPassword()
	if err := p.Add(t.Context(), "li", access.Guard, word); err != nil {
		t.Fatal(err)
	}
	if _, err := p.GiveTOTP(t.Context(), access.User{Name: "wang"}, "li"); !errors.Is(err, access.ErrForbidden) {
		t.Errorf("anybody gives factors: %v", err)
	}
	o, err := p.GiveTOTP(t.Context(), access.CommandLine("test"), "li")
	if err != nil {
		t.Fatal(err)
	}
	s := in(t, p, "li", word)
	if !s.Half(*now) {
		t.Error("a guard with a factor is not asked for it")
	}
	if _, err := p.OfferTOTP(t.Context(), s, ""); !errors.Is(err, access.ErrSecond) {
		t.Errorf("another factor without the first: %v", err)
	}
	if _, err := p.NewRecovery(t.Context(), s); !errors.Is(err, access.ErrSecond) {
		t.Errorf("recovery codes without it: %v", err)
	}
	for range 5 {
		if _, err := p.Pass(t.Context(), s, s.Token, access.Shown{Code: "000000"}, "10.0.0.1"); !errors.Is(err, access.ErrCode) {
			t.Fatal(err)
		}
	}
	if _, err := p.Pass(t.Context(), s, s.Token, access.Shown{Code: code(t, o.Seed, *now)}, "10.0.0.1"); !errors.Is(err, access.ErrLocked) {
		t.Errorf("the sixth guess: %v", err)
	}
	*now = now.Add(6 * time.Minute)
	if _, err := p.Pass(t.Context(), s, s.Token, access.Shown{Code: code(t, o.Seed, *now)}, "10.0.0.1"); err != nil {
		t.Errorf("after the lock: %v", err)
	}
}

// TestALostFactorIsResetByAnother: by the security administrator, for somebody else.
func TestALostFactorIsResetByAnother(t *testing.T) {
	p, now, rows := sealed(t)
	words := map[string]string{}
	for name, role := range map[string]access.Role{"sec": access.SecurityAdmin, "sys": access.SystemAdmin} {
		words[name] = access.NewPassword()
		if err := p.Add(t.Context(), name, role, words[name]); err != nil {
			t.Fatal(err)
		}
		if _, err := p.GiveTOTP(t.Context(), access.CommandLine("test"), name); err != nil {
			t.Fatal(err)
		}
	}
	sec, sys := in(t, p, "sec", words["sec"]), in(t, p, "sys", words["sys"])
	if err := p.ResetFactors(t.Context(), sys.User, "sec"); !errors.Is(err, access.ErrForbidden) {
		t.Errorf("by the system administrator: %v", err)
	}
	if err := p.ResetFactors(t.Context(), sec.User, "sec"); !errors.Is(err, access.ErrSelf) {
		t.Errorf("one's own: %v", err)
	}
	if err := p.ResetFactors(t.Context(), sec.User, "nobody"); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("nobody's: %v", err)
	}
	if err := p.ResetFactors(t.Context(), sec.User, "sys"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Session(t.Context(), sys.Token); !errors.Is(err, access.ErrCredentials) {
		t.Errorf("the session from before: %v", err)
	}
	if s := in(t, p, "sys", words["sys"]); s.User.Factors != 0 || !s.Half(*now) {
		t.Errorf("%+v", s)
	}
	if got := strings.Join(rows.rows, "; "); !strings.Contains(got, "sec reset second factors account/sys") || !strings.Contains(got, "sec reset second factors account/sec!") {
		t.Errorf("rows: %s", got)
	}
}

// TestNobodyHoldsTwoOfTheThree, not even when the check is gone round: the database
// refuses it too.
func TestNobodyHoldsTwoOfTheThree(t *testing.T) {
	db := open(t)
	p := access.NewPeople(db)
	roles := []access.Role{access.SystemAdmin, access.SecurityAdmin, access.AuditAdmin}
	for _, first := range roles {
		name := "one-" + strings.ReplaceAll(string(first), "_", "-")
		if err := p.Add(t.Context(), name, first, access.NewPassword()); err != nil {
			t.Fatal(err)
		}
		for _, second := range roles {
			if second == first {
				continue
			}
			if _, err := p.Grant(t.Context(), access.CommandLine("test"), access.Grant{Account: name, Role: second}); !errors.Is(err, access.ErrExcluded) {
				t.Errorf("%s and %s: %v", first, second, err)
			}
			g := access.Grant{ID: name + string(second), Account: name, Role: second, GrantedBy: "somebody", GrantedAt: time.Now()}
			if err := db.AddGrant(t.Context(), g, func(access.User) error { return nil }); err == nil {
				t.Errorf("the database takes %s beside %s", second, first)
			}
		}
	}
}
