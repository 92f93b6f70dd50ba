package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/edge/command"
	"eastgate/edge/config"
	"eastgate/edge/confirm"
	"eastgate/edge/decode"
	"eastgate/edge/detect"
	"eastgate/edge/evidence"
	"eastgate/edge/flow"
	"eastgate/shared/event"
)

// A request is the arguments of the command "preview".
type request struct {
	Camera string `json:"camera"`
	// Settings are tried on; without any there is only the picture, and what is in force.
	Settings json.RawMessage `json:"settings,omitempty"`
}

// A preview is its answer.
type preview struct {
	At      time.Time `json:"at"` // of the picture
	Picture seen      `json:"picture"`
	Width   int       `json:"width"`
	Height  int       `json:"height"`
	InForce inForce   `json:"in_force"`
	Trial   *trial    `json:"trial,omitempty"`
}

// A trial is what the detectors see in the seconds that the box remembers.
type trial struct {
	Seconds float64 `json:"seconds"`
	// Looked is how many pictures each detector judged.
	Looked map[string]int `json:"looked"`
	// Cases are what was seen, the newest state of each, those that would be raised first.
	Cases []confirm.Case `json:"cases"`
}

// maxShown bounds the cases of an answer, which must fit into one message.
const maxShown = 60

// preview answers the command: a still of a camera's newest picture and, with
// settings, what its detectors would see with them. Nothing comes into force, and no
// event is made.
func (b *Box) preview(ctx context.Context, args json.RawMessage) (any, error) {
	var r request
	if err := json.Unmarshal(args, &r); err != nil {
		return nil, fmt.Errorf("preview: %w", err)
	}
	now, err := b.inForce(r.Camera)
	if err != nil {
		return nil, err
	}
	c := b.settings.Camera(r.Camera)
	private := c.Privacy // what is private stays black until it is saved otherwise
	if len(r.Settings) > 0 {
		if c, err = b.settings.Trial(r.Camera, r.Settings); err != nil {
			return nil, command.Refuse("%v", err)
		}
		private = slices.Concat(private, c.Privacy)
	}
	select {
	case b.trying <- struct{}{}: // one at a time: it costs as much as looking does
		defer func() { <-b.trying }()
	default:
		return nil, errors.New("another preview is under way: try again in some seconds")
	}
	packets, err := b.remembered(r.Camera)
	if err != nil {
		return nil, err
	}
	t, frame, err := b.try(ctx, r.Camera, c, packets)
	if err != nil {
		return nil, err
	}
	defer frame.Release()
	out := preview{At: frame.Taken.UTC(), Width: frame.Image.Rect.Dx(), Height: frame.Image.Rect.Dy(), InForce: now}
	if len(r.Settings) > 0 {
		out.Trial = t
	}
	data, err := evidence.Still(frame, private)
	if err != nil {
		return nil, err
	}
	sum, err := b.folder.Put(evidence.Label{Type: evidence.JPEG, Level: event.Ordinary, Event: event.NewID()}, data)
	if err != nil {
		return nil, err
	}
	out.Picture = b.sent(ctx, event.Evidence{SHA256: sum, Type: evidence.JPEG, Bytes: int64(len(data)), From: out.At, To: out.At})
	return out, nil
}

// remembered returns the newest packets of a camera.
func (b *Box) remembered(name string) ([]*flow.Packet, error) {
	on := b.lenses.get(name)
	switch {
	case on == nil:
		return nil, errors.New("the camera has not begun to run")
	case on.ring == nil:
		return nil, errors.New("the box remembers no seconds of this camera: its clips are turned off (clips.enabled)")
	}
	packets := on.ring.Newest()
	if len(packets) == 0 {
		since, reason, blind := b.board.Blind(name)
		if !blind {
			return nil, errors.New("the box holds no whole picture of this camera yet; try again in some seconds")
		}
		return nil, fmt.Errorf("the camera sends no pictures since %s: %s", since.Format(time.RFC3339), reason)
	}
	return packets, nil
}

// try passes packets through the same stages as running pictures. The frame is the
// last one, held for the caller.
func (b *Box) try(ctx context.Context, name string, c config.Camera, packets []*flow.Packet) (*trial, *flow.Frame, error) {
	reg, quiet := prometheus.NewRegistry(), slog.New(slog.DiscardHandler)
	todo, err := tasks(c.Detect, c.Areas(), nil)
	if err != nil {
		return nil, nil, err
	}
	place := b.place(name, c)
	place.Watches = nil // what the settings see, whatever somebody has disarmed
	var last *flow.Frame
	t := &trial{Looked: map[string]int{}, Seconds: packets[len(packets)-1].Received.Sub(packets[0].Received).Seconds()}
	confirmer := confirm.New(place, confirm.Rules(), func() event.Clock { return event.Clock{} }, confirm.NewMetrics(reg))
	confirmer.Explain = true
	p := pipeline{
		camera:   replay(packets),
		remember: pass[*flow.Packet]{},
		gate:     whole{},
		decode:   decode.New(name, decode.NewMetrics(reg), quiet),
		look:     pass[*flow.Frame]{},
		newest: pass[*flow.Frame]{func(f *flow.Frame) {
			if last != nil {
				last.Release()
			}
			last = f.Retain()
		}},
		detect:   detect.NewStage(name, todo, detect.NewMetrics(reg), quiet),
		watch:    pass[flow.Observation]{func(o flow.Observation) { t.Looked[o.Detector.Name]++ }},
		confirm:  confirmer,
		evidence: bare{},
		keep:     func(context.Context, event.Event) {},
	}
	err = errors.Join(p.run(ctx, ctx), ctx.Err())
	if err == nil && last == nil {
		err = errors.New("none of the newest pictures could be decoded")
	}
	if err != nil {
		if last != nil {
			last.Release()
		}
		return nil, nil, err
	}
	t.Cases = confirmer.Cases()
	t.Cases = t.Cases[:min(len(t.Cases), maxShown)]
	return t, last, nil
}

// A replay is packets that came before, as a source.
type replay []*flow.Packet

func (r replay) Run(ctx context.Context, out chan<- *flow.Packet) error {
	defer close(out)
	for _, p := range r {
		select {
		case out <- p:
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}
