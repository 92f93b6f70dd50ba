package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"time"

	"eastgate/scripts/chaos/clock"
	"eastgate/scripts/chaos/link"
	"eastgate/scripts/chaos/lossy"
	"eastgate/scripts/chaos/mqttproxy"
)

// A hand does harm to a site, by its dice.
type hand struct {
	site  *site
	dice  *rand.Rand
	short bool

	edgeDisk, cloudDisk *lossy.Mount
	small               *smallDisk
}

// tidy takes special disks away.
func (h *hand) tidy() error {
	var faults []error
	for _, m := range []*lossy.Mount{h.edgeDisk, h.cloudDisk} {
		if m != nil {
			faults = append(faults, m.Close())
		}
	}
	if h.small != nil {
		faults = append(faults, h.small.close())
	}
	return errors.Join(faults...)
}

// pause waits between two moments, half as long in the short form.
func (h *hand) pause(ctx context.Context, from, to time.Duration) {
	if h.short {
		from, to = from/2, to/2
	}
	sleep(ctx, from+time.Duration(h.dice.Float64()*float64(to-from)))
}

// flows waits until events arrive.
func (h *hand) flows(ctx context.Context) error {
	for end := time.Now().Add(time.Minute); time.Now().Before(end) && ctx.Err() == nil; sleep(ctx, 100*time.Millisecond) {
		db, err := readStored(ctx, h.site.database())
		if err != nil {
			return err
		}
		if len(db.events) >= 10 || (h.site.crowds == 0 && len(db.events) > 0) {
			return nil
		}
	}
	return errors.Join(ctx.Err(), fmt.Errorf("no events arrive: see %s", h.site.dir))
}

// again starts a killed process.
func (h *hand) again(ctx context.Context, p *process) error {
	h.pause(ctx, 0, 1500*time.Millisecond)
	return p.start()
}

// boxes are the processes of boxes, the whole one among them.
func (h *hand) boxes() []*process {
	if h.site.edge == nil {
		return h.site.crowdsOf
	}
	return append([]*process{h.site.edge}, h.site.crowdsOf...)
}

func killEdge(ctx context.Context, h *hand) error {
	h.pause(ctx, 100*time.Millisecond, time.Second)
	p := h.boxes()[h.dice.IntN(len(h.boxes()))]
	p.kill()
	return h.again(ctx, p)
}

func killCloud(ctx context.Context, h *hand) error {
	h.pause(ctx, 300*time.Millisecond, 3*time.Second)
	h.site.cloud.kill()
	if err := h.again(ctx, h.site.cloud); err != nil {
		return err
	}
	if h.dice.IntN(4) == 0 {
		return nil // and again before it is up
	}
	return h.site.cloudAnswers(ctx)
}

func killBroker(ctx context.Context, h *hand) error {
	h.pause(ctx, 300*time.Millisecond, 3*time.Second)
	h.site.broker.kill()
	return h.again(ctx, h.site.broker)
}

func edgeOnLossy(h *hand) (err error) {
	h.edgeDisk, err = lossy.New(filepath.Join(h.site.dir, "edge-disk"))
	if err == nil {
		h.site.edgeDir = h.edgeDisk.At
	}
	return err
}

func cloudOnLossy(h *hand) (err error) {
	h.cloudDisk, err = lossy.New(filepath.Join(h.site.dir, "cloud-disk"))
	if err == nil {
		h.site.cloudDir = h.cloudDisk.At
	}
	return err
}

func bothOnLossy(h *hand) error { return errors.Join(edgeOnLossy(h), cloudOnLossy(h)) }

// power cuts the power of a disk, kills who used it, and gives both back.
func (h *hand) power(ctx context.Context, disk *lossy.Mount, users ...*process) error {
	h.pause(ctx, 300*time.Millisecond, 2*time.Second)
	if err := disk.Cut(h.dice); err != nil {
		return err
	}
	for _, p := range users {
		p.kill()
	}
	if err := disk.Restore(); err != nil {
		return err
	}
	for _, p := range users {
		if err := p.start(); err != nil {
			return err
		}
	}
	return nil
}

func powerEdge(ctx context.Context, h *hand) error {
	return h.power(ctx, h.edgeDisk, h.boxes()...)
}

func powerCloud(ctx context.Context, h *hand) error {
	if err := h.power(ctx, h.cloudDisk, h.site.cloud); err != nil {
		return err
	}
	return h.site.cloudAnswers(ctx)
}

func linkCut(ctx context.Context, h *hand) error {
	h.pause(ctx, 100*time.Millisecond, 1500*time.Millisecond)
	h.site.door.Cut()
	return nil
}

// weather spoils the network for a while.
func (h *hand) weather(ctx context.Context, w link.Weather, from, to time.Duration) error {
	h.site.net.Set(w)
	h.pause(ctx, from, to)
	h.site.net.Set(link.Weather{})
	h.pause(ctx, 500*time.Millisecond, 2*time.Second)
	return nil
}

func blackHole(ctx context.Context, h *hand) error {
	return h.weather(ctx, link.Weather{Hole: true}, 4*time.Second, 12*time.Second)
}

func loss(ctx context.Context, h *hand) error {
	return h.weather(ctx, link.Weather{Loss: 0.3}, 8*time.Second, 16*time.Second)
}

func delay(ctx context.Context, h *hand) error {
	return h.weather(ctx, link.Weather{Delay: 2 * time.Second}, 10*time.Second, 16*time.Second)
}

func slowConsumer(ctx context.Context, h *hand) error {
	habit := mqttproxy.Habit{Rate: 4 << 10}
	if h.dice.IntN(2) == 0 {
		habit = mqttproxy.Habit{Frozen: true}
	}
	h.site.back.Set(habit)
	h.pause(ctx, 4*time.Second, 10*time.Second)
	h.site.back.Set(mqttproxy.Habit{})
	h.pause(ctx, time.Second, 3*time.Second)
	return nil
}

func repeatSwap(ctx context.Context, h *hand) error {
	h.site.door.Set(mqttproxy.Habit{Repeat: 0.3 * h.dice.Float64(), Swap: 0.5 * h.dice.Float64()})
	h.pause(ctx, 2*time.Second, 4*time.Second)
	h.site.door.Set(mqttproxy.Habit{})
	h.pause(ctx, 0, 500*time.Millisecond)
	return nil
}

// clockJump sets one program's clock an hour on or back, and right again.
func clockJump(ctx context.Context, h *hand) error {
	all := append([]*process{h.site.cloud}, h.boxes()...)
	p := all[h.dice.IntN(len(all))]
	by := time.Hour
	if h.dice.IntN(2) == 0 {
		by = -by
	}
	for _, d := range []time.Duration{by, 0} {
		if err := clock.Shift(p.pid(), d); err != nil {
			return err
		}
		h.pause(ctx, 500*time.Millisecond, 2500*time.Millisecond)
	}
	return nil
}

// brokerAway refuses every link until a backlog of days is there.
func brokerAway(ctx context.Context, h *hand) error {
	backlog := 30_000
	if h.short {
		backlog = 3_000
	}
	return h.away(ctx, func(waiting, _ int) bool { return waiting >= backlog })
}

// away refuses every link until the boxes hold enough.
func (h *hand) away(ctx context.Context, enough func(waiting, gone int) bool) error {
	h.site.door.Refuse(true)
	defer h.site.door.Refuse(false)
	for end := time.Now().Add(5 * time.Minute); time.Now().Before(end) && ctx.Err() == nil; sleep(ctx, 300*time.Millisecond) {
		if waiting, gone, err := h.site.crowdsSay(); err == nil && enough(waiting, gone) {
			return nil
		}
	}
	return errors.Join(ctx.Err(), errors.New("no backlog comes up"))
}

// fullOutbox refuses every link until the boxes had to give hundreds of events up.
func fullOutbox(ctx context.Context, h *hand) error {
	before := -1
	return h.away(ctx, func(_, gone int) bool {
		if before < 0 {
			before = gone
		}
		return gone >= before+500
	})
}

var cameraModes = []string{"stall", "freeze", "black", "cut", "repeat", "rubbish"}

func cameraFault(ctx context.Context, h *hand) error {
	name, length := cameraName(h.dice.IntN(h.site.films)), 2*time.Second+time.Duration(h.dice.IntN(4000))*time.Millisecond
	way := h.dice.IntN(len(cameraModes) + 1)
	if way < len(cameraModes) {
		if err := h.site.camera(ctx, name, fmt.Sprintf("%s?for=%s", cameraModes[way], length)); err != nil {
			return err
		}
		sleep(ctx, length)
	} else { // another resolution, and back
		if err := h.site.camera(ctx, name, "show?film="+otherFilm); err != nil {
			return err
		}
		sleep(ctx, length)
		if err := h.site.camera(ctx, name, "show?film="+name); err != nil {
			return err
		}
	}
	h.pause(ctx, 500*time.Millisecond, 2*time.Second)
	return nil
}

// mixed does one of everything that can be had on one site, without waiting for
// the site to recover.
func mixed(ctx context.Context, h *hand) error {
	ways := []func(context.Context, *hand) error{
		killEdge, killEdge, killCloud, powerEdge, powerCloud, linkCut, repeatSwap, clockJump, cameraFault,
		func(ctx context.Context, h *hand) error {
			w := link.Weather{Loss: 0.4 * h.dice.Float64(), Delay: time.Duration(h.dice.IntN(500)) * time.Millisecond, Hole: h.dice.IntN(3) == 0}
			return h.weather(ctx, w, 2*time.Second, 5*time.Second)
		},
	}
	return ways[h.dice.IntN(len(ways))](ctx, h)
}
