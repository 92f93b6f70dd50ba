package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"time"

	"eastgate/edge/camera/cameratest"
)

// A result is one mix of cameras, measured.
type result struct {
	Mix     string `json:"mix"`
	Cameras int    `json:"cameras"`
	Sub     bool   `json:"sub_stream"`
	// CPU is seconds of processor time for each second of a camera, user and system.
	CPU   map[string]float64 `json:"cpu_s_per_camera_s"`
	Cores float64            `json:"cores"`
	// Pace is how much of real time the others have done, where they say so.
	Pace       map[string]float64 `json:"pace,omitempty"`
	FFmpeg     *float64           `json:"ratio_ffmpeg_full"` // the others' time over ours
	Frigate    *float64           `json:"ratio_frigate_pipe"`
	Motion     *float64           `json:"ratio_motion"`
	Planted    int                `json:"events_planted"`
	Found      int                `json:"events_found"`
	Missed     []string           `json:"events_missed,omitempty"`
	False      []string           `json:"events_elsewhere,omitempty"` // of cameras at which nothing was planted
	Delay50    *float64           `json:"delay_p50_s"`
	Delay95    *float64           `json:"delay_p95_s"`
	Wire95     *float64           `json:"decision_to_wire_p95_s"`
	In         float64            `json:"pictures_in"`
	Decoded    float64            `json:"pictures_decoded"`
	Judged     float64            `json:"pictures_judged"`
	Share      float64            `json:"decoded_share"`
	Places     map[string]float64 `json:"decoded_share_by_place"`
	MbitPerS   float64            `json:"mbit_per_s"`
	RSS        float64            `json:"rss_mb"`
	PerCamera  float64            `json:"rss_mb_per_camera"`
	Dropped    float64            `json:"dropped_reported"`
	Unreported float64            `json:"dropped_unreported"`
}

// measure runs one mix.
func measure(ctx context.Context, o options, places []place, n int, mix string, others map[string]spent) (result, error) {
	dir, err := os.MkdirTemp("", "eastgate-density-")
	if err != nil {
		return result{}, err
	}
	defer os.RemoveAll(dir)
	s, err := newStand(dir)
	if err != nil {
		return result{}, err
	}
	defer s.down()
	p := newPlan(o, places, n, mix)
	if err := s.startBroker(ctx); err != nil {
		return result{}, err
	}
	k, err := openSink(s)
	if err != nil {
		return result{}, err
	}
	defer k.close()
	if err := s.simulate(ctx, o.simulator, p); err != nil {
		return result{}, err
	}
	if s.edge, err = s.startEdge(ctx, o, p); err != nil {
		return result{}, err
	}
	if o.peers && n <= crowd {
		if s.peers, err = s.watch(p); err != nil {
			return result{}, err
		}
	}
	r := result{Mix: mix, Cameras: n, Sub: o.sub, CPU: map[string]float64{}}
	if err := r.spend(ctx, o, s, p, others); err != nil {
		return r, err
	}
	return r, r.find(ctx, s, k, p)
}

// crowd is up to how many cameras others run beside the box: above it, there is no room
// for them, and what they took before in the same run stands.
const crowd = 16

// counters are everything that counts, at one time.
type counters struct {
	at     time.Time
	cpu    time.Duration
	m      gauge
	others map[string]spent
	sent   map[string]float64 // pictures of each stream, by the simulator
}

func read(s *stand) (counters, error) {
	r := counters{at: time.Now()}
	var err error
	if r.cpu, err = cpuOf(s.edge.cmd.Process.Pid); err != nil {
		return r, fmt.Errorf("edge has ended: see %s: %w", s.edge.log, err)
	}
	if r.others, err = s.peers.spent(); err != nil {
		return r, err
	}
	if err = ask("http://"+s.control+"/", &r.sent); err != nil {
		return r, err
	}
	r.m, err = scrape(s.health)
	return r, err
}

// spend measures what the box and the others take.
func (r *result) spend(ctx context.Context, o options, s *stand, p plan, others map[string]spent) error {
	if err := wait(ctx, o.warm); err != nil {
		return err
	}
	a, err := read(s)
	if err != nil {
		return err
	}
	if err := wait(ctx, o.length); err != nil {
		return err
	}
	b, err := read(s)
	if err != nil {
		return err
	}
	took := b.at.Sub(a.at).Seconds()
	r.Cores = round((b.cpu-a.cpu).Seconds()/took, 3)
	ours := (b.cpu - a.cpu).Seconds() / took / float64(r.Cameras)
	r.CPU["edge"] = round(ours, 5)
	for name, end := range b.others {
		cpu := end.cpu - a.others[name].cpu
		pace := r.pace(name, end.seen-a.others[name].seen, took*float64(end.n))
		others[name] = spent{cpu: time.Duration(float64(cpu) / took / pace), n: end.n}
	}
	for name, x := range others {
		r.CPU[name] = round(x.cpu.Seconds()/float64(x.n), 5)
	}
	r.FFmpeg, r.Frigate, r.Motion = r.ratio("ffmpeg_full", ours), r.ratio("frigate_pipe", ours), r.ratio("motion", ours)
	during := func(name string) float64 { return b.m.sum(name) - a.m.sum(name) }
	r.In, r.Decoded, r.Judged = during("edge_camera_packets_total"), during("edge_decode_frames_total"), during("edge_detect_frames_judged_total")
	r.MbitPerS = round(during("edge_camera_bytes_total")*8/1e6/took, 1)
	if r.In > 0 {
		r.Share = round(r.Decoded/r.In, 4)
	}
	r.share(a, b, p)
	if err := r.lose(ctx, s, a, p); err != nil {
		return err
	}
	r.Dropped = during("edge_camera_packets_dropped_total") + during("edge_detect_frames_skipped_total")
	memory, err := rssOf(s.edge.cmd.Process.Pid)
	if err != nil {
		return err
	}
	r.RSS = round(memory, 1)
	r.PerCamera = round(r.RSS/float64(r.Cameras), 2)
	return nil
}

// pace is how much of real time a peer has done. On a machine that is too busy it does
// less and would look cheaper than it is; motion does not say how far it is.
func (r *result) pace(name string, seen, due float64) float64 {
	if seen <= 0 {
		return 1
	}
	if r.Pace == nil {
		r.Pace = map[string]float64{}
	}
	r.Pace[name] = round(seen/due, 3)
	if seen < .95*due {
		fmt.Fprintf(os.Stderr, "density: the machine is too busy: %s has done %.0f%% of real time; its time is counted for what it has done\n", name, 100*seen/due)
	}
	return seen / due
}

func (r *result) ratio(name string, ours float64) *float64 {
	theirs, ok := r.CPU[name]
	if !ok || ours <= 0 {
		return nil
	}
	x := round(theirs/ours, 2)
	return &x
}

// find compares what was planted with what was heard, and what was sent with what came.
func (r *result) find(ctx context.Context, s *stand, k *sink, p plan) error {
	told, err := s.told()
	if err != nil {
		return err
	}
	things := p.happened(told)
	for _, t := range things {
		if err := wait(ctx, time.Until(t.at.Add(answer*time.Second))); err != nil {
			return err
		}
	}
	x := judge(things, k.heard())
	r.Planted, r.Found = x.planted, x.found
	for _, h := range x.elsewhere {
		r.False = append(r.False, fmt.Sprintf("%s %s %s", h.camera, h.event.Kind, placeOf(p, h.camera)))
	}
	for _, m := range x.missed {
		r.Missed = append(r.Missed, fmt.Sprintf("%s %s %s", m.camera, m.kind, placeOf(p, m.camera)))
	}
	r.Delay50, r.Delay95, r.Wire95 = percentile(x.delays, .5), percentile(x.delays, .95), percentile(x.wire, .95)
	return nil
}

// streams are those of a camera that the box reads, and its names for them.
func streams(camera string, sub bool) map[string]string {
	if sub {
		return map[string]string{camera + cameratest.Sub: camera, camera: camera + "/record"}
	}
	return map[string]string{camera: camera}
}

// underWay is how many pictures of a camera may be on their way.
const underWay = 3

// lose counts what was sent since a and neither came nor was missed by the box. What is
// only late on a busy machine comes in the end; what is lost never does.
func (r *result) lose(ctx context.Context, s *stand, a counters, p plan) error {
	for range 20 {
		b, err := read(s)
		if err != nil {
			return err
		}
		r.Unreported = 0
		for _, c := range p.cameras {
			for stream, label := range streams(c.name, r.Sub) {
				r.Unreported += math.Max(0, b.missing(stream, label)-a.missing(stream, label)-underWay)
			}
		}
		if r.Unreported == 0 {
			return nil
		}
		if err := wait(ctx, 300*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// missing is how many pictures of a stream were sent and not seen by the box.
func (x counters) missing(stream, label string) float64 {
	return x.sent[stream] - x.m["edge_camera_packets_total"][label] - x.m["edge_camera_rtp_lost_total"][label]
}

// share is how much was decoded at each place.
func (r *result) share(a, b counters, p plan) {
	decoded, in := map[string]float64{}, map[string]float64{}
	for _, c := range p.cameras {
		decoded[c.place.name] += b.m["edge_decode_frames_total"][c.name] - a.m["edge_decode_frames_total"][c.name]
		in[c.place.name] += b.m["edge_camera_packets_total"][c.name] - a.m["edge_camera_packets_total"][c.name]
	}
	r.Places = map[string]float64{}
	for place, n := range in {
		r.Places[place] = round(decoded[place]/math.Max(n, 1), 3)
	}
}

func placeOf(p plan, camera string) string {
	for _, c := range p.cameras {
		if c.name == camera {
			return c.place.name
		}
	}
	return ""
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
