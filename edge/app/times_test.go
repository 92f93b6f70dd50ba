package app

import (
	"testing"
	"time"
)

func TestIdleTime(t *testing.T) {
	if got := idle([]byte("cpu  100 7 30 500 3 0 2 0 0 0\ncpu0 1 2 3\n")); got == nil || *got != 5100*time.Millisecond {
		t.Errorf("got %v", got)
	}
	for _, bad := range []string{"", "intr 1 2 3 4 5 6", "cpu 1 2 3", "cpu 1 x 3 4 5 6"} {
		if got := idle([]byte(bad)); got != nil {
			t.Errorf("%q: %v", bad, *got)
		}
	}
	if now := processorTimes(); now.Used == 0 || now.Idle == nil {
		t.Errorf("of this machine: %+v", now)
	}
}
