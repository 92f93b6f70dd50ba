package access_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"eastgate/cloud/access"
)

// TestDesignTellsTheTables compares DESIGN.md with what the roles may do and what
// the parties are, row by row.
func TestDesignTellsTheTables(t *testing.T) {
	b, err := os.ReadFile("DESIGN.md")
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for _, role := range access.Roles {
		var may []string
		for _, right := range allRights {
			if role.Has(right) {
				may = append(may, string(right))
			}
		}
		fmt.Fprintf(&want, "| %s | %s |\n", role, strings.Join(may, ", "))
	}
	compare(t, string(b), want.String())
	want.Reset()
	for _, p := range access.Parties {
		s, _ := p.Standing()
		var roles, never []string
		for _, r := range s.Roles {
			roles = append(roles, string(r))
		}
		for _, right := range allRights { // only what its roles would give
			if slices.Contains(s.Never, right) && slices.ContainsFunc(s.Roles, func(r access.Role) bool { return r.Has(right) }) {
				never = append(never, string(right))
			}
		}
		if len(never) == 0 {
			never = []string{"–"}
		}
		fmt.Fprintf(&want, "| %s | %s, %s | %s | %s | %s |\n", p, s.ZH, s.EN, s.Reach, strings.Join(roles, ", "), strings.Join(never, ", "))
	}
	compare(t, string(b), want.String())
}

func compare(t *testing.T, text, rows string) {
	t.Helper()
	if !strings.Contains(text, rows) {
		t.Errorf("DESIGN.md must have the rows\n%s", rows)
	}
}
