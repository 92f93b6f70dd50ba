package app_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"eastgate/cloud/app"
)

// TestPeopleByCommand lets people and partners in as an operator does, and reads what
// the commands say of it.
func TestPeopleByCommand(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "cloud.yml")
	for name, text := range map[string]string{
		"cloud.yml": fmt.Sprintf("store: sqlite:%s/cloud.db\nevidence_dir: %s/evidence\ncontacts: {key: {file: %s/key}}\n", dir, dir, dir),
		"key":       "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
		"phone":     "138 0013 8000\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(args ...string) (string, error) {
		var out, said bytes.Buffer
		words := strings.Fields(args[0])
		err := app.Console{Out: &out, Err: &said}.Command(t.Context(), append(append(words, "-config", config), args[1:]...))
		return out.String(), err
	}
	says := func(want string, args ...string) string {
		t.Helper()
		out, err := run(args...)
		if err != nil || !regexp.MustCompile(want).MatchString(out) {
			t.Fatalf("%q says %q, %v; want %q", args, out, err, want)
		}
		return out
	}
	refuses := func(want string, args ...string) {
		t.Helper()
		if out, err := run(args...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q says %q, %v; want the error %q", args, out, err, want)
		}
	}
	says("first password: ", "user add", "li")
	says("first password: ", "user add", "-role", "admin", "root")
	refuses("one of", "user add", "-role", "king", "x")
	refuses("excluded", "user grant", "-role", "guard", "root")
	says("garden is known", "organisation add", "-party", "property", "-places", "dongguan/c3", "garden", "花园物业")
	refuses("places of its own", "organisation add", "-party", "owners", "x", "业委会")
	says(`138\*\*\*\*8000`, "contact add", "-phone-file", filepath.Join(dir, "phone"), "garden", "王五")
	says("wu", "user add", "-person", "吴强", "-unit", "garden", "wu")
	refuses("own places only", "user grant", "-role", "guard", "wu")
	out := says("guard at dongguan/c3/b07 for fire\\.\\* until 2099-01-0", "user grant", "-role", "guard", "-scope", "dongguan/c3/b07", "-classes", "fire.*", "-until", "2098-12-31", "wu")
	says("holds no more", "user revoke", strings.Fields(strings.TrimPrefix(out, "grant "))[0][:26])
	says("no deputy", "organisation list")
	says("takes part no more", "organisation end", "garden")
	list := says("system_admin at everywhere", "user list")
	for _, want := range []string{"li\tli\tcommunity\tmay come in", "wu\t吴强\tgarden\tclosed", "; revoked"} {
		if !strings.Contains(list, want) {
			t.Errorf("the list has no %q:\n%s", want, list)
		}
	}
	says("may not come in", "user close", "li")
	mark := regexp.MustCompile(`\d+:[0-9a-f]{64}`).FindString(says("all as written", "register verify"))
	says("all as written", "register verify", "-anchor", mark)
	refuses("not the row that the anchor names", "register verify", "-anchor", "1:"+strings.Repeat("0", 64))
	refuses("the register ends with", "register verify", "-anchor", "999:"+strings.Repeat("0", 64))
}
