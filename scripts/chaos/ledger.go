package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

// A ledger is the record of what boxes have confirmed, written by whoever called
// Put when Put had returned nil. It is on a disk that no fault touches. A line is in
// the kernel before the next event is put, so that killing the writer loses none;
// it is synced ten times a second.
type ledger struct {
	mu sync.Mutex
	f  *os.File
}

const ledgerSync = 100 * time.Millisecond

func openLedger(path string) (*ledger, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	return &ledger{f: f}, err
}

// confirm notes an event.
func (l *ledger) confirm(e entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err := fmt.Fprintln(l.f, e.id, e.box, e.camera, e.priority)
	return err
}

// keep syncs until done is closed.
func (l *ledger) keep(done <-chan struct{}) error {
	tick := time.NewTicker(ledgerSync)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return l.f.Sync()
		case <-tick.C:
			if err := l.f.Sync(); err != nil {
				return err
			}
		}
	}
}

// An entry is one confirmed event.
type entry struct {
	id, box, camera string
	priority        int
}

// readLedger returns the entries in the order of their confirmation. A last line
// without an end is what a killed writer could not finish.
func readLedger(path string) ([]entry, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []entry
	for r := bufio.NewReader(f); ; {
		line, err := r.ReadString('\n')
		if err != nil {
			return out, nil
		}
		var e entry
		if _, err := fmt.Sscan(strings.TrimSpace(line), &e.id, &e.box, &e.camera, &e.priority); err != nil {
			return nil, fmt.Errorf("ledger %s: %q: %w", path, line, err)
		}
		out = append(out, e)
	}
}
