package retry

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestWaitsGrowAndStayInBounds(t *testing.T) {
	b := Backoff{Min: time.Second, Max: 10 * time.Second}
	for i, bound := range []time.Duration{1, 2, 4, 8, 10, 10} {
		bound *= time.Second
		if d := b.Next(); d < bound/2 || d > bound {
			t.Errorf("wait %d is %v, want half of to all of %v", i, d, bound)
		}
	}
	b.Reset()
	if d := b.Next(); d > time.Second {
		t.Errorf("after Reset: %v", d)
	}
}

func TestSleepEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		began := time.Now()
		if Sleep(ctx, time.Hour) {
			t.Error("a wait that was cut short counts as whole")
		}
		if d := time.Since(began); d != time.Second {
			t.Errorf("waited %v", d)
		}
		if !Sleep(t.Context(), time.Minute) {
			t.Error("a whole wait does not count")
		}
	})
}
