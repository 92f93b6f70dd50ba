package store

import (
	"context"
	"database/sql"
	"time"
)

// A group lets writers share commits: a commit costs a disk's round trip however
// much it holds.
type group struct {
	s     *Store
	jobs  chan job
	ended chan struct{}
	busy  bool // the last commit was shared: it is worth waiting for others
}

type job struct {
	do   func(*Tx) error
	done chan error
}

// A Tx is a transaction of the group. It holds the counters of positions from its
// first statement on, so that two replicas never wait for each other crosswise.
type Tx struct {
	*sql.Tx
	counters map[counter]int64
	moved    map[counter]bool
	holder   func(n int) string
}

// A counter numbers the rows of one order, in the order in which they become visible.
type counter string

const (
	eventPosition    counter = "events"
	changePosition   counter = "changes"
	whistlePosition  counter = "whistles"
	reminderPosition counter = "reminders"
	policePosition   counter = "police"
)

// next takes the next place in an order.
func (tx *Tx) next(c counter) int64 {
	tx.counters[c]++
	tx.moved[c] = true
	return tx.counters[c]
}

func (tx *Tx) hold(statement string) error {
	rows, err := tx.Query(statement)
	if err != nil {
		return err
	}
	for rows.Next() {
		var c counter
		var n int64
		if err := rows.Scan(&c, &n); err != nil {
			return closing(rows, err)
		}
		tx.counters[c] = n
	}
	return closing(rows, rows.Err())
}

func (tx *Tx) keep() error {
	for c := range tx.moved {
		if _, err := tx.Exec("UPDATE counters SET value = $1 WHERE name = $2", tx.counters[c], string(c)); err != nil {
			return err
		}
	}
	return nil
}

// How much one commit may hold, and how long the first waits for others in busy
// times. A lone writer never waits: who comes while a commit is written shares the
// next one anyway.
const (
	groupSize = 50 // jobs; each holds up to a batch of events
	groupWait = 2 * time.Millisecond
)

func newGroup(s *Store) *group {
	g := &group{s: s, jobs: make(chan job), ended: make(chan struct{})}
	go g.run()
	return g
}

func (g *group) close() {
	close(g.jobs)
	<-g.ended
}

// do runs f in a transaction that it may share with others. f may run twice: when
// somebody else's part of a shared transaction fails, each is tried alone.
func (g *group) do(ctx context.Context, f func(*Tx) error) error {
	j := job{f, make(chan error, 1)}
	select {
	case g.jobs <- j:
	case <-ctx.Done():
		return ctx.Err()
	}
	return <-j.done
}

func (g *group) run() {
	defer close(g.ended)
	for first := range g.jobs {
		jobs := g.gather(first)
		err := g.transact(jobs...)
		for _, j := range jobs {
			if err != nil && len(jobs) > 1 {
				j.done <- g.transact(j)
				continue
			}
			j.done <- err
		}
	}
}

// transact runs jobs in one transaction.
func (g *group) transact(jobs ...job) error {
	return g.s.transact(context.Background(), func(raw *sql.Tx) error {
		tx := &Tx{Tx: raw, counters: map[counter]int64{}, moved: map[counter]bool{}, holder: g.s.kind.holder}
		if err := tx.hold(g.s.kind.hold); err != nil {
			return err
		}
		for _, j := range jobs {
			if err := j.do(tx); err != nil {
				return err
			}
		}
		return tx.keep()
	})
}

func (g *group) gather(first job) []job {
	jobs := []job{first}
	defer func() { g.busy = len(jobs) > 1 }()
	wait := time.NewTimer(groupWait)
	defer wait.Stop()
	for len(jobs) < groupSize {
		select {
		case j, open := <-g.jobs: // who came while the last commit was written
			if !open {
				return jobs
			}
			jobs = append(jobs, j)
			continue
		default:
		}
		if !g.busy {
			return jobs
		}
		select {
		case j, open := <-g.jobs:
			if !open {
				return jobs
			}
			jobs = append(jobs, j)
		case <-wait.C:
			return jobs
		}
	}
	return jobs
}
