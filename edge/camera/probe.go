package camera

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/pion/rtcp"

	"eastgate/edge/flow"
)

// A Report is what a camera sent while it was watched. What could not be measured
// is nil.
type Report struct {
	Address     string   `json:"address"`
	Transport   string   `json:"transport"`
	Codec       string   `json:"codec"`
	Profile     string   `json:"profile,omitempty"`
	Width       int      `json:"width"`
	Height      int      `json:"height"`
	Seconds     float64  `json:"seconds"` // watched
	FPS         *float64 `json:"fps"`
	DeclaredFPS *float64 `json:"declared_fps"`   // what the stream says of itself
	KeyInterval *float64 `json:"key_interval_s"` // longest time between key pictures
	Kbps        *float64 `json:"kbit_per_s"`
	Lost        uint64   `json:"rtp_packets_lost"`
	Reordered   bool     `json:"b_pictures"`
	ClockOffset *float64 `json:"clock_offset_s"` // camera minus this box, from RTCP
	Faults      []string `json:"faults"`         // what is wrong, with what to do
}

// Probe watches a camera for a while and reports what it sends. When the camera
// cannot be read the error says why, in the words of State.
func Probe(ctx context.Context, cfg Config, length time.Duration) (Report, error) {
	transport := cfg.firstTransport()
	s, err := dial(ctx, cfg, transport)
	if err != nil && cfg.Transport == Auto && refusesTCP(err) {
		transport = UDP
		s, err = dial(ctx, cfg, transport)
	}
	c := Camera{cfg: cfg}
	if err != nil {
		why := c.explain(err)
		return Report{}, fmt.Errorf("%s: %s", why.Word, why.Reason)
	}
	defer s.close()
	w := &watcher{}
	s.lost = w.lose
	s.report = w.hear
	ctx, stop := context.WithTimeout(ctx, length)
	defer stop()
	err = s.play(ctx, cfg.stallAfter(), w.see)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.pictures == 0 {
		if ctx.Err() != nil {
			err = errTooEarly
		}
		why := c.explain(err)
		return Report{}, fmt.Errorf("%s: %s", why.Word, why.Reason)
	}
	r := w.report(s)
	r.Address, r.Transport = Redact(cfg.URL), transport
	r.Faults = r.judge()
	return r, nil
}

// A watcher counts what comes; its methods are called by the session's goroutines.
type watcher struct {
	mu          sync.Mutex
	stream      *flow.Stream
	pictures    int
	bytes       int
	gone        uint64
	first, last time.Duration
	newest      time.Duration // highest PTS so far
	reordered   bool
	lastKey     time.Duration
	keys        int
	keyInterval time.Duration
	offset      *float64
}

func (w *watcher) lose(n uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.gone += n
}

// hear reads the camera's clock from an RTCP sender report (RFC 3550 §6.4.1).
func (w *watcher) hear(p rtcp.Packet) {
	sr, ok := p.(*rtcp.SenderReport)
	if !ok || sr.NTPTime == 0 {
		return
	}
	const ntpEpoch = 2208988800 // seconds from 1900 to 1970
	seconds := float64(sr.NTPTime>>32) - ntpEpoch + float64(sr.NTPTime&math.MaxUint32)/(1<<32)
	offset := figure(seconds - float64(time.Now().UnixNano())/1e9)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.offset = offset
}

func (w *watcher) see(p *flow.Packet) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.pictures == 0 {
		w.first, w.newest = p.PTS, p.PTS
	}
	w.stream = p.Stream
	w.reordered = w.reordered || p.PTS < w.newest
	w.newest = max(w.newest, p.PTS)
	w.last = w.newest
	w.pictures++
	w.bytes += len(p.Data)
	if p.Key {
		if w.keys > 0 {
			w.keyInterval = max(w.keyInterval, p.PTS-w.lastKey)
		}
		w.keys++
		w.lastKey = p.PTS
	}
}

func (w *watcher) report(s *session) Report {
	r := Report{
		Codec: w.stream.Codec, Width: w.stream.Width, Height: w.stream.Height,
		Lost: w.gone, Reordered: w.reordered, ClockOffset: w.offset,
	}
	if span := (w.last - w.first).Seconds(); span > 0 {
		r.Seconds = rounded(span)
		r.FPS = figure(float64(w.pictures-1) / span)
		r.Kbps = figure(float64(w.bytes) * 8 / 1000 / span)
	}
	if w.keys > 1 {
		r.KeyInterval = figure(w.keyInterval.Seconds())
	}
	if w.stream.Codec == avc.codec {
		var sps h264.SPS
		if sps.Unmarshal(s.units.sets[0]) == nil {
			r.Profile = fmt.Sprint(sps.ProfileIdc)
			if fps := sps.FPS(); fps > 0 {
				r.DeclaredFPS = figure(fps)
			}
		}
	}
	return r
}

func rounded(x float64) float64 { return math.Round(x*100) / 100 }

func figure(x float64) *float64 {
	x = rounded(x)
	return &x
}

// maxKeyInterval is what detection on key pictures can live with.
const maxKeyInterval = 4.0

// judge says what is wrong with the stream, and what to do about it.
func (r Report) judge() []string {
	faults := []string{}
	add := func(format string, a ...any) { faults = append(faults, fmt.Sprintf(format, a...)) }
	switch {
	case r.KeyInterval == nil && r.Seconds > maxKeyInterval:
		add("no second key picture came in %.0f s: set the key-picture (I-frame) interval to 2 s, and turn smart codec (H.264+/H.265+) off", r.Seconds)
	case r.KeyInterval != nil && *r.KeyInterval > maxKeyInterval:
		add("key pictures are %.1f s apart: set the key-picture (I-frame) interval to 2 s, and turn smart codec (H.264+/H.265+) off", *r.KeyInterval)
	}
	if r.Codec == hevc.codec {
		add("the stream is H.265: many browsers cannot show it; set the sub-stream to H.264 for live view")
	}
	if r.FPS != nil && r.DeclaredFPS != nil && (*r.FPS < *r.DeclaredFPS*0.8 || *r.FPS > *r.DeclaredFPS*1.25) {
		add("%.1f pictures a second come, the stream claims %.1f: the network or the camera cannot keep up, or its settings contradict each other", *r.FPS, *r.DeclaredFPS)
	}
	if r.FPS != nil && *r.FPS < 5 {
		add("%.1f pictures a second are few for fire and motion: set at least 10", *r.FPS)
	}
	if r.Lost > 0 {
		add("%d RTP packets were lost: use TCP, or mend the network", r.Lost)
	}
	if r.Reordered {
		add("the stream has B-pictures, which delay live view: choose the baseline or main profile without B-frames")
	}
	if r.ClockOffset != nil && math.Abs(*r.ClockOffset) > 2 {
		add("the camera's clock is %.1f s off: point its NTP to this box", *r.ClockOffset)
	}
	return faults
}
