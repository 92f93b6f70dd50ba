package app

import (
	"runtime"
	"testing"
	"time"
)

// TestTheTimesOfThisMachine burns a little and reads what it took.
func TestTheTimesOfThisMachine(t *testing.T) {
	before := processorTimes()
	for began := time.Now(); time.Since(began) < 50*time.Millisecond; runtime.Gosched() {
	}
	after := processorTimes()
	if before.Idle == nil || after.Idle == nil || *after.Idle < *before.Idle || *before.Idle == 0 {
		t.Errorf("idle %v, then %v", before.Idle, after.Idle)
	}
	if after.Used <= before.Used {
		t.Errorf("50 ms of work took %v", after.Used-before.Used)
	}
}
