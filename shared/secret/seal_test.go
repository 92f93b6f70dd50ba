package secret_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eastgate/shared/secret"
)

func TestWhatIsSealedOpensForItsLabelOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dir", "key")
	key, err := secret.KeyFile(path)
	if err != nil {
		t.Fatal(err)
	}
	again, err := secret.KeyFile(path)
	if err != nil || again.Reveal() != key.Reveal() {
		t.Fatalf("the key changes: %v", err)
	}
	s, err := secret.NewSealer(key)
	if err != nil {
		t.Fatal(err)
	}
	sealed := s.Seal([]byte("plain words"), "li")
	if strings.Contains(sealed, "plain") || sealed == s.Seal([]byte("plain words"), "li") {
		t.Errorf("%s", sealed)
	}
	if got, err := s.Open(sealed, "li"); err != nil || string(got) != "plain words" {
		t.Errorf("%q %v", got, err)
	}
	for _, c := range [][2]string{{sealed, "wang"}, {sealed[:10], "li"}, {"", "li"}, {sealed[:len(sealed)-2] + "xx", "li"}} {
		if _, err := s.Open(c[0], c[1]); !errors.Is(err, secret.ErrSealed) {
			t.Errorf("%v: %v", c, err)
		}
	}
	if _, err := secret.NewSealer(secret.New("short")); err == nil || strings.Contains(err.Error(), "short") {
		t.Errorf("a short key: %v", err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := secret.KeyFile(path); err == nil || !strings.Contains(err.Error(), "chmod") {
		t.Errorf("a key that others may read: %v", err)
	}
}
