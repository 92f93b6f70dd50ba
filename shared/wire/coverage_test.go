package wire

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

func someDay() CoverageDay {
	return CoverageDay{
		Epoch: epoch, Device: "yard", Day: "2026-11-25", Timezone: "Asia/Shanghai", Version: 1795579200000, Through: 1795579200000,
		Due: 43200000, Seen: 39600000, Blind: map[string]int64{Unreachable: 3600000},
		Gaps: []CoverageGap{{From: 1795575600000, To: 1795579200000, Cause: Unreachable}},
	}
}

func TestGoldenCoverage(t *testing.T) {
	messages, err := EncodeCoverage([]CoverageDay{someDay()})
	if err != nil || len(messages) != 1 {
		t.Fatal(err)
	}
	days, refused, err := DecodeCoverage(golden(t, "coverage.v1.json", messages[0]))
	if err != nil || len(refused) > 0 || !reflect.DeepEqual(days, []CoverageDay{someDay()}) {
		t.Errorf("came back as %+v, %v, %v", days, refused, err)
	}
	said, err := EncodeMarks([]CoverageMark{someDay().Mark()})
	if err != nil {
		t.Fatal(err)
	}
	marks, err := DecodeMarks(golden(t, "covered.v1.json", said))
	if err != nil || len(marks) != 1 || marks[0] != someDay().Mark() {
		t.Errorf("came back as %+v, %v", marks, err)
	}
}

func TestCoverageIsChecked(t *testing.T) {
	for what, spoil := range map[string]func(*CoverageDay){
		"epoch":    func(d *CoverageDay) { d.Epoch = "x" },
		"device":   func(d *CoverageDay) { d.Device = "a/b" },
		"day":      func(d *CoverageDay) { d.Day = "2026-11-31" },
		"sum":      func(d *CoverageDay) { d.Seen++ },
		"negative": func(d *CoverageDay) { d.Blind = map[string]int64{Dark: -1}; d.Seen = d.Due + 1 },
		"overflow": func(d *CoverageDay) {
			d.Blind = map[string]int64{Dark: 1 << 62, Hidden: 1 << 62, Frozen: 1 << 62, Broken: 1 << 62}
		},
		"cause":     func(d *CoverageDay) { d.Gaps[0].Cause = "" },
		"backwards": func(d *CoverageDay) { d.Gaps[0].To = d.Gaps[0].From - 1 },
		"too many":  func(d *CoverageDay) { d.Gaps = slices.Repeat(d.Gaps, MaxGaps+1) },
		"too long":  func(d *CoverageDay) { d.Due, d.Seen = 1<<40, 1<<40-3600000 },
		"time zone": func(d *CoverageDay) { d.Timezone = strings.Repeat("x", 100) },
	} {
		bad := someDay()
		spoil(&bad)
		messages, err := EncodeCoverage([]CoverageDay{bad, someDay()})
		if err != nil {
			t.Fatal(err)
		}
		days, refused, fault := DecodeCoverage(messages[0])
		if len(days) != 1 || len(refused) != 1 || fault == nil || refused[0] != bad.Mark() {
			t.Errorf("%s: %d taken, refused %v: %v", what, len(days), refused, fault)
		}
	}
}

// TestCoverageFitsItsMessages: weeks of a large box, with as many gaps as there may be.
func TestCoverageFitsItsMessages(t *testing.T) {
	full := someDay()
	full.Gaps = slices.Repeat(full.Gaps, MaxGaps)
	messages, err := EncodeCoverage(slices.Repeat([]CoverageDay{full, someDay()}, 300))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, m := range messages {
		days, refused, err := DecodeCoverage(m)
		if err != nil || len(refused) > 0 {
			t.Fatalf("%d bytes: %v", len(m), err)
		}
		n += len(days)
	}
	if n != 600 {
		t.Errorf("%d of 600 days came through", n)
	}
}

func FuzzDecodeCoverage(f *testing.F) {
	messages, err := EncodeCoverage([]CoverageDay{someDay()})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(messages[0])
	f.Add([]byte(`[{"device":"yard"}]`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		days, _, _ := DecodeCoverage(payload)
		for _, d := range days { // what passes adds up
			sum := d.Seen
			for _, ms := range d.Blind {
				sum += ms
			}
			if sum != d.Due || d.Seen < 0 {
				t.Errorf("taken: %+v", d)
			}
		}
		DecodeMarks(payload) //nolint:errcheck // it must not panic
	})
}
