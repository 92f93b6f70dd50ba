//go:build !nocv

package tamper

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"eastgate/edge/detect"
	"eastgate/edge/detect/detecttest"
	"eastgate/edge/zone"
)

// coded has ffmpeg make a film of drawn pictures with a sensor's noise; after 40 s
// it does what last says to the picture, for 30 s more.
//
// What an encoder makes depends on its number of threads, so that is given.
func coded(t testing.TB, last string, threads int, encoder ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "film.mkv")
	const live = "testsrc=size=320x180:rate=4:duration=%d,format=yuv420p,noise=alls=8:allf=t"
	graph := fmt.Sprintf(live+"[a];"+live+",%s[b];[a][b]concat,format=yuv420p[out]", 40, 30, last)
	args := append([]string{"-v", "error", "-filter_complex", graph, "-map", "[out]"}, encoder...)
	if out, err := exec.Command("ffmpeg", append(args, "-threads", strconv.Itoa(threads), file)...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg (scripts/setup installs it): %v\n%s", err, out)
	}
	return file
}

// TestStillsThatAreCodedAnew: what encoders make of one picture is not the same to
// the bit, and is frozen all the same. Noise is not, however it is coded.
func TestStillsThatAreCodedAnew(t *testing.T) {
	const (
		still = "loop=loop=-1:size=1,trim=end_frame=120,setpts=N/4/TB"
		alive = "null"
		black = "drawbox=color=black:t=fill,noise=alls=2:allf=t"
	)
	// Coded fast, a still is as many different pictures as coded with care, for a third of the cost.
	x264 := []string{"-c:v", "libx264", "-preset", "veryfast", "-g", "8", "-crf", "23"}
	rate := []string{"-c:v", "libx264", "-preset", "veryfast", "-g", "16", "-bf", "0", "-b:v", "300k", "-maxrate", "300k", "-bufsize", "300k"}
	x265 := []string{"-c:v", "libx265", "-x265-params", "log-level=none", "-g", "8"}
	for _, c := range []struct {
		name, last string
		threads    int
		encoder    []string
		want       string
		from, to   time.Duration // when it must be noted, at the latest and up to the end
	}{
		{"constant quality", still, 1, x264, "frozen", 62 * time.Second, 70 * time.Second},
		{"constant rate", still, 1, rate, "frozen", 62 * time.Second, 70 * time.Second},
		{"constant rate, two threads", still, 2, rate, "frozen", 62 * time.Second, 70 * time.Second},
		{"constant rate, eight threads", still, 8, rate, "frozen", 62 * time.Second, 70 * time.Second},
		{"H.265", still, 1, x265, "frozen", 62 * time.Second, 70 * time.Second},
		{"alive, constant quality", alive, 1, x264, "", 0, 0},
		{"alive, constant rate", alive, 1, rate, "", 0, 0},
		{"black, as cameras send it", black, 1, x264, "black", 42 * time.Second, 70 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d, err := Open(Config{FrozenAfter: 4 * time.Second, AdoptAfter: time.Hour}, zone.Areas{})
			if err != nil {
				t.Fatal(err)
			}
			noted := map[string][]time.Duration{}
			detecttest.Play(t, coded(t, c.last, c.threads, c.encoder...), 500*time.Millisecond, func(p *detect.Picture) {
				found, err := d.Detect(p)
				if err != nil {
					t.Error(err)
				}
				for _, f := range found {
					noted[f.Note] = append(noted[f.Note], p.PTS())
					if began := p.PTS() - f.Age; f.Note == "frozen" && (began < 38*time.Second || began > 44*time.Second) {
						t.Errorf("at %v: frozen since %v, want about 40 s", p.PTS(), began)
					}
				}
			})
			got := noted[c.want]
			delete(noted, c.want)
			if len(noted) > 0 {
				t.Errorf("noted %v", noted)
			}
			if c.want == "" {
				return
			}
			if len(got) == 0 || got[0] > c.from || !slices.IsSorted(got) || c.to-got[len(got)-1] > 4*time.Second {
				t.Errorf("%s at %v", c.want, got)
			}
		})
	}
}

// TestACoveredLensStaysCovered: only another view becomes the right one.
func TestACoveredLensStaysCovered(t *testing.T) {
	d := open(t)
	d.cfg.AdoptAfter = 20 * time.Second
	said := notes(t, d, 120, coveredAfter(15))
	if n := said["covered"]; n < 200 {
		t.Errorf("noted %v; want covered until the end", said)
	}
}
