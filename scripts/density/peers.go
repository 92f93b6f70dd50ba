package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A peer is another program that watches a camera.
type peer struct {
	name string
	rate float64 // pictures a second that it counts
	args func(url, folder string) ([]string, error)
}

// peers are what others run for each camera. Frigate's shape and motion's settings are
// what they take when nothing is recorded and nobody looks.
var peers = []peer{
	{"ffmpeg_full", 25, func(url, folder string) ([]string, error) {
		return append(reading(url, folder), "-f", "null", "-"), nil
	}},
	{"frigate_pipe", 5, func(url, folder string) ([]string, error) {
		return append(reading(url, folder), "-vf", "fps=5,scale=640:360", "-pix_fmt", "yuv420p", "-f", "rawvideo", "-y", "/dev/null"), nil
	}},
	{"motion", 0, func(url, folder string) ([]string, error) {
		conf := filepath.Join(folder, "motion.conf")
		body := fmt.Sprintf(`daemon off
log_level 4
webcontrol_port 0
stream_port 0
picture_output off
movie_output off
target_dir %s
netcam_url %s
netcam_params rtsp_transport=tcp
width 1920
height 1080
framerate 25
`, folder, url)
		return []string{"motion", "-n", "-c", conf}, os.WriteFile(conf, []byte(body), 0o600)
	}},
}

func reading(url, folder string) []string {
	return []string{
		"ffmpeg", "-v", "error", "-nostdin", "-progress", filepath.Join(folder, progress), "-threads", "1", "-rtsp_transport", "tcp", "-i", url,
	}
}

// progress is where ffmpeg says how far it is.
const progress = "progress"

// seen reads how many pictures a peer has counted; 0 where it counts none.
func seen(folder string) float64 {
	b, err := os.ReadFile(filepath.Join(folder, progress))
	if err != nil {
		return 0
	}
	_, last, _ := strings.Cut(string(b[max(0, bytes.LastIndex(b, []byte("frame="))):]), "=")
	word, _, _ := strings.Cut(last, "\n")
	n, _ := strconv.ParseFloat(strings.TrimSpace(word), 64) //nolint:errcheck // 0 where it is none
	return n
}

// each is how many of every peer run: enough to even out, few enough not to be in the way.
const each = 2

// A watching is the peers that run.
type watching map[string][]watcher

// A watcher is one of them.
type watcher struct {
	*process
	folder string
	rate   float64
}

// watch starts every peer on a few of the cameras.
func (s *stand) watch(p plan) (watching, error) {
	w := watching{}
	for _, x := range peers {
		for i := range min(each, len(p.cameras)) {
			folder := filepath.Join(s.dir, fmt.Sprintf("%s-%d", x.name, i+1))
			if err := os.MkdirAll(folder, 0o700); err != nil {
				return nil, err
			}
			args, err := x.args(fmt.Sprintf("rtsp://%s/%s", s.rtsp, p.cameras[i].name), folder)
			if err != nil {
				return nil, err
			}
			if _, err := exec.LookPath(args[0]); err != nil {
				fmt.Fprintf(os.Stderr, "density: %s is not there and is not measured (scripts/setup bench installs it)\n", args[0])
				continue
			}
			proc, err := s.start(filepath.Base(folder), args[0], args[1:]...)
			if err != nil {
				return nil, err
			}
			w[x.name] = append(w[x.name], watcher{proc, folder, x.rate})
		}
	}
	return w, nil
}

// A spent is the CPU time of some processes, how many they are, and how far they are.
type spent struct {
	cpu  time.Duration
	n    int
	seen float64 // seconds of all their cameras; 0 where they do not say
}

func (w watching) spent() (map[string]spent, error) {
	out := map[string]spent{}
	for name, all := range w {
		var s spent
		for _, p := range all {
			if !p.alive() {
				return nil, fmt.Errorf("%s has ended: see %s", p.name, p.log)
			}
			t, err := cpuOf(p.cmd.Process.Pid)
			if err != nil {
				return nil, err
			}
			s.cpu += t
			s.n++
			if p.rate > 0 {
				s.seen += seen(p.folder) / p.rate
			}
		}
		out[name] = s
	}
	return out, nil
}
