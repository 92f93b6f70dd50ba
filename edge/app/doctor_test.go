package app

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eastgate/edge/camera/cameratest"
)

// TestDoctorSaysWhatIsWrong looks at a box with a good camera, a lost one, a secret
// that all can read and a cloud that is away.
func TestDoctorSaysWhatIsWrong(t *testing.T) {
	server, _ := cameratest.Start(t, cameratest.Config{}, cameratest.Record(t, "320x240", 10, 2, "-c:v", "libx264", "-g", "10", "-preset", "ultrafast", "-threads", "1"))
	dir := t.TempDir()
	word := filepath.Join(dir, "secret")
	if err := os.WriteFile(word, []byte("hush-hush\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "edge.yml")
	text := fmt.Sprintf(`site: garden
box: gate
data: %s
listen: 127.0.0.1:1
cloud: {broker: "mqtt://127.0.0.1:1", evidence: "http://127.0.0.1:1", secret: {file: %s}}
cameras:
  good: {inputs: [{url: %q}]}
  lost: {inputs: [{url: "rtsp://127.0.0.1:1/x"}]}
`, dir, word, server.URL("cam"))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, said, err := run(t, "doctor", "-config", file, "-lang", "en", "-watch", "3s")
	if err == nil || strings.Contains(out+said, "hush-hush") {
		t.Errorf("%v\n%s", err, out)
	}
	for _, want := range []string{"✓ camera: good: h264", "✗ camera: lost: ", "✗ secrets: " + word, "✗ broker: ", "✗ cloud: ", "chmod 640"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not said:\n%s", want, out)
		}
	}
	out, _, err = run(t, "doctor", "-config", filepath.Join(dir, "none.yml"), "-lang", "zh")
	if err == nil || !strings.Contains(out, "✗ 配置: ") {
		t.Errorf("%v\n%s", err, out)
	}
	if _, _, err := run(t, "health", "-config", file); err == nil || !strings.Contains(err.Error(), "does not answer") {
		t.Errorf("health of a box that does not run: %v", err)
	}
}
