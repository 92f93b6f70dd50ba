//go:build !nocv

package app_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestTheGateOnWhatCamerasSend has somebody cross a still place after 40 of 60 seconds, coded
// in the ways that make it hard to tell from coded pictures: the event is found, nothing is
// told before, and the gate does not open again and again for noise and lamps.
func TestTheGateOnWhatCamerasSend(t *testing.T) {
	const place = "testsrc=size=640x360:rate=10:duration=0.1,loop=599:1:0,setpts=N/10/TB[b];color=white:size=24x70:rate=10:duration=60[w];" +
		"[b][w]overlay=x=60+40*(t-40):y=200:enable='between(t,40,50)',"
	key := []string{"-g", "20", "-keyint_min", "20"}
	for name, c := range map[string]struct {
		filter      string
		coder       []string
		least, most float64 // share that is decoded
	}{
		"constant bitrate": {"noise=alls=8:allf=t", append([]string{"-b:v", "600k", "-maxrate", "600k", "-bufsize", "300k", "-x264-params", "nal-hrd=cbr"}, key...), 0.2, 0.5},
		"low light":        {"lutyuv=y=16+(val-16)*0.25:u=(val-128)*0.3+128:v=(val-128)*0.3+128,noise=alls=16:allf=t", append([]string{"-b:v", "800k"}, key...), 0.2, 0.8}, // noise opens it now and then
		"infrared lamp that flickers": {
			"hue=s=0,eq=brightness='if(lt(mod(t,3.1),0.5),0.04,0)':eval=frame,noise=alls=5:allf=t", append([]string{"-crf", "26"}, key...), 0.2, 0.6,
		},
		"smart codec": {"noise=alls=3:allf=t", []string{"-crf", "30", "-g", "250", "-keyint_min", "250"}, 0.95, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{place + c.filter, "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-sc_threshold", "0", "-threads", "1"}, c.coder...)
			out, said, err := command(t, "analyze", "-gate", "on", "-detect", "motion", film(t, "film.mp4", args...))
			if err != nil {
				t.Fatal(err, said)
			}
			lines := strings.Split(strings.TrimSpace(out), "\n")
			var sum struct {
				In      float64 `json:"frames_in"`
				Decoded float64 `json:"frames_decoded"`
			}
			if err := json.Unmarshal([]byte(lines[len(lines)-1]), &sum); err != nil {
				t.Fatal(err)
			}
			if share := sum.Decoded / sum.In; share < c.least || share > c.most {
				t.Errorf("%.2f of the pictures were decoded, want %v to %v", share, c.least, c.most)
			}
			found := false
			for _, line := range lines[:len(lines)-1] {
				var e struct {
					Start float64 `json:"start_s"`
				}
				if err := json.Unmarshal([]byte(line), &e); err != nil {
					t.Fatal(err)
				}
				if e.Start < 40 {
					t.Errorf("before anything moved: %s", line)
				}
				found = found || e.Start >= 40 && e.Start < 44
			}
			if !found {
				t.Errorf("nobody was found between 40 and 44 s: %s", out)
			}
		})
	}
}
