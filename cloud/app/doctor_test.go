package app_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eastgate/cloud/app"
)

// freePort is one that nobody uses now.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// TestHealthAndDoctorOfACentreInTheOpen runs a cloud that the network can reach, so that
// its pages speak TLS by its own authority, and asks it as an upgrade and an operator do.
func TestHealthAndDoctorOfACentreInTheOpen(t *testing.T) {
	dir, port := t.TempDir(), freePort(t)
	word := filepath.Join(dir, "contacts.key")
	file := filepath.Join(dir, "cloud.yml")
	text := fmt.Sprintf(`listen: 0.0.0.0:%s
public_url: https://127.0.0.1:%s
store: sqlite:%s/cloud.db
evidence_dir: %s/evidence
broker: {listen: "127.0.0.1:%s"}
boxes: {listen: "127.0.0.1:%s"}
contacts: {key: {file: %s}}
`, port, port, dir, dir, freePort(t), freePort(t), word)
	for name, body := range map[string]string{file: text, word: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"} {
		if err := os.WriteFile(name, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := try(t, "health", "-config", file); err == nil || !strings.Contains(err.Error(), "does not answer") {
		t.Errorf("before it runs: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var said bytes.Buffer
	ended := make(chan error, 1)
	go func() {
		ended <- app.Console{Out: &said, Err: &said, Version: "test"}.Command(ctx, []string{"run", "-config", file})
	}()
	if out, err := try(t, "health", "-config", file, "-wait", "30s"); err != nil || out != "healthy\n" {
		t.Errorf("running: %q, %v", out, err)
	}
	out, err := try(t, "doctor", "-config", file, "-lang", "en")
	for _, want := range []string{"✓ configuration: ", "is used by the running service", "✓ database: opens and is whole", "? backup: "} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not said, %v:\n%s", want, err, out)
		}
	}
	if err := os.Chmod(word, 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := try(t, "doctor", "-config", file, "-lang", "zh"); err == nil || !strings.Contains(out, "✗ 密钥文件: "+word) {
		t.Errorf("a key that all can read: %v\n%s", err, out)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("%v\n%s", err, said.String())
	}
}
