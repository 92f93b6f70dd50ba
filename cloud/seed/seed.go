package seed

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/oklog/ulid/v2"

	"eastgate/cloud/governance"
	"eastgate/cloud/incident"
	"eastgate/cloud/kpi"
	"eastgate/cloud/place"
	"eastgate/cloud/whistle"
	"eastgate/shared/event"
)

// A Centre is what a year is played on.
type Centre struct {
	Engine    *incident.Engine
	Whistles  *whistle.Engine
	Book      kpi.Book
	Catalogue *governance.Catalogue
	Calendar  *governance.Calendar
	Places    []place.Place
	Unit      func(path string) string // who looks after a place
	// Record stores an event as if a box had sent it.
	Record func(ctx context.Context, e event.Event) error
	Clock  *Clock
}

// A Clock is the centre's time while a year is played.
type Clock struct{ now time.Time }

// Now is the played time.
func (c *Clock) Now() time.Time { return c.now }

// Entropy makes the chance in ids the same at every play.
func Entropy(seed uint64) io.Reader {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	return rand.NewChaCha8(key)
}

// dueEvery is how often the machine looks for what it has to do.
const dueEvery = 30 * time.Minute

// Play plays a year. told hears how far it is, once a day of the year.
func Play(ctx context.Context, c Centre, o Options, told func(day time.Time)) error {
	p := &player{ctx: ctx, centre: c, now: o.From, places: newSpots(c.Places, c.Unit), ids: Entropy(o.Seed ^ 0xface)}
	defer p.stop()
	c.Clock.now = o.From
	p.begin(o.From, p.machine)
	all := openings(o)
	for day := o.From; day.Before(o.To); {
		told(day)
		today := day
		day = day.AddDate(0, 0, 1)
		for len(all) > 0 && all[0].at.Before(day) {
			p.tell(all[0], o.Seed)
			all = all[1:]
		}
		if err := p.until(day); err != nil {
			return fmt.Errorf("play the year: %w", err)
		}
		p.books(o, today)
	}
	return p.err
}

// machine does what is due, all year.
func (p *player) machine(yield func(time.Time) bool) {
	for yield(p.now.Add(dueEvery)) {
		_, err := p.centre.Engine.Due(p.ctx)
		p.fail(err)
	}
}

// id is a ULID of the played time.
func (p *player) id() string {
	return ulid.MustNew(ulid.Timestamp(p.now), p.ids).String()
}
