package camera

import (
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/edge/flow"
)

// TestAStreamWithoutKeyPicturesIsTaken has a camera renew its picture piece by piece: after
// ten seconds what it sends is handed on. One that sends a key picture each eight seconds is
// waited for, at the beginning and after a loss.
func TestAStreamWithoutKeyPicturesIsTaken(t *testing.T) {
	for _, c := range []struct {
		name         string
		key          int // seconds from one to the next; 0 means never
		lost         int // the second after which something is lost
		first, after int // seconds of the first picture handed on, and of the first after the loss
	}{
		{"never", 0, 30, 10, 31},
		{"each eight seconds", 8, 30, 8, 32},
		{"each fifteen seconds", 15, 32, 10, 40},
	} {
		out := make(chan *flow.Packet, 100)
		cam := New("yard", Config{}, func(State) {}, NewMetrics(prometheus.NewRegistry()), slog.New(slog.DiscardHandler))
		d := &delivery{out: out, camera: cam}
		begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		first, after := -1, -1
		for s := range 60 {
			d.take(&flow.Packet{Received: begin.Add(time.Duration(s) * time.Second), PTS: time.Duration(s) * time.Second, Key: c.key > 0 && s > 0 && s%c.key == 0})
			if len(out) > 0 {
				<-out
				if first < 0 {
					first = s
				}
				if after < 0 && s > c.lost {
					after = s
				}
			}
			if s == c.lost {
				d.miss(1)
			}
		}
		if first != c.first || after != c.after {
			t.Errorf("%s: first %d s, after the loss %d s; want %d, %d", c.name, first, after, c.first, c.after)
		}
	}
}
