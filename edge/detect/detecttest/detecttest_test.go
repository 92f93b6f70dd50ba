//go:build !nocv

package detecttest_test

import (
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"eastgate/edge/detect"
	"eastgate/edge/detect/detecttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPlay(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bars.mp4")
	if out, err := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=duration=2:rate=25:size=320x240",
		"-c:v", "libx264", file).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg (installed by scripts/setup): %v\n%s", err, out)
	}
	var at []time.Duration
	detecttest.Play(t, file, 200*time.Millisecond, func(p *detect.Picture) {
		at = append(at, p.PTS())
		if s := p.Size(); s.X != 320 || s.Y != 240 {
			t.Errorf("picture is %v", s)
		}
	})
	if len(at) != 10 || at[9] != 1800*time.Millisecond {
		t.Errorf("pictures at %v, want ten, 200ms apart", at)
	}
	t.Run("ended by the caller", func(t *testing.T) {
		detecttest.Play(t, file, 0, func(*detect.Picture) { t.SkipNow() })
	})
}
