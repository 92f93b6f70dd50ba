package store

import (
	"context"
	"crypto/rand"
	"encoding/hex"
)

// Secret returns a key of 256 bits that was made when it was first asked for, the
// same on every replica and after every restart.
func (s *Store) Secret(ctx context.Context, name string) ([]byte, error) {
	fresh := make([]byte, 32)
	rand.Read(fresh) //nolint:errcheck // never fails (crypto/rand)
	_, err := s.write.ExecContext(ctx, "INSERT INTO secrets (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", name, hex.EncodeToString(fresh))
	if err != nil {
		return nil, err
	}
	var kept string
	if err := s.write.QueryRowContext(ctx, "SELECT value FROM secrets WHERE name = $1", name).Scan(&kept); err != nil {
		return nil, err
	}
	return hex.DecodeString(kept)
}
