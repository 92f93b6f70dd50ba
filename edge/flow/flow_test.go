package flow

import (
	"testing"
	"time"
)

func TestTheLastReleaseGivesTheFrameBack(t *testing.T) {
	freed := 0
	f := NewFrame("yard", time.Time{}, 0, nil, func() { freed++ })
	f.Retain()
	f.Release()
	if freed != 0 {
		t.Error("given back while somebody holds it")
	}
	f.Release()
	if freed != 1 {
		t.Errorf("given back %d times", freed)
	}
	defer func() {
		if recover() == nil {
			t.Error("released more often than held, and nobody noticed")
		}
	}()
	f.Release()
}
