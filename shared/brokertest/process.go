package brokertest

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A Process is a broker in a process of its own, which can be killed and started
// again at the same address. It runs until its test ends.
type Process struct {
	t       testing.TB
	name    string
	addr    string
	command func() *exec.Cmd
	slow    time.Duration // how long it may take to listen
	tls     bool

	cmd  *exec.Cmd
	said said
}

// said keeps what a broker prints, for when it does not come up.
type said struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Write(p)
}

func (s *said) tail() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.buf.Bytes()
	return string(b[max(0, len(b)-2000):])
}

// FreePort returns a port of the loopback that nobody uses now.
func FreePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func addr(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// start starts the process and waits until it listens.
func start(p *Process) *Process {
	p.t.Helper()
	p.Start()
	p.t.Cleanup(p.Kill)
	return p
}

// URL is the broker's address.
func (p *Process) URL() string {
	if p.tls {
		return "mqtts://" + p.addr
	}
	return "mqtt://" + p.addr
}

// Start starts the broker again after Kill.
func (p *Process) Start() {
	p.t.Helper()
	p.Launch()
	p.wait()
}

func (p *Process) wait() {
	p.t.Helper()
	for end := time.Now().Add(p.slow); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if c, err := net.Dial("tcp", p.addr); err == nil {
			c.Close()
			return
		}
	}
	p.t.Fatalf("%s does not come up:\n%s", p.name, p.said.tail())
}

// Launch is Start without waiting until it listens.
func (p *Process) Launch() {
	p.t.Helper()
	p.cmd = p.command()
	p.cmd.Stdout, p.cmd.Stderr = &p.said, &p.said
	// What a script starts dies with it, and all of it with us.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	p.cmd.WaitDelay = 5 * time.Second
	if err := p.cmd.Start(); err != nil {
		p.t.Fatalf("%s is needed; scripts/setup installs it: %v", p.name, err)
	}
}

// Kill ends the broker at once (SIGKILL), with all that it had not written.
func (p *Process) Kill() {
	if p.cmd == nil {
		return
	}
	syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) //nolint:errcheck // it may have ended
	p.cmd.Wait()                                      //nolint:errcheck // it was killed
	p.cmd = nil
}

// Command runs what command makes of a free address; it is no broker that this
// package knows.
func Command(t testing.TB, name string, command func(addr string) *exec.Cmd) *Process {
	t.Helper()
	at := addr(FreePort(t))
	return start(&Process{t: t, name: name, addr: at, slow: time.Minute, command: func() *exec.Cmd { return command(at) }})
}

// CPU is what the broker has used so far, of all its processors.
func (p *Process) CPU() time.Duration {
	p.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		p.t.Fatal(err)
	}
	// The name, in brackets, may hold anything; utime and stime are the 14th and 15th
	// (proc(5)), in hundredths of a second.
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	var ticks int64
	for _, f := range fields[11:13] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			p.t.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
