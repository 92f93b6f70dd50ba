package configs

import (
	"bufio"
	"bytes"
	"errors"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// tool finds a program that checks a file of ours. scripts/setup installs it or unpacks
// it below .cache; where it is not, the check is skipped, which shows in the output.
func tool(t *testing.T, name string) string {
	t.Helper()
	for _, dir := range []string{"", "/usr/sbin", "/sbin", "../.cache/unpacked/usr/sbin", "../.cache/unpacked/usr/bin"} {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			abs, err := filepath.Abs(path)
			if err != nil {
				t.Fatal(err)
			}
			var exit *exec.ExitError
			if out, err := run(t, abs, "--version"); errors.As(err, &exit) && exit.ExitCode() == 127 {
				t.Skipf("NOT CHECKED: %s lacks a library: %s", name, out)
			}
			return abs
		}
	}
	t.Skipf("NOT CHECKED: %s is not here; scripts/setup test brings it", name)
	return ""
}

// run runs a checker and returns what it said.
func run(t *testing.T, name string, args ...string) (string, error) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	return string(out), err
}

// lines are those of a file that are no comments.
func lines(t *testing.T, file string) []string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for s := bufio.NewScanner(bytes.NewReader(data)); s.Scan(); {
		if l, _, _ := strings.Cut(s.Text(), "#"); strings.TrimSpace(l) != "" {
			out = append(out, strings.TrimSpace(l))
		}
	}
	return out
}

// TestChronyServesCameras reads the file itself, wherever chronyd is lacking.
func TestChronyServesCameras(t *testing.T) {
	known := []string{
		"server", "pool", "minsources", "makestep", "maxupdateskew", "driftfile", "ntsdumpdir", "rtcsync", "leapsectz",
		"allow", "local", "ratelimit", "clientloglimit", "cmdport", "bindcmdaddress", "logchange", "logdir", "log",
	}
	count := map[string]int{}
	for _, l := range lines(t, "chrony/eastgate.conf") {
		f := strings.Fields(l)
		count[f[0]]++
		if !slices.Contains(known, f[0]) {
			t.Errorf("unknown directive %q", l)
		}
		if f[0] == "allow" { // a network, never the whole world
			if p, err := netip.ParsePrefix(f[1]); err != nil || !p.Addr().IsPrivate() {
				t.Errorf("%q: %v", l, err)
			}
		}
	}
	if count["server"]+count["pool"] < 3 || count["allow"] == 0 || count["local"] != 1 || count["makestep"] != 1 {
		t.Errorf("directives: %v", count)
	}
}

func TestChronydReadsTheFile(t *testing.T) {
	out, err := run(t, tool(t, "chronyd"), "-p", "-f", "chrony/eastgate.conf")
	if err != nil || !strings.Contains(out, "allow 192.168.0.0/16") {
		t.Errorf("%v\n%s", err, out)
	}
	bad := filepath.Join(t.TempDir(), "bad.conf")
	if err := os.WriteFile(bad, []byte("alow 10.0.0.0/8\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := run(t, tool(t, "chronyd"), "-p", "-f", bad); err == nil {
		t.Skip("NOT CHECKED: this chronyd reads anything")
	}
}

// unit writes a service with its drop-in as one that can be verified here: our programs
// are not installed.
func unit(t *testing.T, name string, dropIns ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("systemd", name))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range dropIns {
		more, err := os.ReadFile(filepath.Join("systemd", d))
		if err != nil {
			t.Fatal(err)
		}
		data = append(data, more...)
	}
	data = regexp.MustCompile(`/usr/bin/eastgate-\w+`).ReplaceAll(data, []byte("/bin/true"))
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestUnitsAreGoodAndTight(t *testing.T) {
	analyze := tool(t, "systemd-analyze")
	for _, c := range []struct {
		name, threshold string // exposure from 0 to 100, as systemd-analyze counts it
		dropIns         []string
	}{
		{"eastgate-edge.service", "20", nil},
		{"eastgate-edge.service", "30", []string{"eastgate-edge-hardware.conf"}},
		{"eastgate-cloud.service", "15", nil},
		{"eastgate-cloud-backup.service", "20", nil},
	} {
		file := unit(t, c.name, c.dropIns...)
		if out, err := run(t, analyze, "verify", "--man=no", file); err != nil || strings.Contains(out, filepath.Base(file)+":") {
			t.Errorf("%s: %v\n%s", c.name, err, out)
		}
		if out, err := run(t, analyze, "security", "--offline=true", "--no-pager", "--threshold="+c.threshold, file); err != nil {
			t.Errorf("%s %v: %v\n%s", c.name, c.dropIns, err, out)
		}
	}
}

func TestTheFirewallIsRead(t *testing.T) {
	nft := tool(t, "nft")
	out, err := run(t, nft, "-c", "-f", "hardening/nftables.conf")
	if strings.Contains(out, "Operation not permitted") || strings.Contains(out, "cache initialization failed") {
		t.Skip("NOT CHECKED: nft may not ask the kernel here:", out)
	}
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestTheFirewallLetsNothingThrough reads what must stand in it, also without nft.
func TestTheFirewallLetsNothingThrough(t *testing.T) {
	text := strings.Join(lines(t, "hardening/nftables.conf"), "\n")
	for _, want := range []string{
		"hook input priority filter; policy drop;", "hook forward priority filter; policy drop;",
		"udp dport 123 accept", "udp sport 3702", "delete table inet eastgate",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q", want)
		}
	}
	if strings.Contains(text, "flush ruleset") {
		t.Error("takes away the rules of others")
	}
}

func TestSysctlsExist(t *testing.T) {
	got := map[string]string{}
	for _, l := range lines(t, "hardening/90-eastgate.sysctl.conf") {
		key, value, ok := strings.Cut(l, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if !ok || value == "" || got[key] != "" {
			t.Errorf("%q is no setting, or given twice", l)
		}
		got[key] = value
		if _, err := os.Stat("/proc/sys/" + strings.ReplaceAll(key, ".", "/")); errors.Is(err, os.ErrNotExist) {
			t.Logf("not in this kernel: %s", key)
		}
	}
	for key, want := range map[string]string{"net.core.default_qdisc": "fq", "net.ipv4.tcp_congestion_control": "bbr", "net.ipv4.ip_forward": "0"} {
		if got[key] != want {
			t.Errorf("%s is %q, want %s", key, got[key], want)
		}
	}
}

func TestSSHDReadsItsFile(t *testing.T) {
	sshd := tool(t, "sshd")
	key := filepath.Join(t.TempDir(), "key")
	if out, err := run(t, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key); err != nil {
		t.Skip("NOT CHECKED: no host key can be made:", err, out)
	}
	// sshd wants a user and a folder that come with its installation: they are lent to it.
	passwd := filepath.Join(t.TempDir(), "passwd")
	const lend = `{ cat /etc/passwd; echo sshd:x:109:65534::/run/sshd:/usr/sbin/nologin; } >"$1" && mount --bind "$1" /etc/passwd &&
		mount -t tmpfs none /run && mkdir /run/sshd && exec "$2" -T -f "$3" -h "$4"`
	file, err := filepath.Abs("hardening/90-eastgate.sshd.conf")
	if err != nil {
		t.Fatal(err)
	}
	out, err := run(t, "unshare", "--mount", "sh", "-c", lend, "sh", passwd, sshd, file, key)
	if strings.Contains(out, "unshare failed") || strings.Contains(out, "permission denied") {
		t.Skip("NOT CHECKED: nothing can be lent to sshd here:", out)
	}
	for _, want := range []string{"permitrootlogin no", "passwordauthentication no", "allowgroups eastgate-admin", "authenticationmethods publickey"} {
		if !strings.Contains(out, want) {
			t.Errorf("sshd does not take %q: %v\n%s", want, err, out)
		}
	}
}
