package main

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"time"

	"eastgate/scripts/chaos/clock"
	"eastgate/scripts/chaos/lossy"
)

// What a fault needs of the machine.
type need int

const (
	network  need = 1 << iota // packets that can be lost
	fuse                      // a disk whose power can be cut
	mounts                    // small disks
	debugger                  // clocks that can be set
	outsider                  // mosquitto
)

// try finds out, by doing it, what this machine cannot do, and why.
func (s *suite) try() map[need]error {
	dir := filepath.Join(s.dir, "try")
	_, noMosquitto := mosquitto()
	lacks := map[need]error{network: s.noNet, outsider: noMosquitto}
	disk, err := lossy.New(filepath.Join(dir, "lossy"))
	if err == nil {
		err = disk.Close()
	}
	lacks[fuse] = err
	small, err := newSmallDisk(filepath.Join(dir, "ext4"), 8<<20)
	if err == nil {
		err = small.close()
	}
	lacks[mounts] = err
	lacks[debugger] = tryClock()
	return lacks
}

func tryClock() error {
	cmd := exec.Command("sleep", "10")
	if err := cmd.Start(); err != nil {
		return err
	}
	err := clock.Shift(cmd.Process.Pid, time.Hour)
	err = errors.Join(err, cmd.Process.Kill())
	cmd.Wait() //nolint:errcheck // it was killed
	return err
}

// lacks says why a fault cannot be had on this machine; nil when it can.
func (s *suite) lacks(f fault) error {
	var faults []error
	for n, why := range s.cannot {
		if f.needs&n != 0 && why != nil {
			faults = append(faults, fmt.Errorf("this machine cannot: %w", why))
		}
	}
	return errors.Join(faults...)
}
