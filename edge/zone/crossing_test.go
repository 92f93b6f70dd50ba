package zone

import "testing"

func TestCrossing(t *testing.T) {
	for name, c := range map[string]struct {
		p    Polygon
		a, b int
		ok   bool
	}{
		"triangle":         {Polygon{{0, 0}, {1, 0}, {0.5, 1}}, 0, 0, false},
		"square":           {Polygon{{0, 0}, {1, 0}, {1, 1}, {0, 1}}, 0, 0, false},
		"hollow":           {Polygon{{0, 0}, {1, 0}, {0.5, 0.4}, {0.9, 1}, {0, 1}}, 0, 0, false},
		"bow tie":          {Polygon{{0, 0}, {1, 1}, {1, 0}, {0, 1}}, 0, 2, true},
		"corner on a side": {Polygon{{0, 0}, {1, 0}, {1, 1}, {0.5, 0}, {0, 1}}, 0, 2, true},
		"there and back":   {Polygon{{0, 0}, {1, 0}, {0.5, 0}, {0.5, 1}}, 0, 1, true},
		"the last side":    {Polygon{{0.5, 0}, {1, 0}, {1, 1}, {0.2, 1}, {0.8, 0.5}, {0.8, -0.1}}, 0, 4, true},
	} {
		a, b, ok := c.p.Crossing()
		if ok != c.ok || ok && (a != c.a || b != c.b) {
			t.Errorf("%s: %d and %d, %v", name, a, b, ok)
		}
	}
}
