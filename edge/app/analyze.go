package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/edge/config"
	"eastgate/edge/confirm"
	"eastgate/edge/decode"
	"eastgate/edge/detect"
	"eastgate/edge/flow"
	"eastgate/edge/gate"
	"eastgate/edge/videofile"
	"eastgate/shared/event"
)

// An Analysis runs the pipeline on video files, as fast as the machine allows.
type Analysis struct {
	Camera config.Camera // zones, masks and detection
	Only   []string      // kinds of detectors; empty means all
	Gate   bool          // leave out what the gate of a running box would
	Out    io.Writer     // takes one JSON object a line
	// Progress is told how far a file is, 0 to 1; may be nil.
	Progress func(file string, done float64)
	Log      *slog.Logger
}

// A line is what `edge analyze` prints for an event. Times are seconds of the
// file's own media time.
type line struct {
	File  string     `json:"file"`
	Kind  event.Kind `json:"kind"`
	Zone  string     `json:"zone"`
	Start float64    `json:"start_s"` // when it was confirmed
	End   *float64   `json:"end_s"`   // null if it had not ended by the end of the file
	Since float64    `json:"since_s"` // when it began, known in hindsight
	Score float64    `json:"score"`
	Note  string     `json:"note,omitempty"`
	Late  float64    `json:"late_s,omitempty"` // with the gate: how long after that picture had come it was decoded
	Why   event.Why  `json:"why,omitempty"`    // what the judgement rested on when it was confirmed
}

// A summary is the last line for a file.
type summary struct {
	File     string  `json:"file"`
	Summary  bool    `json:"summary"`
	Duration float64 `json:"duration_s"`
	In       int     `json:"frames_in"`
	Decoded  int     `json:"frames_decoded"`
	Judged   int     `json:"frames_judged"`
	CPU      float64 `json:"cpu_s"`
	Bytes    int64   `json:"bytes_in"`
}

// File analyses one file. An error names the file and says what is wrong with it.
func (a Analysis) File(ctx context.Context, path string) error {
	video, err := videofile.Open(path)
	if err != nil {
		return err
	}
	defer video.Close()
	r := &report{path: path, open: map[string]*line{}}
	p, err := a.pipeline(video, r)
	if err != nil {
		return err
	}
	cpu := cpuTime()
	if err := p.run(ctx, ctx); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	r.sum.CPU = round((cpuTime() - cpu).Seconds(), 4)
	r.sum.Bytes = video.BytesRead()
	return r.print(a.Out)
}

func (a Analysis) pipeline(video *videofile.File, r *report) (*pipeline, error) {
	reg := prometheus.NewRegistry()
	areas := a.Camera.Areas()
	todo, err := tasks(a.Camera.Detect, areas, a.Only)
	if err != nil {
		return nil, err
	}
	const camera = "file"
	place := confirm.Place{Source: event.NewSource("analyze", "box", camera), Zones: areas.Zones, Local: time.UTC}
	unknown := func() event.Clock { return event.Clock{} }
	length := video.Info().Duration
	look := a.Camera.Gate
	look.Enabled = a.Gate
	gate := gate.New(camera, look, nil, gate.NewMetrics(reg))
	gate.Step = true
	detector := detect.NewStage(camera, todo, detect.NewMetrics(reg), a.Log)
	detector.Heed = gate.Heed
	decoder := decode.New(camera, decode.NewMetrics(reg), a.Log)
	decoder.Shared = decode.NewPool()
	r.late = gate.Late
	decoder.Moved = gate.Feel
	return &pipeline{
		camera: video, remember: pass[*flow.Packet]{func(*flow.Packet) { r.sum.In++ }},
		gate: gate, decode: decoder, look: gate.Behind(),
		newest: pass[*flow.Frame]{func(f *flow.Frame) {
			r.decoded(f)
			if a.Progress != nil && length > 0 {
				a.Progress(r.path, min(float64(f.PTS)/float64(length), 1))
			}
		}},
		detect:   detector,
		watch:    pass[flow.Observation]{r.judged},
		confirm:  confirm.New(place, confirm.Rules(), unknown, confirm.NewMetrics(reg)),
		evidence: bare{},
		keep: func(_ context.Context, e event.Event) {
			gate.Know(e)
			r.event(e)
		},
	}, nil
}

// A report gathers what a file led to. Each of its methods is called by one
// stage only; print is called when all have ended.
type report struct {
	path  string
	lines []*line
	open  map[string]*line // by episode
	sum   summary
	last  time.Duration // media time of the last observation
	late  func(time.Duration) time.Duration
}

func (r *report) decoded(f *flow.Frame) {
	r.sum.Decoded++
	r.sum.Duration = f.PTS.Seconds()
}

func (r *report) judged(o flow.Observation) {
	if r.sum.Judged == 0 || o.PTS != r.last {
		r.sum.Judged++
		r.last = o.PTS
	}
}

func (r *report) event(e event.Event) {
	pts := e.Time.Sub(videofile.Base)
	at := round(pts.Seconds(), 3)
	switch e.State {
	case event.Start:
		l := &line{
			File: r.path, Kind: e.Kind, Zone: e.Zone, Start: at,
			Since: round(e.Since.Sub(videofile.Base).Seconds(), 3), Score: round(e.Score, 3), Note: e.Note, Why: e.Why, Late: round(r.late(pts).Seconds(), 3),
		}
		r.lines = append(r.lines, l)
		r.open[e.Episode] = l
	case event.Update:
		if l := r.open[e.Episode]; l != nil {
			l.Score = max(l.Score, round(e.Score, 3))
		}
	case event.End:
		if l := r.open[e.Episode]; l != nil {
			l.End = &at
			delete(r.open, e.Episode)
		}
	}
}

func (r *report) print(w io.Writer) error {
	enc := json.NewEncoder(w)
	for _, l := range r.lines {
		if err := enc.Encode(l); err != nil {
			return err
		}
	}
	r.sum.File, r.sum.Summary = r.path, true
	return enc.Encode(r.sum)
}

func round(x float64, digits int) float64 {
	k := math.Pow10(digits)
	return math.Round(x*k) / k
}

// KindNames lists what Only may name.
func KindNames() []string {
	names := map[string]bool{}
	for _, k := range kinds {
		names[k.name] = true
	}
	return slices.Sorted(maps.Keys(names))
}
