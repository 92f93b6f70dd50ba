package incident_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"eastgate/cloud/governance"
	"eastgate/cloud/incident"
)

// tableText writes the table and the ways as DESIGN.md shows them.
func tableText() string {
	var b strings.Builder
	b.WriteString("| action | from | to | who | needs | if |\n|---|---|---|---|---|---|\n")
	for _, r := range incident.Table {
		action := string(r.Action)
		if r.Profile == governance.Orders {
			action += " (orders)"
		}
		to := string(r.To)
		if r.To == "" {
			to = "–"
		}
		who := list(r.Roles)
		if r.Inner {
			who += " (the engine itself)"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", action, states(r.From), to, who, list(r.Needs), r.If.Says)
	}
	b.WriteString("\n| way | from | takes | who | if |\n|---|---|---|---|---|\n")
	for _, w := range incident.Ways {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", w.Action, states(w.From), list(w.Steps), list(w.Roles), w.If.Says)
	}
	return b.String()
}

func list[S ~string](words []S) string {
	out := make([]string, len(words))
	for n, w := range words {
		out[n] = string(w)
	}
	return strings.Join(out, ", ")
}

func states(s []incident.State) string {
	switch {
	case len(s) == 0:
		return "–"
	case slices.Equal(s, incident.States):
		return "*any*"
	case slices.Equal(s, incident.OpenStates()):
		return "*any open*"
	}
	return list(s)
}

// TestDesignShowsTheTable compares the document with the code. TABLE=write puts
// the code's table into the document.
func TestDesignShowsTheTable(t *testing.T) {
	const begin, end = "<!-- table: written by TABLE=write go test ./cloud/incident -run Design -->\n", "<!-- end of table -->"
	data, err := os.ReadFile("DESIGN.md")
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(data), begin)
	shown, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatal("DESIGN.md has no table")
	}
	if shown == tableText() {
		return
	}
	if os.Getenv("TABLE") != "write" {
		t.Fatal("DESIGN.md shows another table than table.go holds: TABLE=write go test ./cloud/incident -run Design")
	}
	if err := os.WriteFile("DESIGN.md", []byte(head+begin+tableText()+end+tail), 0o600); err != nil {
		t.Fatal(err)
	}
}
