package zone

import "testing"

// TestADigestTellsAreasApart: any corner, order or border makes another one, and the
// same areas the same.
func TestADigestTellsAreasApart(t *testing.T) {
	a, b := Polygon{{0, 0}, {1, 0}, {1, 1}}, Polygon{{0, 0}, {1, 0}, {1, 1}, {0, 1}}
	seen := map[string]int{}
	for n, areas := range [][]Polygon{nil, {a}, {b}, {a, b}, {b, a}, {{{0, 0}, {1, 0}, {1, 0.999999}}}, {{a[0], a[1]}, {a[2]}}} {
		d := Digest(areas)
		if other, twice := seen[d]; twice {
			t.Errorf("%d and %d are both %s", other, n, d)
		}
		seen[d] = n
	}
	if Digest(nil) != "none" || Digest([]Polygon{a}) != Digest([]Polygon{{{0, 0}, {1, 0}, {1, 1}}}) || len(Digest([]Polygon{a})) != 16 {
		t.Error("the same areas have another digest")
	}
}
