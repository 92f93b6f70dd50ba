package app

import (
	"context"
	"fmt"
	"os"
	"os/user"
	"strings"
	"time"

	"eastgate/cloud/access"
)

// typist is who types the commands.
func typist() access.User {
	if u, err := user.Current(); err == nil {
		return access.CommandLine(u.Username)
	}
	return access.CommandLine("unknown")
}

func (c Console) userAdd(ctx context.Context, args []string) error {
	flags, path := c.flags("user add")
	role := flags.String("role", "", "a role; guard is guard and duty officer, and what the community's people get by default")
	person := flags.String("person", "", "the person's own name")
	unit := flags.String("unit", access.CommunityUnit, "the person's organisation")
	scope := flags.String("scope", "", "where the role holds: a path, or unit:ID")
	from := flags.String("password-file", "", "read the password from the first line of this `file`")
	if err := flags.Parse(args); err != nil || flags.NArg() != 1 {
		fmt.Fprint(c.Err, Usage)
		return ErrUsage
	}
	a := access.Account{Name: flags.Arg(0), Person: *person, Unit: *unit, Password: access.NewPassword(), Made: true}
	if a.Person == "" {
		a.Person = a.Name
	}
	if *from != "" {
		word, err := firstLine(*from)
		if err != nil {
			return err
		}
		a.Password, a.Made = word, false
	}
	if *role == "" && a.Unit == access.CommunityUnit {
		*role = string(access.Guard)
	}
	return c.withCloud(ctx, *path, func(people *access.People, _ *access.Boxes) error {
		var roles []access.Role
		if *role != "" {
			var err error
			if roles, err = access.RolesOf(*role); err != nil {
				return err
			}
			if a.Unit != access.CommunityUnit {
				roles = roles[:1] // a partner's guard is no duty officer
			}
		}
		if err := people.Welcome(ctx, typist(), a, roles, *scope); err != nil {
			return err
		}
		if *from != "" {
			_, err := fmt.Fprintf(c.Out, "user %s (%s) may come in\n", a.Name, *role)
			return err
		}
		_, err := fmt.Fprintf(c.Out, "user %s (%s), first password: %s\n", a.Name, *role, a.Password)
		return err
	})
}

func firstLine(file string) (string, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read first line: %w", err)
	}
	line, _, _ := strings.Cut(string(b), "\n")
	return strings.TrimSpace(line), nil
}

func (c Console) userGrant(ctx context.Context, args []string) error {
	flags, path := c.flags("user grant")
	role := flags.String("role", "", "one of the roles")
	scope := flags.String("scope", "", "where it holds: a path as dongguan/c3, or unit:ID; everywhere without")
	classes := flags.String("classes", "", "the classes it holds for, as fire.*,parking.motor; all without")
	until := flags.String("until", "", "the last `day` it holds, as 2026-12-31")
	if err := flags.Parse(args); err != nil || flags.NArg() != 1 {
		fmt.Fprint(c.Err, Usage)
		return ErrUsage
	}
	g := access.Grant{Account: flags.Arg(0), Role: access.Role(*role), Scope: *scope}
	if *classes != "" {
		g.Classes = strings.Split(*classes, ",")
	}
	if *until != "" {
		day, err := time.ParseInLocation(time.DateOnly, *until, time.Local)
		if err != nil {
			return fmt.Errorf("-until %q: want a day as 2026-12-31", *until)
		}
		end := day.AddDate(0, 0, 1)
		g.ValidTo = &end
	}
	return c.withCloud(ctx, *path, func(people *access.People, _ *access.Boxes) error {
		g, err := people.Grant(ctx, typist(), g)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(c.Out, "grant %s: %s\n", g.ID, sayGrant(g))
		return err
	})
}

func (c Console) userRevoke(ctx context.Context, args []string) error {
	return c.onOne(ctx, "user revoke", args, "grant %s holds no more\n", (*access.People).Revoke)
}

func (c Console) userClose(ctx context.Context, args []string) error {
	return c.onOne(ctx, "user close", args, "user %s may not come in any more\n", (*access.People).Close)
}

// onOne does something to the one thing that is named.
func (c Console) onOne(ctx context.Context, name string, args []string, done string, do func(*access.People, context.Context, access.User, string) error) error {
	flags, path := c.flags(name)
	if err := flags.Parse(args); err != nil || flags.NArg() != 1 {
		fmt.Fprint(c.Err, Usage)
		return ErrUsage
	}
	return c.withCloud(ctx, *path, func(people *access.People, _ *access.Boxes) error {
		if err := do(people, ctx, typist(), flags.Arg(0)); err != nil {
			return err
		}
		_, err := fmt.Fprintf(c.Out, done, flags.Arg(0))
		return err
	})
}

func (c Console) userList(ctx context.Context, args []string) error {
	flags, path := c.flags("user list")
	if err := flags.Parse(args); err != nil {
		return ErrUsage
	}
	return c.withCloud(ctx, *path, func(people *access.People, _ *access.Boxes) error {
		all, err := people.Users(ctx)
		if err != nil {
			return err
		}
		for _, u := range all {
			state := "may come in"
			if u.Closed != nil {
				state = "closed " + u.Closed.Local().Format(time.DateOnly)
			}
			fmt.Fprintf(c.Out, "%s\t%s\t%s\t%s\n", u.Name, u.Person, u.Unit, state)
			for _, g := range u.Grants {
				fmt.Fprintf(c.Out, "  %s\t%s\n", g.ID, sayGrant(g))
			}
		}
		return nil
	})
}

// sayGrant tells a grant in a line.
func sayGrant(g access.Grant) string {
	where := g.Scope
	if where == "" {
		where = "everywhere"
	}
	said := string(g.Role) + " at " + where
	if len(g.Classes) > 0 {
		said += " for " + strings.Join(g.Classes, ",")
	}
	if g.ValidTo != nil {
		said += " until " + g.ValidTo.Local().Format("2006-01-02 15:04")
	}
	said += ", by " + g.GrantedBy
	if g.RevokedAt != nil {
		said += "; revoked " + g.RevokedAt.Local().Format("2006-01-02 15:04") + " by " + g.RevokedBy
	}
	return said
}
