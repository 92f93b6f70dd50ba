package congestion

import (
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// now says which algorithm a connection has.
func now(t *testing.T, c net.Conn) string {
	t.Helper()
	raw, err := c.(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var name string
	if fault := raw.Control(func(fd uintptr) {
		name, err = unix.GetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION)
	}); fault != nil || err != nil {
		t.Fatal(fault, err)
	}
	return name
}

func TestBothEndsAreSet(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var refused error
	d := net.Dialer{Control: Control(func(err error) { refused = err })}
	out, err := d.DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	in, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	Set(in, func(err error) { refused = err })
	allowed, err := os.ReadFile("/proc/sys/net/ipv4/tcp_allowed_congestion_control")
	if err != nil {
		t.Fatal(err)
	}
	switch may := strings.Contains(string(allowed), Live); {
	case may && (now(t, out) != Live || now(t, in) != Live):
		t.Errorf("they have %s and %s: want %s", now(t, out), now(t, in), Live)
	case !may && os.Geteuid() != 0 && refused == nil:
		t.Error("the kernel does not allow it, and nobody was told")
	}
}
