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
}

type job struct {
	do   func(*sql.Tx) error
	done chan error
}

// How much one commit may hold, and how long the first waits for others.
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
func (g *group) do(ctx context.Context, f func(*sql.Tx) error) error {
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
		err := g.s.transact(context.Background(), func(tx *sql.Tx) error {
			for _, j := range jobs {
				if err := j.do(tx); err != nil {
					return err
				}
			}
			return nil
		})
		for _, j := range jobs {
			if err != nil && len(jobs) > 1 {
				j.done <- g.s.transact(context.Background(), j.do)
				continue
			}
			j.done <- err
		}
	}
}

func (g *group) gather(first job) []job {
	jobs := []job{first}
	wait := time.NewTimer(groupWait)
	defer wait.Stop()
	for len(jobs) < groupSize {
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
