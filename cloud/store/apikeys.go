package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"eastgate/cloud/api"
)

var _ api.KeyStore = (*Store)(nil)

// ClaimKey implements api.KeyStore. Of two that claim a key at once one wins, on two
// replicas too.
func (s *Store) ClaimKey(ctx context.Context, k api.Key, fingerprint string, now, lost time.Time) (*api.Answer, error) {
	res, err := s.write.ExecContext(ctx, `INSERT INTO api_keys (account, operation, key, fingerprint, claimed) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (account, operation, key) DO UPDATE SET claimed = excluded.claimed
		WHERE api_keys.status = 0 AND api_keys.claimed < $6 AND api_keys.fingerprint = excluded.fingerprint`,
		k.Account, k.Operation, k.Key, fingerprint, ms(now), ms(lost))
	if err != nil {
		return nil, err
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return nil, err
	}
	var was, body string
	var a api.Answer
	err = s.write.QueryRowContext(ctx, `SELECT fingerprint, status, location, version, body FROM api_keys WHERE account = $1 AND operation = $2 AND key = $3`,
		k.Account, k.Operation, k.Key).Scan(&was, &a.Status, &a.Location, &a.Version, &body)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, api.ErrUnderway // it was released just now
	case err != nil:
		return nil, err
	case was != fingerprint:
		return nil, api.ErrOther
	case a.Status == 0:
		return nil, api.ErrUnderway
	}
	a.Body = []byte(body)
	return &a, nil
}

// KeepAnswer implements api.KeyStore.
func (s *Store) KeepAnswer(ctx context.Context, k api.Key, a api.Answer) error {
	_, err := s.write.ExecContext(ctx, `UPDATE api_keys SET status = $1, location = $2, version = $3, body = $4 WHERE account = $5 AND operation = $6 AND key = $7`,
		a.Status, a.Location, a.Version, string(a.Body), k.Account, k.Operation, k.Key)
	return err
}

// ReleaseKey implements api.KeyStore.
func (s *Store) ReleaseKey(ctx context.Context, k api.Key) error {
	_, err := s.write.ExecContext(ctx, "DELETE FROM api_keys WHERE account = $1 AND operation = $2 AND key = $3 AND status = 0", k.Account, k.Operation, k.Key)
	return err
}

// ForgetKeys implements api.KeyStore.
func (s *Store) ForgetKeys(ctx context.Context, before time.Time) error {
	_, err := s.write.ExecContext(ctx, "DELETE FROM api_keys WHERE claimed < $1", ms(before))
	return err
}
