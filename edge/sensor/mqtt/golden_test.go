package mqtt

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"eastgate/edge/sensor"
	"eastgate/shared/strict"
)

// A golden is what a convention's documentation shows, and what it tells.
type golden struct {
	Docs     []string                 `yaml:"docs"`
	Devices  map[string]sensor.Device `yaml:"devices"`
	Messages []goldenMessage          `yaml:"messages"`
}

type goldenMessage struct {
	Topic    string   `yaml:"topic"`
	Payload  string   `yaml:"payload"`
	Retained bool     `yaml:"retained"`
	Want     []string `yaml:"want"`
	Drops    []string `yaml:"drops"` // what is counted as forbidden
}

func readGolden(t testing.TB, source string) golden {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", source+".yml"))
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if faults := strict.Decode(data, &g); len(faults) > 0 {
		t.Fatal(errors.Join(faults...))
	}
	if len(g.Docs) == 0 || len(g.Messages) == 0 {
		t.Fatalf("%s: no documentation or no messages", source)
	}
	for id, d := range g.Devices {
		if faults := append(d.Validate(sensor.Models()), Check(d)...); len(faults) > 0 {
			t.Fatalf("%s: %v", id, faults)
		}
	}
	return g
}

// line is a reading as the golden files write it.
func line(r sensor.Reading) string {
	s := r.Device + " " + r.What.String()
	if r.Kind != "" {
		s += " " + string(r.Kind)
	}
	if r.What == sensor.Battery {
		s += fmt.Sprintf(" %d%%", r.Percent)
	}
	if r.Lasts > 0 {
		s += fmt.Sprintf(" for %v", r.Lasts)
	}
	if !r.At.IsZero() {
		s += fmt.Sprintf(" @%d", r.At.Unix())
	}
	return s
}

func lines(rs []sensor.Reading) []string {
	out := []string{}
	for _, r := range rs {
		out = append(out, line(r))
	}
	return out
}

// same compares what is told; several devices on one topic come in any order.
func same(got, want []string) bool {
	byDevice := func(all []string) []string {
		out := slices.Clone(all)
		slices.SortStableFunc(out, func(a, b string) int {
			x, _, _ := strings.Cut(a, " ")
			y, _, _ := strings.Cut(b, " ")
			return strings.Compare(x, y)
		})
		return out
	}
	return slices.Equal(byDevice(got), byDevice(want))
}

func TestConventionsReadTheirDocumentation(t *testing.T) {
	for _, source := range Sources() {
		t.Run(source, func(t *testing.T) {
			g := readGolden(t, source)
			m := NewMetrics(prometheus.NewRegistry())
			conv := makers[source].make(DefaultConfig(), g.Devices, m)
			for _, msg := range g.Messages {
				before := dropped(m, source)
				told, _ := conv.read(message{msg.Topic, []byte(msg.Payload), msg.Retained})
				got := lines(told)
				if source == "homeassistant" { // its entities are in no order
					slices.Sort(got)
					slices.Sort(msg.Want)
				}
				if !same(got, msg.Want) {
					t.Errorf("%s %s\n tells %q\n want  %q", msg.Topic, msg.Payload, got, msg.Want)
				}
				if n := dropped(m, source) - before; int(n) != len(msg.Drops) {
					t.Errorf("%s %s: %v parts are counted as forbidden, want %v", msg.Topic, msg.Payload, n, msg.Drops)
				}
				for _, word := range msg.Drops {
					if testutil.ToFloat64(m.forbidden.WithLabelValues(source, word)) == 0 {
						t.Errorf("%s %s: %s is not counted as forbidden", msg.Topic, msg.Payload, word)
					}
				}
			}
		})
	}
}

func dropped(m *Metrics, source string) float64 {
	sum := 0.0
	for word := range forbidden {
		sum += testutil.ToFloat64(m.forbidden.WithLabelValues(source, word))
	}
	return sum
}

// TestNothingOfPersonsIsSubscribedTo: what is not asked for cannot leak.
func TestNothingOfPersonsIsSubscribedTo(t *testing.T) {
	for _, source := range Sources() {
		g := readGolden(t, source)
		for _, topic := range makers[source].make(DefaultConfig(), g.Devices, NewMetrics(prometheus.NewRegistry())).topics() {
			if word := forbiddenTopic(topic); word != "" || strings.Contains(topic, "#") {
				t.Errorf("%s subscribes to %s", source, topic)
			}
		}
	}
	for _, address := range []string{"gate/face", "lobby/Person", "yard/license_plate", "a/+", "a/#", "$SYS"} {
		if len(Check(sensor.Device{Kind: "motion", Source: "zigbee2mqtt", Address: address})) == 0 {
			t.Errorf("address %s is taken", address)
		}
	}
}

func FuzzRead(f *testing.F) {
	all := map[string]golden{}
	for i, source := range Sources() {
		all[source] = readGolden(f, source)
		for _, m := range all[source].Messages {
			f.Add(i, m.Topic, []byte(m.Payload))
		}
	}
	f.Fuzz(func(t *testing.T, i int, topic string, payload []byte) {
		source := Sources()[uint(i)%uint(len(makers))]
		g := all[source]
		conv := makers[source].make(DefaultConfig(), g.Devices, NewMetrics(prometheus.NewRegistry()))
		for range 2 {
			told, follow := conv.read(message{topic, payload, false})
			for _, r := range told {
				if _, known := g.Devices[r.Device]; !known && r.Device != "" {
					t.Errorf("a reading of %q", r.Device)
				}
			}
			for _, topic := range follow {
				if strings.ContainsAny(topic, "+#") || forbiddenTopic(topic) != "" || topic == "" {
					t.Errorf("%q is followed", topic)
				}
			}
		}
	})
}
