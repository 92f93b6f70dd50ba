package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	bolt "go.etcd.io/bbolt"
	_ "modernc.org/sqlite" // reads the cloud's database

	"eastgate/edge/outbox"
)

// A verdict is what became of the events of one site.
type verdict struct {
	Cycles    int     `json:"cycles"`
	Events    int     `json:"events"`    // confirmed by boxes
	Lost      int     `json:"lost"`      // of them, not in the cloud, and not told as given up
	Doubled   int     `json:"doubled"`   // stored twice
	Reordered int     `json:"reordered"` // in another order in their stream than they were confirmed
	Overtaken int     `json:"overtaken"` // came to the cloud after a later one of the same stream and camera
	Shed      int     `json:"shed_reported"`
	Drain     float64 `json:"drain_s"` // from the last fault until nothing waited
}

// A place is where an event stands in its box's stream.
type place struct {
	box, epoch string
	priority   int
}

type row struct {
	place
	sequence, arrival int64
}

// stored is what the cloud's database holds. All SQL of this program is here.
type stored struct {
	events  map[string]row
	doubled int
	shed    map[place]int // told as given up; the epoch is empty
	own     []string      // what the cloud has to say itself
}

const notInCloud = "not in the cloud: "

// shedNote is how boxes say that events gave way.
const shedNote = "%d events of priority %d gave way, sequences %d to %d"

func readStored(ctx context.Context, path string) (out stored, err error) {
	out = stored{events: map[string]row{}, shed: map[place]int{}}
	db, err := openStored(path)
	if err != nil {
		return out, err
	}
	defer db.Close()
	rows, err := db.QueryContext(ctx, "SELECT id, box, epoch, priority, sequence, position, kind, CASE WHEN kind = 'device.events_lost' OR epoch = '' THEN body ELSE '' END FROM events")
	if err != nil {
		return out, fmt.Errorf("read the cloud's events: %w", err)
	}
	defer rows.Close()
	taken := map[row]bool{}
	for rows.Next() {
		var id, kind, body string
		var r row
		if err := rows.Scan(&id, &r.box, &r.epoch, &r.priority, &r.sequence, &r.arrival, &kind, &body); err != nil {
			return out, err
		}
		if r.epoch == "" {
			out.own = append(out.own, kind+" "+body)
			continue
		}
		where := r
		where.arrival = 0
		if _, twice := out.events[id]; twice || taken[where] {
			out.doubled++
		}
		out.events[id], taken[where] = r, true
		if kind == "device.events_lost" {
			out.gaveWay(r.box, body)
		}
	}
	return out, rows.Err()
}

// countStored is how many events the cloud's database holds.
func countStored(ctx context.Context, path string) (n int, err error) {
	db, err := openStored(path)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	return n, db.QueryRowContext(ctx, "SELECT count(*) FROM events").Scan(&n)
}

func openStored(path string) (*sql.DB, error) {
	return sql.Open("sqlite", "file:"+path+"?mode=ro&_pragma=busy_timeout(10000)")
}

// gaveWay reads what a box says that it had to give up.
func (s *stored) gaveWay(box, body string) {
	_, note, _ := strings.Cut(body, `"note":"`)
	var count, priority, first, last int
	if _, err := fmt.Sscanf(note, shedNote, &count, &priority, &first, &last); err == nil {
		s.shed[place{box: box, priority: priority}] += count
	}
}

// audit compares what the boxes have confirmed with what the cloud has stored.
func (s *site) audit(ctx context.Context) (verdict, error) {
	var v verdict
	db, err := readStored(ctx, s.database())
	if err != nil {
		return v, err
	}
	v.Doubled = db.doubled
	for _, told := range db.own {
		s.notes = append(s.notes, "the cloud says of itself: "+told)
	}
	missing := map[place]int{}
	for i := range s.crowds {
		entries, err := readLedger(filepath.Join(s.dir, fmt.Sprintf("crowd-%d.ledger", i+1)))
		if err != nil {
			return v, err
		}
		s.compare(entries, db, missing, &v)
	}
	if s.box {
		if err := s.compareBox(db, missing, &v); err != nil {
			return v, err
		}
	}
	for p, n := range missing {
		v.Lost += max(0, n-db.shed[p])
	}
	for _, n := range db.shed {
		v.Shed += n
	}
	return v, nil
}

// compare goes through a ledger in its order.
func (s *site) compare(entries []entry, db stored, missing map[place]int, v *verdict) {
	type stream struct {
		place
		camera string
	}
	before := map[stream]row{}
	for _, e := range entries {
		v.Events++
		r, ok := db.events[e.id]
		if !ok {
			missing[place{box: e.box, priority: e.priority}]++
			if len(s.notes) < 20 {
				s.notes = append(s.notes, fmt.Sprintf(notInCloud+"%s of %s, %s, priority %d", e.id, e.box, e.camera, e.priority))
			}
			continue
		}
		k := stream{r.place, e.camera}
		if b, ok := before[k]; ok {
			if r.sequence <= b.sequence {
				v.Reordered++
			}
			if r.arrival <= b.arrival {
				v.Overtaken++
			}
		}
		before[k] = r
	}
}

// compareBox asks the outbox of the whole box how many sequences it has given out:
// each is one event that was confirmed.
func (s *site) compareBox(db stored, missing map[place]int, v *verdict) error {
	have := map[place]map[int64]bool{}
	for _, r := range db.events {
		if r.box != wholeBox {
			continue
		}
		if have[r.place] == nil {
			have[r.place] = map[int64]bool{}
		}
		have[r.place][r.sequence] = true
	}
	file := filepath.Join(s.edgeDir, wholeBox, "outbox.db")
	epoch, given, err := givenOut(file)
	if err != nil {
		return err
	}
	for i, last := range given {
		p := place{wholeBox, epoch, i + 1}
		v.Events += int(last)
		for n := int64(1); n <= last; n++ {
			if !have[p][n] {
				missing[place{box: wholeBox, priority: i + 1}]++
				s.notes = append(s.notes, fmt.Sprintf(notInCloud+"sequence %d, priority %d of the whole box", n, i+1))
			}
		}
		delete(have, p)
	}
	for p := range have { // of an outbox that was put aside, or sequences never given out
		s.notes = append(s.notes, fmt.Sprintf("the cloud has events of another epoch %s of the whole box", p.epoch))
	}
	return nil
}

// givenOut reads a closed outbox: its epoch and the last sequence of each priority.
func givenOut(file string) (epoch string, last [outbox.Priorities]int64, err error) {
	db, err := bolt.Open(file, 0o400, &bolt.Options{ReadOnly: true, Timeout: 1})
	if errors.Is(err, fs.ErrNotExist) {
		return "", last, fmt.Errorf("the whole box has no outbox: %w", err)
	}
	if err != nil {
		return "", last, err
	}
	defer db.Close()
	return epoch, last, db.View(func(tx *bolt.Tx) error {
		meta := tx.Bucket([]byte("meta"))
		if meta == nil {
			return errors.New("no outbox is in the file")
		}
		epoch = string(meta.Get([]byte("epoch")))
		for i := range last {
			b := tx.Bucket([]byte{'p', byte('1' + i)})
			if b == nil {
				return errors.New("a priority is missing in the outbox")
			}
			last[i] = int64(b.Sequence()) //nolint:gosec // it counts from 1
		}
		return nil
	})
}
