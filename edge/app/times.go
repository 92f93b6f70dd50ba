package app

import (
	"syscall"
	"time"

	"github.com/prometheus/procfs"

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

// processorTimes are what the box's budget is made from. Idle is also what the machine
// spends on programs that give way to this one.
func processorTimes() gate.Times {
	t := gate.Times{Used: cpuTime()}
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return t
	}
	if s, err := fs.Stat(); err == nil {
		idle := time.Duration((s.CPUTotal.Idle + s.CPUTotal.Iowait + s.CPUTotal.Nice) * float64(time.Second))
		t.Idle = &idle
	}
	return t
}
