package chain

import "testing"

func TestEveryBorderCounts(t *testing.T) {
	seen := map[string][]string{}
	for _, row := range [][]string{{}, {""}, {"", ""}, {"a"}, {"a", ""}, {"", "a"}, {"ab"}, {"a", "b"}, {"b", "a"}} {
		for _, prev := range []string{First, "x", Link(First)} {
			h := Link(prev, row...)
			if other, ok := seen[h]; ok {
				t.Errorf("%q after %q reads as %q", row, prev, other)
			}
			seen[h] = append([]string{prev}, row...)
		}
	}
	const abc = "ba7816bf"
	if Link(abc, "y") == Link(abc[1:], "y") {
		t.Error("the hash before does not count")
	}
}
