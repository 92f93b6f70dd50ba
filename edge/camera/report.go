package camera

import (
	"bytes"
	"fmt"
	"math"

	"eastgate/edge/flow"
)

// A Report is what a camera sent while it was watched. What could not be measured
// is nil.
type Report struct {
	Address        string   `json:"address"`
	Transport      string   `json:"transport"`
	Codec          string   `json:"codec"`
	Profile        string   `json:"profile,omitempty"`
	Width          int      `json:"width"`
	Height         int      `json:"height"`
	Seconds        float64  `json:"seconds"` // of media time watched
	FPS            *float64 `json:"fps"`
	DeclaredFPS    *float64 `json:"declared_fps"` // what the stream says of itself
	KeyPictures    int      `json:"key_pictures"`
	KeyInterval    *float64 `json:"key_interval_s"` // longest time between key pictures
	KeyIntervalMin *float64 `json:"key_interval_min_s"`
	Kbps           *float64 `json:"kbit_per_s"`
	Lost           uint64   `json:"rtp_packets_lost"`
	Malformed      uint64   `json:"rtp_packets_malformed"`
	BPictures      bool     `json:"b_pictures"`
	ClockOffset    *float64 `json:"clock_offset_s"` // camera minus this box, from RTCP
	Faults         []string `json:"faults"`         // what is wrong, with what to do
}

// declared reads what a stream says of itself.
func declared(s *flow.Stream) (profile string, fps *float64) {
	unit := sequenceOf(s)
	if unit == nil {
		return "", nil
	}
	var rate float64
	if s.Codec == avc.codec {
		sps := parseAVC(unit)
		profile = fmt.Sprintf("%s, level %g", profileOf(avcProfiles, sps.ProfileIdc), float64(sps.LevelIdc)/10)
		rate = sps.FPS()
	} else {
		sps := parseHEVC(unit)
		ptl := sps.ProfileTierLevel
		profile = fmt.Sprintf("%s, level %g", profileOf(hevcProfiles, ptl.GeneralProfileIdc), float64(ptl.GeneralLevelIdc)/30)
		rate = sps.FPS()
	}
	if rate > 0 {
		fps = figure(rate)
	}
	return profile, fps
}

// sequenceOf finds the sequence parameter set of a stream.
func sequenceOf(s *flow.Stream) []byte {
	syntax := avc
	if s.Codec == hevc.codec {
		syntax = hevc
	}
	for _, u := range bytes.Split(s.Extradata, startCode[:]) {
		if len(u) >= 2 && syntax.role(u) == firstSet+role(syntax.sequence) {
			return u
		}
	}
	return nil
}

// A profile has a number and a name.
type profile struct {
	idc  uint8
	name string
}

var (
	// ITU-T H.264 §A.2.
	avcProfiles = []profile{
		{66, "Baseline"}, {77, "Main"}, {88, "Extended"}, {100, "High"}, {110, "High 10"}, {122, "High 4:2:2"}, {244, "High 4:4:4"},
	}
	// ITU-T H.265 §A.3.
	hevcProfiles = []profile{{1, "Main"}, {2, "Main 10"}, {3, "Main Still Picture"}, {4, "Range Extensions"}}
)

func profileOf(known []profile, idc uint8) string {
	for _, p := range known {
		if p.idc == idc {
			return p.name
		}
	}
	return fmt.Sprintf("profile %d", idc)
}

const (
	maxKeyInterval = 4.0  // what detection on key pictures can live with, in seconds
	minFPS         = 5.0  // what flicker and movement need
	maxClockOffset = 2.0  // seconds
	clockPatience  = 12.0 // seconds within which cameras usually say their time
)

// judge says what is wrong with the stream, and what to do about it.
func (r Report) judge() []string {
	faults := append(r.judgeKeys(), r.judgeRate()...)
	add := func(format string, a ...any) { faults = append(faults, fmt.Sprintf(format, a...)) }
	if r.Width == 0 {
		add("the picture's size cannot be read from the stream: update the camera's firmware, or restart it")
	}
	if r.Codec == hevc.codec {
		add("the stream is H.265: many browsers cannot show it; set the sub-stream to H.264 for live view")
	}
	if r.BPictures {
		add("the stream has B-pictures, which delay live view: choose the baseline or main profile without B-frames")
	}
	if r.Lost > 0 {
		add("%d RTP packets were lost: use TCP, or mend the network", r.Lost)
	}
	if r.Malformed > 0 {
		add("%d RTP packets could not be read: update the camera's firmware", r.Malformed)
	}
	switch {
	case r.ClockOffset != nil && math.Abs(*r.ClockOffset) > maxClockOffset:
		add("the camera's clock is %.1f s off: point its NTP to this box", *r.ClockOffset)
	case r.ClockOffset == nil && r.Seconds > clockPatience:
		add("the camera does not say its time (no RTCP sender report): its clock cannot be watched; set it by NTP")
	}
	return faults
}

func (r Report) judgeKeys() (faults []string) {
	add := func(format string, a ...any) { faults = append(faults, fmt.Sprintf(format, a...)) }
	const advice = "set the key-picture (I-frame) interval to 2 s, and turn smart codec (H.264+/H.265+) off"
	switch {
	case r.KeyPictures == 0:
		add("no key picture came in %.1f s, and without one nothing can be decoded: %s", r.Seconds, advice)
	case r.KeyInterval == nil && r.Seconds > maxKeyInterval:
		add("no second key picture came in %.1f s: %s", r.Seconds, advice)
	case r.KeyInterval != nil && *r.KeyInterval > maxKeyInterval:
		add("key pictures are %.1f s apart: %s", *r.KeyInterval, advice)
	}
	if r.KeyInterval != nil && *r.KeyInterval > 1.5**r.KeyIntervalMin+0.2 {
		add("key pictures come irregularly, every %.1f to %.1f s, as with a smart codec (H.264+/H.265+): turn it off", *r.KeyIntervalMin, *r.KeyInterval)
	}
	return faults
}

func (r Report) judgeRate() (faults []string) {
	add := func(format string, a ...any) { faults = append(faults, fmt.Sprintf(format, a...)) }
	if r.FPS == nil {
		add("the camera's time stands still (0 pictures a second by its own count): restart it, or update its firmware")
		return faults
	}
	if r.DeclaredFPS != nil && (*r.FPS < *r.DeclaredFPS*0.8 || *r.FPS > *r.DeclaredFPS*1.25) {
		add("%.1f pictures a second come, the stream claims %.1f: the network or the camera cannot keep up, or its settings contradict each other", *r.FPS, *r.DeclaredFPS)
	}
	if *r.FPS < minFPS {
		add("%.1f pictures a second are few for fire and motion: set at least 10", *r.FPS)
	}
	return faults
}
