package app

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
	"time"

	"eastgate/edge/gate"
)

// cpuTime is the user and system time that this process has used.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// processorTimes are what the box's budget is made from.
func processorTimes() gate.Times {
	t := gate.Times{Used: cpuTime()}
	if stat, err := os.ReadFile("/proc/stat"); err == nil {
		t.Idle = idle(stat)
	}
	return t
}

// clockTick is the unit of /proc/stat, whatever the kernel's own is (proc(5), USER_HZ).
const clockTick = 10 * time.Millisecond

// idle reads how long the machine's cores had nothing to do, or only what gives way to
// this program: the fields nice, idle and iowait of /proc/stat's first line.
func idle(stat []byte) *time.Duration {
	line, _, _ := bytes.Cut(stat, []byte("\n"))
	fields := bytes.Fields(line)
	if len(fields) < 6 || string(fields[0]) != "cpu" {
		return nil
	}
	var sum time.Duration
	for _, i := range []int{2, 4, 5} {
		n, err := strconv.ParseInt(string(fields[i]), 10, 64)
		if err != nil {
			return nil
		}
		sum += time.Duration(n) * clockTick
	}
	return &sum
}
