package main

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	_ "modernc.org/sqlite" // reads the cloud's database

	"eastgate/shared/event"
)

// wanted are the four kinds that the drawn scenes must lead to, each under the
// names that count as it.
var wanted = map[string][]event.Kind{
	"fire":    {event.FireVisual},
	"parking": {event.FireLaneBlocked, event.ParkingMotor},
	"motion":  {event.Motion},
	"tamper":  {event.Tamper},
}

// A proof is the last line that `rig e2e -json` prints.
type proof struct {
	Kinds         map[string]int `json:"kinds"` // events in the cloud's database, by kind
	FirstEventS   float64        `json:"first_event_s"`
	EventsAtEdge  int            `json:"events_at_edge"`
	EventsInCloud int            `json:"events_in_cloud"`
	// Snapshots counts pictures that have arrived at the cloud.
	Snapshots int `json:"snapshots"`
}

// prove runs the site until all four kinds have come, ends the edge, and
// compares what it says it kept with what the cloud's database holds.
func prove(ctx context.Context, asJSON bool, within time.Duration) error {
	views, err := drawn(ctx)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "eastgate-e2e-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s, err := newSite(filepath.Join(dir, "site"), "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer s.down()
	if err := s.up(ctx, views); err != nil {
		return err
	}
	began := time.Now()
	var p proof
	waiting := ""
	for len(p.missing()) > 0 && time.Since(began) < within && ctx.Err() == nil {
		time.Sleep(250 * time.Millisecond)
		if err := s.count(ctx, &p); err != nil {
			return err
		}
		if p.EventsInCloud > 0 && p.FirstEventS == 0 {
			p.FirstEventS = float64(time.Since(began).Milliseconds()) / 1000
		}
		if said := strings.Join(p.missing(), ", "); said != waiting {
			waiting = said
			fmt.Fprintf(os.Stderr, "%3.0f s: %d events in the cloud, still waiting for: %s\n", time.Since(began).Seconds(), p.EventsInCloud, said)
		}
	}
	if err := s.settle(ctx, &p); err != nil {
		return err
	}
	return p.judge(asJSON)
}

// settle stops the cameras, so that nothing new comes, and waits until the
// edge's outbox is empty and its pictures have arrived.
func (s *site) settle(ctx context.Context, p *proof) error {
	simulator := s.running[slices.IndexFunc(s.running, func(p *process) bool { return p.name == "simulator" })]
	simulator.stop()
	for end := time.Now().Add(40 * time.Second); time.Now().Before(end) && ctx.Err() == nil; {
		time.Sleep(time.Second)
		waiting, err := s.metric("edge_outbox_waiting")
		if err != nil {
			return err
		}
		if waiting > 0 {
			continue
		}
		before := p.EventsAtEdge
		if p.EventsAtEdge, err = s.metric("edge_outbox_put_total"); err != nil {
			return err
		}
		if err := s.count(ctx, p); err != nil {
			return err
		}
		if p.EventsAtEdge == before && p.EventsAtEdge == p.EventsInCloud {
			return nil
		}
	}
	return nil
}

func (p *proof) missing() []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		n := 0
		for _, k := range wanted[name] {
			n += p.Kinds[string(k)]
		}
		if n == 0 {
			out = append(out, name)
		}
	}
	return out
}

func (p *proof) judge(asJSON bool) error {
	if asJSON {
		if err := json.NewEncoder(os.Stdout).Encode(p); err != nil {
			return err
		}
	} else {
		fmt.Printf("%+v\n", *p)
	}
	switch {
	case len(p.missing()) > 0:
		return fmt.Errorf("no event of kind %s came", strings.Join(p.missing(), ", "))
	case p.EventsAtEdge != p.EventsInCloud:
		return fmt.Errorf("the edge has kept %d events, the cloud has %d", p.EventsAtEdge, p.EventsInCloud)
	case p.Snapshots == 0:
		return fmt.Errorf("no snapshot has arrived")
	}
	return nil
}

// count reads the cloud's database: what counts is what is stored.
func (s *site) count(ctx context.Context, p *proof) error {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(s.dir, "cloud.db")+"?mode=ro&_pragma=busy_timeout(5000)")
	if err != nil {
		return err
	}
	defer db.Close()
	rows, err := db.QueryContext(ctx, "SELECT kind, count(*) FROM events GROUP BY kind")
	if err != nil {
		return fmt.Errorf("count the cloud's events: %w", err)
	}
	defer rows.Close()
	p.Kinds, p.EventsInCloud = map[string]int{}, 0
	for rows.Next() {
		var kind string
		var n int
		if err := rows.Scan(&kind, &n); err != nil {
			return err
		}
		p.Kinds[kind] = n
		p.EventsInCloud += n
	}
	pictures, err := filepath.Glob(filepath.Join(s.dir, "evidence", "*", "*"))
	if err != nil {
		return err
	}
	p.Snapshots = len(pictures)
	return rows.Err()
}

// metric reads one figure of the edge, summed over its labels.
func (s *site) metric(name string) (int, error) {
	resp, err := http.Get("http://" + s.health + "/metrics")
	if err != nil {
		return 0, fmt.Errorf("ask the edge: %w", err)
	}
	defer resp.Body.Close()
	sum, found := 0.0, false
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		rest, ok := strings.CutPrefix(lines.Text(), name)
		if !ok || (rest[0] != ' ' && rest[0] != '{') {
			continue
		}
		v, err := strconv.ParseFloat(rest[strings.LastIndexByte(rest, ' ')+1:], 64)
		if err != nil {
			return 0, fmt.Errorf("metric %s: %w", name, err)
		}
		sum, found = sum+v, true
	}
	if !found {
		return 0, fmt.Errorf("the edge has no metric %s", name)
	}
	return int(sum), nil
}
