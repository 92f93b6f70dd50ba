package zone

// Crossing returns two sides of p that cross or touch where they should not, each
// by the place of its first point; ok is false where p goes round simply.
func (p Polygon) Crossing() (a, b int, ok bool) {
	n := len(p)
	for i := range n {
		for j := i + 1; j < n; j++ {
			next := j == i+1 || i == 0 && j == n-1 // they share a point, which is no crossing
			if next && !backwards(p, i, j) || !next && !meet(p[i], p[(i+1)%n], p[j], p[(j+1)%n]) {
				continue
			}
			return i, j, true
		}
	}
	return 0, 0, false
}

// backwards reports whether two sides that share a point lie on each other.
func backwards(p Polygon, i, j int) bool {
	n := len(p)
	if n == 3 { // a triangle without area is found by its area
		return false
	}
	shared, one, other := p[j], p[i], p[(j+1)%n]
	if i == 0 && j == n-1 {
		shared, one, other = p[0], p[1], p[n-1]
	}
	along := (one[0]-shared[0])*(other[0]-shared[0]) + (one[1]-shared[1])*(other[1]-shared[1])
	return turn(one, shared, other) == 0 && along > 0
}

// turn is positive when a, b, c turn left, negative when right, 0 on one line.
func turn(a, b, c Point) float64 {
	return (b[0]-a[0])*(c[1]-a[1]) - (b[1]-a[1])*(c[0]-a[0])
}

func meet(a, b, c, d Point) bool {
	t1, t2, t3, t4 := turn(a, b, c), turn(a, b, d), turn(c, d, a), turn(c, d, b)
	if t1*t2 < 0 && t3*t4 < 0 {
		return true
	}
	return t1 == 0 && between(a, b, c) || t2 == 0 && between(a, b, d) || t3 == 0 && between(c, d, a) || t4 == 0 && between(c, d, b)
}

// between reports whether q, which is on the line through a and b, is between them.
func between(a, b, q Point) bool {
	return min(a[0], b[0]) <= q[0] && q[0] <= max(a[0], b[0]) && min(a[1], b[1]) <= q[1] && q[1] <= max(a[1], b[1])
}
