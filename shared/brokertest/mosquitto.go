package brokertest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Mosquitto runs Debian's mosquitto, a broker that is not ours. It lets everybody in
// and keeps nothing on disk, as it comes.
func Mosquitto(t testing.TB) *Process {
	t.Helper()
	program, err := exec.LookPath("mosquitto")
	if err != nil {
		program = "/usr/sbin/mosquitto" // not on everybody's path
	}
	port := FreePort(t)
	conf := filepath.Join(t.TempDir(), "mosquitto.conf")
	if err := os.WriteFile(conf, fmt.Appendf(nil, "listener %d 127.0.0.1\nallow_anonymous true\n", port), 0o644); err != nil { //nolint:gosec // it holds no secret
		t.Fatal(err)
	}
	return start(&Process{
		t: t, name: "mosquitto", addr: addr(port), slow: 10 * time.Second,
		command: func() *exec.Cmd { return exec.Command(program, "-c", conf) },
	})
}
