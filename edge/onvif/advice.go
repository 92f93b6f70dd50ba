package onvif

import (
	"fmt"
	"math"
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

// An Advice says what to change at a device. About is the setting, so that a vendor's own
// word for it can be told beside.
type Advice struct {
	About string `json:"about"`
	Text  string `json:"text"`
}

// What advice is about.
const (
	Codec    = "codec"
	Interval = "interval" // between key pictures
	Smart    = "smart"    // codecs that leave key pictures out
	Size     = "size"
	Rate     = "rate"
	SubOn    = "sub"
	Time     = "time"
)

// About lists what advice can be about.
func About() []string { return []string{Codec, Interval, Smart, Size, Rate, SubOn, Time} }

func say(about, format string, a ...any) Advice { return Advice{about, fmt.Sprintf(format, a...)} }

// AdviseMain says what to change at the stream that is recorded and judged.
func AdviseMain(s Stream) []Advice {
	out := adviseAny(s)
	if s.Height > 0 && s.Height < leastHeight {
		out = append(out, say(Size, "the picture is %d×%d: set at least 1280×720, or events show too little", s.Width, s.Height))
	}
	if s.FPS > mostFPS {
		out = append(out, say(Rate, "%g pictures a second are more than is used: set 15 to 25", s.FPS))
	}
	if s.FPS > 0 && s.FPS < leastFPS {
		out = append(out, say(Rate, "%g pictures a second are few: set 15 to 25", s.FPS))
	}
	return out
}

// AdviseSub says what to change at the small stream.
func AdviseSub(s Stream) []Advice {
	out := adviseAny(s)
	if s.Width*s.Height > mostSubPixels {
		out = append(out, say(Size, "the sub-stream is %d×%d: 704×576 to 1280×720 is enough and costs less", s.Width, s.Height))
	}
	return out
}

func adviseAny(s Stream) []Advice {
	var out []Advice
	switch s.Encoding {
	case BestEncoding:
	case "H265":
		out = append(out, say(Codec, "the codec is H.265: set H.264; H.265 works here, but not in every browser"))
	case "":
		out = append(out, say(Codec, "the device does not say the codec: set H.264 and run `edge probe`"))
	default:
		out = append(out, say(Codec, "the codec is %.20s: set H.264", s.Encoding))
	}
	declared := s.KeyInterval()
	switch {
	case declared > LongestInterval+0.05:
		out = append(out, say(Interval, "a key picture comes every %.1f s: set the I-frame interval to %d pictures (every %g s at most)", declared, int(s.FPS), LongestInterval))
	case s.GovLength == 0 && s.Measured == nil:
		out = append(out, say(Interval, "the device does not say how often a key picture comes: set the I-frame interval to at most %g s and run `edge probe`", LongestInterval))
	}
	return append(out, adviseMeasured(s, declared)...)
}

// adviseMeasured tells a smart codec by what it does, as no ONVIF field names it: key
// pictures come later than the device says.
func adviseMeasured(s Stream, declared float64) []Advice {
	switch {
	case s.Measured == nil:
		return nil
	case declared > 0 && *s.Measured > declared*1.5+0.5:
		return []Advice{say(Smart, "key pictures came %.1f s apart although the device says %.1f s: switch the smart codec (H.264+, H.265+, Smart Codec, U-Code) off", *s.Measured, declared)}
	case declared == 0 && *s.Measured > LongestInterval+0.2:
		return []Advice{say(Smart, "key pictures came %.1f s apart: set the I-frame interval to at most %g s, and switch the smart codec off", *s.Measured, LongestInterval)}
	}
	return nil
}

// AdviseSource says what lacks at one lens, whose streams are given the finest first.
func AdviseSource(streams []Stream) []Advice {
	if len(streams) == 1 {
		return []Advice{say(SubOn, "there is no sub-stream: switch it on (H.264, 704×576 to 1280×720, 5 to 15 pictures a second)")}
	}
	return nil
}

// AdviseClock says what to do about the device's clock.
func AdviseClock(c Clock) []Advice {
	switch off := c.Offset; {
	case !c.Known:
		return []Advice{say(Time, "the device does not tell the time in UTC: set its clock by NTP from this box")}
	case off.Abs() <= ClockTolerance:
		return nil
	case wholeHours(off):
		return []Advice{say(Time, "the clock is ahead by %.0f whole hours: the device takes its local time for UTC; set its time zone, and NTP from this box", off.Hours())}
	default:
		return []Advice{say(Time, "the clock is wrong by %.1f s: set NTP from this box", off.Seconds())}
	}
}

func wholeHours(d time.Duration) bool {
	h := d.Hours()
	return math.Abs(h) > 0.5 && math.Abs(h) < 15 && math.Abs(h-math.Round(h)) < 10.0/3600
}
