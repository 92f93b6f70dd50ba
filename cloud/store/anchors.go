package store

import (
	"context"

	"eastgate/cloud/register"
)

var _ register.AnchorStore = (*Store)(nil)

// AddAnchor implements register.AnchorStore.
func (s *Store) AddAnchor(ctx context.Context, day, line string) error {
	_, err := s.write.ExecContext(ctx, "INSERT INTO register_anchors (day, line) VALUES ($1, $2) ON CONFLICT (day) DO NOTHING", day, line)
	return err
}

// Anchors implements register.AnchorStore.
func (s *Store) Anchors(ctx context.Context) ([]string, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT line FROM register_anchors ORDER BY day")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return nil, err
		}
		out = append(out, line)
	}
	return out, rows.Err()
}
