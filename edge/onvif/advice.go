package onvif

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// What we recommend. Why: the gate decodes key pictures, an event is confirmed within
// seconds, and every browser and every box can play H.264.
const (
	BestEncoding    = "H264"
	LongestInterval = 2.0 // seconds from one key picture to the next
	leastHeight     = 720 // of the main stream: less shows too little as evidence
	leastFPS        = 10.0
	mostFPS         = 25.0
	mostSubPixels   = 1280 * 720
	ClockTolerance  = 2 * time.Second
)

// A Stream is a profile with its address and what was measured of it.
type Stream struct {
	Profile
	URI      string   `json:"uri"`
	Snapshot string   `json:"snapshot,omitempty"`
	Advice   []string `json:"advice,omitempty"`
	// Measured is how far key pictures really were apart, in seconds; nil where the
	// stream was not watched.
	Measured *float64 `json:"measured_key_interval_s,omitempty"`
}

// Sort puts the streams of each lens together, the finest first.
func Sort(streams []Stream) {
	slices.SortStableFunc(streams, func(a, b Stream) int {
		if a.Source != b.Source {
			if a.Source < b.Source {
				return -1
			}
			return 1
		}
		return b.Width*b.Height - a.Width*a.Height
	})
}

// AdviseMain says what to change at the stream that is recorded and judged.
func AdviseMain(s Stream) []string {
	out := adviseAny(s)
	if s.Height > 0 && s.Height < leastHeight {
		out = append(out, fmt.Sprintf("the picture is %d×%d: set at least 1280×720, or events show too little", s.Width, s.Height))
	}
	if s.FPS > mostFPS {
		out = append(out, fmt.Sprintf("%g pictures a second are more than is used: set 15 to 25", s.FPS))
	}
	if s.FPS > 0 && s.FPS < leastFPS {
		out = append(out, fmt.Sprintf("%g pictures a second are few: set 15 to 25", s.FPS))
	}
	return out
}

// AdviseSub says what to change at the small stream.
func AdviseSub(s Stream) []string {
	out := adviseAny(s)
	if s.Width*s.Height > mostSubPixels {
		out = append(out, fmt.Sprintf("the sub-stream is %d×%d: 704×576 to 1280×720 is enough and costs less", s.Width, s.Height))
	}
	return out
}

func adviseAny(s Stream) []string {
	var out []string
	switch s.Encoding {
	case BestEncoding:
	case "H265":
		out = append(out, "the codec is H.265: set H.264; H.265 works here, but not in every browser")
	case "":
		out = append(out, "the device does not say the codec: set H.264 and run `edge probe`")
	default:
		out = append(out, fmt.Sprintf("the codec is %.20s: set H.264", s.Encoding))
	}
	declared := s.KeyInterval()
	switch {
	case declared > LongestInterval+0.05:
		out = append(out, fmt.Sprintf("a key picture comes every %.1f s: set the I-frame interval to %d pictures (every %g s at most)", declared, int(s.FPS), LongestInterval))
	case s.GovLength == 0 && s.Measured == nil:
		out = append(out, fmt.Sprintf("the device does not say how often a key picture comes: set the I-frame interval to at most %g s and run `edge probe`", LongestInterval))
	}
	return append(out, adviseMeasured(s, declared)...)
}

// adviseMeasured tells a smart codec by what it does, as no ONVIF field names it: key
// pictures come later than the device says.
func adviseMeasured(s Stream, declared float64) []string {
	switch {
	case s.Measured == nil:
		return nil
	case declared > 0 && *s.Measured > declared*1.5+0.5:
		return []string{fmt.Sprintf("key pictures came %.1f s apart although the device says %.1f s: switch the smart codec (H.264+, H.265+, Smart Codec, U-Code) off", *s.Measured, declared)}
	case declared == 0 && *s.Measured > LongestInterval+0.2:
		return []string{fmt.Sprintf("key pictures came %.1f s apart: set the I-frame interval to at most %g s, and switch the smart codec off", *s.Measured, LongestInterval)}
	}
	return nil
}

// AdviseSource says what lacks at one lens, whose streams are given the finest first.
func AdviseSource(streams []Stream) []string {
	if len(streams) == 1 {
		return []string{"there is no sub-stream: switch it on (H.264, 704×576 to 1280×720, 5 to 15 pictures a second)"}
	}
	return nil
}

// AdviseClock says what to do about the device's clock.
func AdviseClock(c Clock) []string {
	switch off := c.Offset; {
	case !c.Known:
		return []string{"the device does not tell the time in UTC: set its clock by NTP from this box"}
	case off.Abs() <= ClockTolerance:
		return nil
	case wholeHours(off):
		return []string{fmt.Sprintf("the clock is ahead by %.0f whole hours: the device takes its local time for UTC; set its time zone, and NTP from this box", off.Hours())}
	default:
		return []string{fmt.Sprintf("the clock is wrong by %.1f s: set NTP from this box", off.Seconds())}
	}
}

func wholeHours(d time.Duration) bool {
	h := d.Hours()
	return math.Abs(h) > 0.5 && math.Abs(h) < 15 && math.Abs(h-math.Round(h)) < 10.0/3600
}
