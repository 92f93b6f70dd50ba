package status

import (
	"context"
	"time"

	"eastgate/edge/flow"
	"eastgate/shared/event"
)

// A Watch adds to what the detectors of one camera observe what the camera's own
// state says: that there are no pictures to look at. It stands between detect
// and confirm, so that a lost camera becomes an event like any other.
type Watch struct {
	camera string
	board  *Board
	see    func(flow.Observation)
	every  time.Duration
}

// NewWatch returns the watch of a camera; it looks at the board once a second. see
// is shown what the detectors observe; it must not block.
func NewWatch(camera string, board *Board, see func(flow.Observation)) *Watch {
	return &Watch{camera: camera, board: board, see: see, every: time.Second}
}

var watcher = event.Detector{Name: "status", Version: "1"}

// Run hands on observations in order and adds its own, until in is closed or ctx
// ends; then it closes out. Its observations' media time is monotonic time since
// it started: the camera has none while it is lost.
func (w *Watch) Run(ctx context.Context, in <-chan flow.Observation, out chan<- flow.Observation) error {
	defer close(out)
	began := time.Now()
	tick := time.NewTicker(w.every)
	defer tick.Stop()
	for {
		var o flow.Observation
		select {
		case next, open := <-in:
			if !open {
				return nil
			}
			o = next
			w.see(o)
		case now := <-tick.C:
			o = w.look(now, now.Sub(began))
		}
		select {
		case out <- o:
		case <-ctx.Done():
			if o.Frame != nil {
				o.Frame.Release()
			}
		}
	}
}

func (w *Watch) look(now time.Time, pts time.Duration) flow.Observation {
	o := flow.Observation{
		Camera: w.camera, Detector: watcher, At: now, PTS: pts, Kinds: []event.Kind{event.VideoLoss},
	}
	if since, reason, blind := w.board.Blind(w.camera); blind {
		o.Findings = []flow.Finding{{Kind: event.VideoLoss, Age: max(now.Sub(since), 1), Score: 1, Note: short(reason)}}
	}
	return o
}

// short keeps a reason within what an event's note may hold.
func short(s string) string {
	const most = 180
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && s[cut]&0xC0 == 0x80 { // not inside a character
		cut--
	}
	return s[:cut] + "…"
}
