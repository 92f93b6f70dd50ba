package tamper

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"runtime/metrics"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/cloud/chain"
	"eastgate/cloud/register"
	"eastgate/cloud/store"
)

// A Measurement is what the verification of a whole register costs.
type Measurement struct {
	Took   time.Duration
	Memory uint64 // bytes of the heap at most, beyond what was there before
}

// Measure fills a register in an empty folder and verifies it.
func Measure(ctx context.Context, dir string, rows int64) (Measurement, error) {
	path := filepath.Join(dir, "register.db")
	s, err := store.Open(ctx, "sqlite:"+path)
	if err != nil {
		return Measurement{}, err
	}
	defer s.Close()
	if err := fillFast(ctx, path, rows); err != nil {
		return Measurement{}, err
	}
	before, most := heap(), uint64(0)
	done, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		for {
			most = max(most, heap())
			select {
			case <-done:
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}()
	began := time.Now()
	p, err := register.New(s, register.NewMetrics(prometheus.NewRegistry())).Verify(ctx)
	took := time.Since(began)
	close(done)
	<-watched
	if err == nil && (p.Fault != nil || p.Rows != rows) {
		err = fmt.Errorf("%d rows, %+v", p.Rows, p.Fault)
	}
	return Measurement{took, most - min(most, before)}, err
}

func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// fillFast writes rows in one transaction, as the store would one after the other.
func fillFast(ctx context.Context, path string, rows int64) error {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)")
	if err != nil {
		return err
	}
	defer db.Close()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // nothing to undo after the commit
	insert, err := tx.PrepareContext(ctx, `INSERT INTO register (position, at, who, person, unit, roles, act, object, casenr, purpose, reason, basis, agreement, fields, result, detail, address, prev, hash)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', $9, $10, $11, '', '', $12, '', $13, $14, $15)`)
	if err != nil {
		return err
	}
	defer insert.Close()
	prev := chain.First
	for n := range rows {
		e := register.Entry{
			At: time.Date(2026, 1, 1, 0, 0, int(n), 0, time.UTC), Who: fmt.Sprintf("duty%d", n%40), Person: "李雷", Unit: "community", Roles: "duty_officer", Act: register.Playback,
			Object: fmt.Sprintf("camera/%d", n%144), Purpose: "verify", Reason: "an alarm in the yard", Basis: "video.see", Result: register.Done, From: "192.0.2.7",
		}.Sealed(n+1, prev)
		prev = e.Hash
		if _, err := insert.ExecContext(ctx, e.Position, e.At.UnixMilli(), e.Who, e.Person, e.Unit, e.Roles, string(e.Act), e.Object, e.Purpose, e.Reason, e.Basis, string(e.Result), e.From, e.Prev, e.Hash); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, "UPDATE register_ends SET position = $1, hash = $2 WHERE id = 1", rows, prev); err != nil {
		return err
	}
	return tx.Commit()
}
