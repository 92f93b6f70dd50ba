package store

import (
	"context"
	"database/sql"
	"time"

	"eastgate/cloud/access"
)

// Factors implements access.FactorStore.
func (s *Store) Factors(ctx context.Context, account string) ([]access.Factor, error) {
	rows, err := s.write.QueryContext(ctx, "SELECT id, kind, name, secret, made, proved, used, step FROM factors WHERE account = $1 ORDER BY id", account)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []access.Factor
	for rows.Next() {
		var f access.Factor
		var made int64
		var proved, used sql.NullInt64
		if err := rows.Scan(&f.ID, &f.Kind, &f.Name, &f.Sealed, &made, &proved, &used, &f.Step); err != nil {
			return nil, err
		}
		f.Made, f.Proved, f.Used = fromMS(made), orNil(proved), orNil(used)
		out = append(out, f)
	}
	return out, rows.Err()
}

// AddFactor implements access.FactorStore.
func (s *Store) AddFactor(ctx context.Context, account string, f access.Factor) error {
	return s.transact(ctx, func(tx *sql.Tx) error {
		if _, err := tx.Exec("DELETE FROM factors WHERE account = $1 AND kind = $2 AND proved IS NULL", account, f.Kind); err != nil {
			return err
		}
		_, err := tx.Exec("INSERT INTO factors (id, account, kind, name, secret, made, proved) VALUES ($1, $2, $3, $4, $5, $6, $7)",
			f.ID, account, f.Kind, f.Name, f.Sealed, ms(f.Made), orNull(f.Proved))
		return err
	})
}

// UseFactor implements access.FactorStore. The row decides between two who show the
// same code at once.
func (s *Store) UseFactor(ctx context.Context, id, sealed string, step int64, at time.Time) (bool, error) {
	res, err := s.write.ExecContext(ctx, "UPDATE factors SET secret = $1, step = $2, used = $3, proved = COALESCE(proved, $3) WHERE id = $4 AND step < $2", sealed, step, ms(at), id)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// DropFactors implements access.FactorStore.
func (s *Store) DropFactors(ctx context.Context, account, id string) error {
	return s.transact(ctx, func(tx *sql.Tx) error {
		if id != "" {
			return hit(tx.Exec("DELETE FROM factors WHERE account = $1 AND id = $2", account, id))
		}
		if _, err := tx.Exec("DELETE FROM recovery_codes WHERE account = $1", account); err != nil {
			return err
		}
		_, err := tx.Exec("DELETE FROM factors WHERE account = $1", account)
		return err
	})
}

// PutRecovery implements access.RecoveryStore.
func (s *Store) PutRecovery(ctx context.Context, account string, hashes []string) error {
	return s.transact(ctx, func(tx *sql.Tx) error {
		if _, err := tx.Exec("DELETE FROM recovery_codes WHERE account = $1", account); err != nil {
			return err
		}
		for _, h := range hashes {
			if _, err := tx.Exec("INSERT INTO recovery_codes (account, hash) VALUES ($1, $2)", account, h); err != nil {
				return err
			}
		}
		return nil
	})
}

// UseRecovery implements access.RecoveryStore.
func (s *Store) UseRecovery(ctx context.Context, account, hash string, at time.Time) (bool, error) {
	res, err := s.write.ExecContext(ctx, "UPDATE recovery_codes SET used = $1 WHERE account = $2 AND hash = $3 AND used IS NULL", ms(at), account, hash)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// Recovery implements access.RecoveryStore.
func (s *Store) Recovery(ctx context.Context, account string) (n int, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT count(*) FROM recovery_codes WHERE account = $1 AND used IS NULL", account).Scan(&n)
	return n, err
}
