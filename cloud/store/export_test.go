package store

import (
	"context"

	"eastgate/cloud/incident"
)

// PlanOfList is how SQLite goes about a list, a line for each part.
func (s *Store) PlanOfList(ctx context.Context, f incident.Filter) ([]string, error) {
	q, err := s.list(f)
	if err != nil {
		return nil, err
	}
	return s.plan(ctx, q)
}

// PlanOfCount is how SQLite goes about counting.
func (s *Store) PlanOfCount(ctx context.Context, f incident.Filter) ([]string, error) {
	q, err := s.count(f)
	if err != nil {
		return nil, err
	}
	return s.plan(ctx, q)
}

func (s *Store) plan(ctx context.Context, q *query) ([]string, error) {
	rows, err := s.read.QueryContext(ctx, "EXPLAIN QUERY PLAN "+q.text.String(), q.args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			return nil, err
		}
		out = append(out, detail)
	}
	return out, rows.Err()
}
