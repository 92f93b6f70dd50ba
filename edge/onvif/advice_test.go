package onvif

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestAdvice(t *testing.T) {
	good := Stream{Profile: Profile{Encoding: "H264", Width: 1920, Height: 1080, FPS: 25, GovLength: 50}}
	late, asSaid := 6.0, 2.0
	with := func(change func(*Stream)) Stream {
		s := good
		change(&s)
		return s
	}
	for name, c := range map[string]struct {
		s    Stream
		want string // a piece of the advice; empty means that there is none
	}{
		"good":                {good, ""},
		"measured as said":    {with(func(s *Stream) { s.Measured = &asSaid }), ""},
		"H.265":               {with(func(s *Stream) { s.Encoding = "H265" }), "set H.264"},
		"MJPEG":               {with(func(s *Stream) { s.Encoding = "JPEG" }), "codec is JPEG: set H.264"},
		"key pictures late":   {with(func(s *Stream) { s.GovLength = 250 }), "every 10.0 s: set the I-frame interval to 25 pictures"},
		"interval not told":   {with(func(s *Stream) { s.GovLength = 0 }), "does not say how often"},
		"smart codec":         {with(func(s *Stream) { s.Measured = &late }), "switch the smart codec"},
		"smart, nothing told": {with(func(s *Stream) { s.GovLength, s.Measured = 0, &late }), "switch the smart codec off"},
		"small":               {with(func(s *Stream) { s.Width, s.Height = 640, 360 }), "set at least 1280×720"},
		"slow":                {with(func(s *Stream) { s.FPS, s.GovLength = 5, 10 }), "are few"},
		"fast":                {with(func(s *Stream) { s.FPS, s.GovLength = 60, 60 }), "more than is used"},
	} {
		got := fmt.Sprint(AdviseMain(c.s))
		if (c.want == "") != (got == "[]") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if got := AdviseSub(good); len(got) != 1 || !strings.Contains(got[0].Text, "is enough") {
		t.Errorf("a large sub-stream: %q", got)
	}
	if len(AdviseSource([]Stream{good})) != 1 || AdviseSource([]Stream{good, good}) != nil {
		t.Error("a lacking sub-stream")
	}
}

func TestAdviceOnClocks(t *testing.T) {
	for want, c := range map[string]Clock{
		"does not tell the time": {},
		"8 whole hours":          {Known: true, Offset: 8*time.Hour + 2*time.Second},
		"wrong by -90.0 s":       {Known: true, Offset: -90 * time.Second},
	} {
		if got := AdviseClock(c); len(got) != 1 || !strings.Contains(got[0].Text, want) {
			t.Errorf("%+v: %q, want %q", c, got, want)
		}
	}
	if got := AdviseClock(Clock{Known: true, Offset: time.Second}); got != nil {
		t.Error(got)
	}
}
