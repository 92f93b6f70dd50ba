package clock

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

const childEnv = "CLOCK_CHILD"

// TestShift moves a child's clock an hour on, an hour back and to the truth, while
// its other threads ask for the time all the while.
func TestShift(t *testing.T) {
	if os.Getenv(childEnv) != "" {
		tellTime()
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run", "^TestShift$")
	cmd.Env = append(os.Environ(), childEnv+"=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer in.Close()
	answers := bufio.NewReader(out)
	before := ask(t, in, answers)
	for _, by := range []time.Duration{time.Hour, -time.Hour, 0} {
		if err := Shift(cmd.Process.Pid, by); err != nil {
			t.Skipf("NOT RUN: %v", err)
		}
		now := ask(t, in, answers)
		if off := time.Until(now.wall) - by; off.Abs() > time.Minute {
			t.Errorf("after %v the clock is %v off", by, off)
		}
		if now.since < before.since || now.since-before.since > time.Minute {
			t.Errorf("time since start went from %v to %v", before.since, now.since)
		}
		before = now
	}
}

type answer struct {
	wall  time.Time
	since time.Duration
}

func ask(t *testing.T, in io.Writer, out *bufio.Reader) answer {
	t.Helper()
	if _, err := fmt.Fprintln(in, "?"); err != nil {
		t.Fatal(err)
	}
	line, err := out.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Fields(line)
	wall, err1 := strconv.ParseInt(words[0], 10, 64)
	since, err2 := strconv.ParseInt(words[1], 10, 64)
	if err1 != nil || err2 != nil {
		t.Fatalf("the child says %q", line)
	}
	return answer{time.UnixMilli(wall), time.Duration(since)}
}

func tellTime() {
	start := time.Now()
	for range 2 {
		go func() {
			for range time.Tick(10 * time.Microsecond) {
				if time.Now().IsZero() {
					os.Exit(1)
				}
			}
		}()
	}
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		fmt.Println(time.Now().UnixMilli(), int64(time.Since(start)))
	}
	os.Exit(0)
}
