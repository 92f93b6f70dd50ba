package access

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"eastgate/shared/event"
)

// AccountStore keeps accounts and what they are granted.
type AccountStore interface {
	// Users returns all accounts, closed ones too, with all their grants.
	Users(ctx context.Context) ([]User, error)
	// SetPassword gives a person another password, ends his other sessions and says
	// whether somebody else made it; ErrNotFound for an unknown or closed name.
	SetPassword(ctx context.Context, name, passwordHash, keepSession string, fresh bool) error
	// EndSessions ends all sessions of a person.
	EndSessions(ctx context.Context, name string) error
	// ClosePerson lets a person in no more: sessions and grants end.
	ClosePerson(ctx context.Context, name, by string, at time.Time) error
	// AddGrant writes a grant if check agrees, which is told who would hold it. Both
	// are one transaction, so that two grants at once cannot go round it.
	AddGrant(ctx context.Context, g Grant, check func(User) error) error
	// RevokeGrant ends a grant that is in force if check agrees.
	RevokeGrant(ctx context.Context, id, by string, at time.Time, check func(Grant) error) error
}

// CommandLine is who types commands on the cloud's own machine: somebody who could
// write the database anyway. It makes the first accounts and grants; its name stands
// beside them.
func CommandLine(login string) User {
	return User{Name: typed + login, Party: Committee, Grants: []Grant{{Role: SystemAdmin}, {Role: SecurityAdmin}}}
}

// typed begins the name of who types commands; no account's name has such a sign.
const typed = "command:"

func (u User) typed() bool { return strings.HasPrefix(u.Name, typed) }

// CommunityUnit is the organisation that is there from the beginning.
const CommunityUnit = "community"

// An Account is what is told of a person to let him in.
type Account struct {
	Name     string // to log in with
	Person   string // the person's own name
	Unit     string // the organisation, which must be known
	Password string
	Made     bool // the password was made for the person, who is to choose another
}

// shared are names that are no person's: such accounts are refused, for nobody could
// be asked who used them. Chinese ones count within a name too.
var (
	shared   = []string{"shared", "public", "team", "office", "everyone", "guest", "user", "staff"}
	sharedZH = []string{"公用", "共享", "公共", "大家", "值班", "前台", "保安室", "办公室", "管理员", "测试", "中心"}
)

func noPerson(name string) bool {
	return slices.Contains(shared, strings.ToLower(name)) ||
		slices.ContainsFunc(sharedZH, func(w string) bool { return strings.Contains(name, w) })
}

func (a Account) validate() error {
	person := strings.TrimSpace(a.Person)
	switch n := utf8.RuneCountInString(person); {
	case !event.ValidName(a.Name):
		return fmt.Errorf("user %q: a name has %s", a.Name, event.NameRule)
	case n < 2 || n > 40:
		return fmt.Errorf("user %s: %w: person %q has not 2 to 40 characters", a.Name, ErrShared, person)
	case !event.ValidName(a.Unit):
		return fmt.Errorf("user %s: %w: unit %q is no organisation's id", a.Name, ErrShared, a.Unit)
	}
	if err := fitPassword(a.Password, a.Name, person); err != nil {
		return fmt.Errorf("user %s: %w", a.Name, err)
	}
	if noPerson(person) {
		return fmt.Errorf("user %s: %w: %q is a place or a post", a.Name, ErrShared, person)
	}
	return nil
}

// A Recorder keeps what was done to accounts and grants, and what was refused.
type Recorder interface {
	Record(ctx context.Context, by User, object, what string, refused error) error
}

// A Registrar keeps besides who came in.
type Registrar interface {
	Recorder
	// Login is told who came in, or did not, how and where from.
	Login(ctx context.Context, who User, from, how string, refused error) error
}

// RecordIn has all that is done to accounts and grants from now on, and every login,
// written down.
func (p *People) RecordIn(r Registrar) *People {
	p.recorder = r
	return p
}

// record writes an outcome down; what cannot be written down is an error as well.
func (p *People) record(ctx context.Context, by User, object, what string, outcome error) error {
	if outcome != nil {
		outcome = fmt.Errorf("%s %s: %w", what, object, outcome)
	}
	if p.recorder == nil {
		return outcome
	}
	return errors.Join(outcome, p.recorder.Record(ctx, by, object, what, outcome))
}

// Open makes an account, or gives one that is there a new password. It holds
// nothing until it is granted something.
func (p *People) Open(ctx context.Context, by User, a Account) error {
	err := a.validate()
	if err != nil {
		err = fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if !May(by, ManageAccounts, Anywhere) {
		err = ErrForbidden
	}
	if err == nil {
		u := User{Name: a.Name, Person: strings.TrimSpace(a.Person), Unit: a.Unit, Fresh: a.Made}
		err = p.store.AddPerson(ctx, u, hashPassword(a.Password))
	}
	return p.record(ctx, by, "account/"+a.Name, "open for "+a.Unit, err)
}

// Close lets a person in no more; what he did stays under his name.
func (p *People) Close(ctx context.Context, by User, name string) error {
	var err error
	switch {
	case !May(by, ManageAccounts, Anywhere):
		err = ErrForbidden
	case by.Name == name:
		err = ErrSelf
	default:
		err = p.store.ClosePerson(ctx, name, by.Name, time.Now().UTC())
	}
	return p.record(ctx, by, "account/"+name, "close", err)
}

// Reset gives somebody else a new password, which is told only now, and ends his
// sessions.
func (p *People) Reset(ctx context.Context, by User, name string) (password string, err error) {
	password = NewPassword()
	switch {
	case !May(by, ManageAccounts, Anywhere):
		err = ErrForbidden
	case by.Name == name:
		err = ErrSelf // one's own is changed with the old one
	default:
		err = p.store.SetPassword(ctx, name, hashPassword(password), "", true)
	}
	return password, p.record(ctx, by, "account/"+name, "reset", err)
}

// EndSessions has somebody log in again everywhere.
func (p *People) EndSessions(ctx context.Context, by User, name string) error {
	err := ErrForbidden
	if May(by, ManageAccounts, Anywhere) {
		err = p.store.EndSessions(ctx, name)
	}
	return p.record(ctx, by, "account/"+name, "end sessions", err)
}

// ChangePassword gives the holder of a session a password of his own making. His
// other sessions end.
func (p *People) ChangePassword(ctx context.Context, s Session, token, from, old, password string) error {
	name := s.User.Name
	if p.tries.locked(name, from) {
		return ErrLocked
	}
	_, hash, err := p.store.Person(ctx, name)
	if err != nil {
		return err
	}
	switch {
	case !checkPassword(hash, old):
		p.tries.failed(name, from)
		err = ErrCredentials
	case old == password:
		err = fmt.Errorf("%w: the new password is the old one", ErrInvalid)
	default:
		if err = fitPassword(password, name, s.User.Person); err != nil {
			err = fmt.Errorf("%w: %w", ErrInvalid, err)
		} else {
			err = p.store.SetPassword(ctx, name, hashPassword(password), fingerprint(token), false)
		}
	}
	return p.record(ctx, s.User, "account/"+name, "change password", err)
}

// Users returns all accounts with their grants, past ones too.
func (p *People) Users(ctx context.Context) ([]User, error) { return p.store.Users(ctx) }

// Grant gives a role to another person. What it lacks, its id and who and when, is
// filled in.
func (p *People) Grant(ctx context.Context, by User, g Grant) (Grant, error) {
	g.ID, g.GrantedBy, g.GrantedAt = event.NewID(), by.Name, time.Now().UTC().Truncate(time.Millisecond)
	g.RevokedBy, g.RevokedAt = "", nil
	err := g.Validate(g.GrantedAt)
	if err != nil {
		err = fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if !May(by, ManageGrants, Anywhere) {
		err = ErrForbidden
	}
	if err == nil {
		err = p.store.AddGrant(ctx, g, func(to User) error { return fits(by, to, g) })
	}
	if err == nil && g.Role.Administers() { // who begins to administer begins with a login
		err = p.store.EndSessions(ctx, g.Account)
	}
	return g, p.record(ctx, by, "account/"+g.Account, fmt.Sprintf("grant %s at %q %v", g.Role, g.Scope, g.Classes), err)
}

// Revoke ends a grant.
func (p *People) Revoke(ctx context.Context, by User, id string) error {
	err := ErrForbidden
	var ended Grant
	if May(by, ManageGrants, Anywhere) {
		err = p.store.RevokeGrant(ctx, id, by.Name, time.Now().UTC(), func(g Grant) error {
			if ended = g; g.Account == by.Name {
				return ErrSelf // or the last security administrator locks all out
			}
			return nil
		})
	}
	if err == nil && ended.Role.Administers() {
		err = p.store.EndSessions(ctx, ended.Account)
	}
	return p.record(ctx, by, "grant/"+id, "revoke", err)
}

// RolesOf returns what a word of the command line stands for: guard is guard and
// duty officer, admin is the system administrator, any other the role of that name.
func RolesOf(word string) ([]Role, error) {
	switch r := Role(word); {
	case r == Guard:
		return []Role{Guard, DutyOfficer}, nil
	case word == "admin":
		return []Role{SystemAdmin}, nil
	case r.Known():
		return []Role{r}, nil
	}
	return nil, fmt.Errorf("role %q: guard, admin or one of %v", word, Roles)
}

// Welcome opens an account and gives it roles. Where the person is known, the
// password is changed and what is missing is granted.
func (p *People) Welcome(ctx context.Context, by User, a Account, roles []Role, scope string) error {
	if err := p.Open(ctx, by, a); err != nil {
		return err
	}
	for _, r := range roles {
		if _, err := p.Grant(ctx, by, Grant{Account: a.Name, Role: r, Scope: scope}); err != nil && !errors.Is(err, ErrExists) {
			return err
		}
	}
	return nil
}

// Add lets a person of the community in, by the command line's right, with what a
// word stands for (RolesOf) everywhere.
func (p *People) Add(ctx context.Context, name string, word Role, password string) error {
	roles, err := RolesOf(string(word))
	if err != nil {
		return fmt.Errorf("user %s: %w", name, err)
	}
	return p.Welcome(ctx, CommandLine("setup"), Account{Name: name, Person: name, Unit: CommunityUnit, Password: password}, roles, "")
}
