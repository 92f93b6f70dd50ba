package main

import (
	"context"
	"time"
)

// A fault is one way to hurt a site.
type fault struct {
	name, what  string
	short, long int // cycles
	site        shape
	needs       need
	before      func(*hand) error // special disks
	inject      func(context.Context, *hand) error
}

// What sites are made of: small crowds, a whole box beside them where it matters.
var (
	crowd2 = shape{crowds: 2, boxes: 3, rate: 5, bytes: 64 << 20}
	whole  = shape{crowds: 2, boxes: 2, rate: 5, bytes: 64 << 20, box: true, films: 3}
)

func with(s shape, change func(*shape)) shape {
	change(&s)
	return s
}

func behind(broker string) shape {
	return with(crowd2, func(s *shape) { s.outside = broker })
}

// list is every fault, in the order in which they run.
var list = []fault{
	{name: "kill-edge", what: "kill -9 of a box process", short: 5, long: 120, site: whole, inject: killEdge},
	{name: "kill-cloud", what: "kill -9 of the cloud with its embedded broker", short: 3, long: 60, site: crowd2, inject: killCloud},
	{name: "kill-mosquitto", what: "kill -9 of mosquitto, an outside broker", short: 3, long: 50, site: behind("mosquitto"), needs: outsider, inject: killBroker},
	{name: "kill-nats", what: "kill -9 of NATS, an outside broker", short: 3, long: 50, site: behind("nats"), inject: killBroker},
	{name: "power-edge", what: "power cut at the boxes", short: 3, long: 40, site: whole, needs: fuse, before: edgeOnLossy, inject: powerEdge},
	{name: "power-cloud", what: "power cut at the cloud", short: 3, long: 40, site: crowd2, needs: fuse, before: cloudOnLossy, inject: powerCloud},
	{name: "full-edge", what: "disk full at the boxes", short: 2, long: 10, site: whole, needs: mounts, before: edgeOnSmall, inject: fullEdge},
	{name: "full-cloud", what: "disk full at the cloud", short: 2, long: 10, site: crowd2, needs: mounts, before: cloudOnSmall, inject: fullCloud},
	{name: "full-outbox", what: "more events than an outbox may hold", short: 1, long: 5, site: with(crowd2, func(s *shape) { s.rate, s.bytes = 80, 1<<20 }), inject: fullOutbox},
	{name: "broker-away", what: "cloud out of reach for a backlog of days", short: 1, long: 2, site: with(crowd2, func(s *shape) { s.rate, s.history = 200, 72*time.Hour }), inject: brokerAway},
	{name: "link-cut", what: "every link to the cloud reset", short: 5, long: 60, site: crowd2, inject: linkCut},
	{name: "black-hole", what: "network swallows everything", short: 1, long: 8, site: crowd2, needs: network, inject: blackHole},
	{name: "loss", what: "network loses 30 % of packets", short: 1, long: 6, site: crowd2, needs: network, inject: loss},
	{name: "delay", what: "network delays packets by 2 s", short: 1, long: 6, site: crowd2, needs: network, inject: delay},
	{name: "slow-consumer", what: "cloud hears its broker slowly, or not at all", short: 1, long: 8, site: behind("nats"), inject: slowConsumer},
	{name: "slow-mosquitto", what: "the same behind mosquitto, which then drops", short: 1, long: 6, site: behind("mosquitto"), needs: outsider, inject: slowConsumer},
	{name: "repeat-swap", what: "messages said twice and out of order", short: 1, long: 20, site: crowd2, inject: repeatSwap},
	{name: "clock", what: "clock jumps by an hour", short: 4, long: 40, site: whole, needs: debugger, inject: clockJump},
	{name: "camera", what: "camera stalls, freezes, goes dark, loses power, repeats times, changes size, sends rubbish", short: 2, long: 20, site: with(whole, func(s *shape) { s.crowds = 0; s.films = 4 }), inject: cameraFault},
	{name: "mixed", what: "all of these at once", short: 4, long: 80, site: whole, needs: fuse | network | debugger, before: bothOnLossy, inject: mixed},
}

// shape is what the fault's site consists of.
func (f fault) shape(short bool) shape {
	s := f.site
	if short {
		s.boxes = min(s.boxes, 2)
		s.films = min(s.films, 2)
	}
	return s
}
