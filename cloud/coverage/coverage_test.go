package coverage_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"eastgate/cloud/coverage"
	"eastgate/cloud/store"
	"eastgate/cloud/store/storetest"
	"eastgate/shared/wire"
)

const epoch, later = "01J0000000000000000000000A", "01J0000000000000000000000B"

var shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

func at(day, clock string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04:05", day+" "+clock, shanghai)
	if err != nil {
		panic(err)
	}
	return t
}

// day is a device's day up to a time of it, seen but for some gaps.
func day(epoch, device, date, from, through string, gaps ...wire.CoverageGap) wire.CoverageDay {
	d := wire.CoverageDay{
		Epoch: epoch, Device: device, Day: date, Timezone: "Asia/Shanghai", Gaps: gaps, Blind: map[string]int64{},
		Through: at(date, through).UnixMilli(), Due: at(date, through).Sub(at(date, from)).Milliseconds(),
	}
	d.Version, d.Seen = d.Through, d.Due
	for _, g := range gaps {
		d.Blind[g.Cause] += g.To - g.From
		d.Seen -= g.To - g.From
	}
	return d
}

func gap(date, from, to, cause string) wire.CoverageGap {
	return wire.CoverageGap{From: at(date, from).UnixMilli(), To: at(date, to).UnixMilli(), Cause: cause}
}

func keep(t *testing.T, s *store.Store, site, box string, days ...wire.CoverageDay) {
	t.Helper()
	for _, d := range days {
		if err := d.Validate(); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.KeepCoverage(t.Context(), site, box, days); err != nil {
		t.Fatal(err)
	}
}

func report(t *testing.T, s *store.Store, now time.Time, from, to, site string) coverage.Report {
	t.Helper()
	r, err := coverage.New(s, func() time.Time { return now }).Report(t.Context(), from, to, site)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestFigures(t *testing.T) { storetest.Each(t, figures) }

func figures(t *testing.T, s *store.Store) {
	keep(t, s, "garden", "gate-1",
		day(epoch, "yard", "2026-11-24", "00:00:00", "23:59:59", gap("2026-11-24", "08:00:00", "10:24:00", wire.Hidden)),
		day(epoch, "yard", "2026-11-25", "00:00:00", "12:00:00", gap("2026-11-25", "11:00:00", "12:00:00", wire.Unreachable)),
		day(epoch, "lane", "2026-11-25", "00:00:00", "12:00:00"))
	keep(t, s, "market", "shop-7", day(epoch, "door", "2026-11-25", "06:00:00", "11:59:30"))
	r := report(t, s, at("2026-11-25", "12:00:10"), "2026-11-24", "2026-11-25", "")
	if len(r.Devices) != 3 || len(r.Sites) != 2 {
		t.Fatalf("%+v", r)
	}
	yard := r.Devices[1]
	if yard.Device != "yard" || yard.Due != 86399+43200 || yard.Blind[wire.Hidden] != 8640 || yard.Blind[wire.Unreachable] != 3600 ||
		yard.Seen != 86399+43200-8640-3600 || math.Abs(*yard.Share-(129599.0-12240)/129599) > 1e-12 {
		t.Errorf("yard: %+v", yard)
	}
	if g := yard.Days[0].Gaps; len(g) != 1 || !g[0].From.Equal(at("2026-11-24", "08:00:00")) {
		t.Errorf("gaps %+v", g)
	}
	garden := r.Sites[0]
	if garden.Devices != 2 || garden.Due != 129599+43200 || garden.Seen != garden.Due-12240 {
		t.Errorf("garden: %+v", garden)
	}
	if len(r.Open) != 1 || r.Open[0].Cause != wire.Unreachable || !r.Open[0].Since.Equal(at("2026-11-25", "11:00:00")) {
		t.Errorf("open: %+v", r.Open)
	}
	if only := report(t, s, at("2026-11-25", "12:00:10"), "2026-11-25", "2026-11-25", "market"); len(only.Devices) != 1 || len(only.Open) != 0 {
		t.Errorf("one site: %+v", only)
	}
}

// TestToldAgain: the same, an older and a newer version, in any order.
func TestToldAgain(t *testing.T) { storetest.Each(t, toldAgain) }

func toldAgain(t *testing.T, s *store.Store) {
	first := day(epoch, "yard", "2026-11-25", "00:00:00", "12:00:00", gap("2026-11-25", "11:00:00", "12:00:00", wire.Unreachable))
	second := day(epoch, "yard", "2026-11-25", "00:00:00", "13:00:00", gap("2026-11-25", "11:00:00", "12:30:00", wire.Unreachable))
	for range 3 {
		for _, days := range [][]wire.CoverageDay{{first}, {second}, {second, first}, {first, second}} {
			keep(t, s, "garden", "gate-1", days...)
		}
	}
	r := report(t, s, at("2026-11-25", "13:00:10"), "2026-11-25", "2026-11-25", "")
	if d := r.Devices[0]; d.Due != 13*3600 || d.Blind[wire.Unreachable] != 5400 || len(d.Days[0].Gaps) != 1 {
		t.Errorf("%+v", d)
	}
}

// TestABoxThatIsAway: what it has not told is not seen, until it tells.
func TestABoxThatIsAway(t *testing.T) { storetest.Each(t, boxAway) }

func boxAway(t *testing.T, s *store.Store) {
	keep(t, s, "garden", "gate-1",
		day(epoch, "gone", "2026-11-24", "00:00:00", "20:00:00"), // taken out of the box
		day(epoch, "yard", "2026-11-25", "00:00:00", "12:00:00"))
	now := at("2026-11-27", "06:00:00")
	r := report(t, s, now, "2026-11-25", "2026-11-27", "")
	if len(r.Devices) != 1 {
		t.Fatalf("%+v", r.Devices)
	}
	d := r.Devices[0]
	if d.Due != 24*3600+24*3600+6*3600 || d.Seen != 12*3600 || d.Blind[wire.BoxAway] != (12+24+6)*3600 || len(d.Days) != 3 {
		t.Errorf("%+v", d)
	}
	if len(r.Open) != 1 || r.Open[0].Cause != wire.BoxAway || !r.Open[0].Since.Equal(at("2026-11-25", "12:00:00")) {
		t.Errorf("open: %+v", r.Open)
	}
	// It was on all the time, only its link was gone; and its disk was changed on the way.
	keep(t, s, "garden", "gate-1",
		day(epoch, "yard", "2026-11-25", "00:00:00", "23:00:00"), day(later, "yard", "2026-11-25", "23:00:00", "23:59:59"),
		day(later, "yard", "2026-11-26", "00:00:00", "23:59:59"), day(later, "yard", "2026-11-27", "00:00:00", "05:59:00"))
	r = report(t, s, now, "2026-11-25", "2026-11-27", "")
	if d := r.Devices[0]; d.Seen != d.Due || d.Due != 86399+86399+6*3600-60 || len(r.Open) != 0 {
		t.Errorf("after it told: %+v, open %+v", d, r.Open)
	}
}

func TestAskedWrongly(t *testing.T) {
	f := coverage.New(nil, time.Now)
	for _, q := range [][2]string{{"", "2026-11-25"}, {"2026-11-25", "tomorrow"}, {"2026-11-26", "2026-11-25"}, {"2026-01-01", "2026-11-25"}} {
		if _, err := f.Report(context.Background(), q[0], q[1], ""); !errors.Is(err, coverage.ErrRange) {
			t.Errorf("%v: %v", q, err)
		}
	}
}

func TestEveryCauseIsKnownOnce(t *testing.T) {
	all := slices.Sorted(slices.Values(wire.Causes()))
	if once := slices.Compact(slices.Clone(all)); len(once) != len(all) || !slices.Contains(all, wire.BoxAway) {
		t.Errorf("%v", all)
	}
}

// BenchmarkReport is a month of a community: 144 cameras, ten gaps a day each.
func BenchmarkReport(b *testing.B) {
	s, err := store.Open(b.Context(), "sqlite:"+b.TempDir()+"/cloud.db")
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for n := range 30 {
		date := time.Date(2026, 11, 1+n, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		var days []wire.CoverageDay
		for i := range 144 {
			d := day(epoch, "c"+string(rune('a'+i%26))+string(rune('a'+i/26)), date, "00:00:00", "23:59:59")
			for g := range int64(10) {
				d.Gaps = append(d.Gaps, wire.CoverageGap{From: d.Through - 1000*g - 500, To: d.Through - 1000*g, Cause: wire.Frozen})
			}
			days = append(days, d)
		}
		if err := s.KeepCoverage(b.Context(), "garden", "gate-1", days); err != nil {
			b.Fatal(err)
		}
	}
	f := coverage.New(s, func() time.Time { return at("2026-11-30", "23:59:59") })
	for b.Loop() {
		if r, err := f.Report(b.Context(), "2026-11-01", "2026-11-30", ""); err != nil || len(r.Devices) != 144 {
			b.Fatal(err, len(r.Devices))
		}
	}
}
