package detect

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"eastgate/edge/flow"
	"eastgate/shared/event"
)

// A Task is a detector at work on one camera.
type Task struct {
	Detector Detector
	// Every is the least media time between two pictures that it judges.
	Every time.Duration
}

// A Stage passes one camera's frames through its tasks.
type Stage struct {
	camera string
	tasks  []Task
	m      *Metrics
	log    *slog.Logger
	// Heed hears after each frame how urgently its detectors want to see more; may be nil.
	Heed func(pts time.Duration, want flow.Urgency)
}

// NewStage returns the stage of a camera. It closes the detectors when it has run.
func NewStage(camera string, tasks []Task, m *Metrics, log *slog.Logger) *Stage {
	return &Stage{camera: camera, tasks: tasks, m: m, log: log}
}

// Run judges frames from in until in is closed or ctx ends, then closes out.
// Each task that is due makes one observation of a frame. A frame that a
// detector cannot judge is counted and passed over: it makes no observation,
// because it was not looked at.
func (s *Stage) Run(ctx context.Context, in <-chan *flow.Frame, out chan<- flow.Observation) error {
	defer close(out)
	due := make([]schedule, len(s.tasks))
	complaint := rarely{every: time.Minute}
	for f := range in {
		err := s.judge(ctx, f, due, out)
		f.Release()
		if ctx.Err() != nil {
			break
		}
		if err != nil && complaint.now(time.Now()) {
			s.log.Warn("picture could not be judged", "camera", s.camera, "err", err)
		}
	}
	for f := range in { // the sender stops as well; what it still hands over is given back
		f.Release()
	}
	return s.close()
}

func (s *Stage) judge(ctx context.Context, f *flow.Frame, due []schedule, out chan<- flow.Observation) error {
	p := NewPicture(f)
	defer p.Close()
	var faults error
	want := flow.Calm
	if s.Heed != nil {
		defer func() { s.Heed(f.PTS, want) }()
	}
	for i, t := range s.tasks {
		if !due[i].reached(f.PTS, t.Every) {
			continue
		}
		info := t.Detector.Info()
		began := time.Now()
		findings, err := t.Detector.Detect(p)
		s.m.seconds.WithLabelValues(info.Name).Observe(time.Since(began).Seconds())
		if err != nil {
			s.m.failed.WithLabelValues(s.camera, info.Name).Inc()
			faults = errors.Join(faults, err)
			continue
		}
		s.m.judged.WithLabelValues(s.camera, info.Name).Inc()
		want = max(want, wish(t.Detector, findings))
		o := observation(f, info, t.Detector.Kinds(), findings)
		select {
		case out <- o:
		case <-ctx.Done():
			if o.Frame != nil {
				o.Frame.Release()
			}
			return nil
		}
	}
	return faults
}

func observation(f *flow.Frame, info event.Detector, kinds []event.Kind, findings []flow.Finding) flow.Observation {
	o := flow.Observation{
		Camera: f.Camera, Detector: info,
		At: f.Taken, PTS: f.PTS, Kinds: kinds, Findings: findings,
	}
	if len(findings) > 0 {
		o.Frame = f.Retain()
	}
	return o
}

func (s *Stage) close() error {
	var err error
	for _, t := range s.tasks {
		err = errors.Join(err, t.Detector.Close())
	}
	return err
}

// A schedule says when a task is due. It keeps the beat: a picture that comes a
// little early does not push the next one a whole period back.
type schedule struct {
	next    time.Duration
	started bool
}

func (s *schedule) reached(pts, every time.Duration) bool {
	switch {
	case !s.started || pts >= s.next+every || pts < s.next-2*every: // first, after a gap, or media time began anew
		s.started, s.next = true, pts+every
		return true
	case pts >= s.next-min(every/8, 20*time.Millisecond):
		s.next += every
		return true
	}
	return false
}

// rarely lets a complaint through once a period.
type rarely struct {
	every time.Duration
	last  time.Time
}

func (r *rarely) now(t time.Time) bool {
	if !r.last.IsZero() && t.Sub(r.last) < r.every {
		return false
	}
	r.last = t
	return true
}
