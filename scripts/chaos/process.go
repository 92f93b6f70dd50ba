package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A process is one running part of a site. It is started again when it ends by
// itself, as a service manager would.
type process struct {
	name string
	log  string
	argv []string

	mu      sync.Mutex
	cmd     *exec.Cmd
	ended   chan struct{}
	wanted  bool
	deaths  int // by itself
	watched sync.WaitGroup
}

// restartAfter is how long a process that ended by itself stays away.
const restartAfter = 500 * time.Millisecond

func newProcess(dir, name string, argv ...string) *process {
	return &process{name: name, log: filepath.Join(dir, name+".log"), argv: argv}
}

// start starts the process; its words are added to its log.
func (p *process) start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wanted = true
	return p.launch()
}

// launch starts the program. The caller holds mu.
func (p *process) launch() error {
	f, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	cmd := exec.Command(p.argv[0], p.argv[1:]...)
	cmd.Stdout, cmd.Stderr = f, f
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	p.cmd, p.ended = cmd, make(chan struct{})
	p.watched.Go(func() { p.watch(cmd, p.ended) })
	return nil
}

func (p *process) watch(cmd *exec.Cmd, ended chan struct{}) {
	cmd.Wait() //nolint:errcheck // how it ended is in its log
	close(ended)
	p.mu.Lock()
	wanted := p.wanted && p.cmd == cmd
	if wanted {
		p.deaths++
	}
	p.mu.Unlock()
	if !wanted {
		return
	}
	time.Sleep(restartAfter)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wanted && p.cmd == cmd {
		p.launch() //nolint:errcheck // the next wait for it says so
	}
}

func (p *process) pid() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cmd.Process.Pid
}

// kill ends the process at once, as kill -9 does, until it is started again.
func (p *process) kill() { p.end(syscall.SIGKILL, 0) }

// stop asks it to end, and makes it after a while.
func (p *process) stop() { p.end(syscall.SIGTERM, 20*time.Second) }

func (p *process) end(s syscall.Signal, patience time.Duration) {
	p.mu.Lock()
	p.wanted = false
	cmd, ended := p.cmd, p.ended
	p.mu.Unlock()
	if cmd == nil {
		return
	}
	cmd.Process.Signal(s) //nolint:errcheck // it may have ended
	if patience > 0 {
		select {
		case <-ended:
		case <-time.After(patience):
			progress("%s does not stop, killing it", p.name)
			cmd.Process.Kill() //nolint:errcheck // it may have ended
		}
	}
	<-ended
	p.watched.Wait()
}

// crashed reports what no process may say: that it fell over by a fault of its own.
func (p *process) crashed() error {
	said, err := os.ReadFile(p.log)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, word := range []string{"panic: ", "fatal error: ", "unexpected fault address", "SIGSEGV", "DATA RACE"} {
		if i := bytes.Index(said, []byte(word)); i >= 0 {
			return fmt.Errorf("%s fell over: see %s: %.200s", p.name, p.log, firstLine(said[i:]))
		}
	}
	return nil
}

func firstLine(b []byte) string {
	line, _, _ := bytes.Cut(b, []byte("\n"))
	return string(line)
}

// output runs a program to its end and returns what it printed.
func output(ctx context.Context, argv ...string) (string, error) {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", strings.Join(argv, " "), err, stderr.Bytes())
	}
	return string(out), nil
}

// tail returns the last lines of a file.
func tail(file string) string {
	b, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return strings.Join(lines[max(0, len(lines)-8):], "\n")
}
