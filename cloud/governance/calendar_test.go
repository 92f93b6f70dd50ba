package governance

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

func shanghai(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", s, Shanghai)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func limit(t *testing.T, s string) Limit {
	t.Helper()
	var l Limit
	if err := l.UnmarshalText([]byte(s)); err != nil {
		t.Fatal(err)
	}
	if l.String() != s {
		t.Fatalf("%q is written as %q", s, l)
	}
	return l
}

func TestAdd(t *testing.T) {
	c := DefaultCalendar()
	for _, x := range []struct{ from, limit, want string }{
		{"2025-06-03 23:58", "3m", "2025-06-04 00:01"},         // natural
		{"2025-06-03 09:00", "1h working", "2025-06-03 10:00"}, // Tuesday
		{"2025-06-03 11:30", "1h working", "2025-06-03 15:00"}, // over noon
		{"2025-06-03 11:00", "1h working", "2025-06-03 12:00"}, // to noon sharp
		{"2025-06-03 17:30", "1h working", "2025-06-04 09:00"}, // over night
		{"2025-06-03 03:00", "30m working", "2025-06-03 09:00"},
		{"2025-06-06 17:30", "1h working", "2025-06-09 09:00"}, // over a weekend
		{"2025-01-27 17:00", "2h working", "2025-02-05 09:30"}, // over the Spring Festival
		{"2025-01-25 12:00", "1h working", "2025-01-26 09:30"}, // Saturday to the Sunday that is worked
		{"2025-09-30 18:00", "1h working", "2025-10-09 09:30"},
		{"2025-06-03 20:00", "1 working day", "2025-06-04 18:00"},
		{"2025-06-03 09:00", "5 working days", "2025-06-10 18:00"},
		{"2025-06-07 09:00", "1 working day", "2025-06-09 18:00"},  // from a Saturday
		{"2025-10-10 09:00", "1 working day", "2025-10-11 18:00"},  // Saturday, worked in return
		{"2026-02-13 09:00", "2 working days", "2026-02-24 18:00"}, // the 14th is worked, then nine days off
		{"2025-12-31 17:00", "2h working", "2026-01-04 09:30"},     // a year's end: Sunday the 4th is worked
	} {
		got, err := c.Add(shanghai(t, x.from), limit(t, x.limit))
		if err != nil || !got.Equal(shanghai(t, x.want)) {
			t.Errorf("%s and %s: got %s, %v, want %s", x.from, x.limit, got.In(Shanghai).Format("2006-01-02 15:04"), err, x.want)
		}
	}
}

// TestADayBeginsInShanghai: 16:00 UTC is already tomorrow there, whatever zone a time
// carries.
func TestADayBeginsInShanghai(t *testing.T) {
	at := time.Date(2025, 10, 8, 16, 30, 0, 0, time.UTC) // the 9th, 00:30, first day after the holidays
	if ok, err := DefaultCalendar().Works(at); !ok || err != nil || DayOf(at) != "2025-10-09" {
		t.Error(ok, err, DayOf(at))
	}
}

// TestAddThenBetween: what was added is what lies between, and nothing but working
// time counts.
func TestAddThenBetween(t *testing.T) {
	c := DefaultCalendar()
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		from := c.first.Add(time.Duration(r.Int64N(int64(650 * 24 * time.Hour))))
		d := time.Duration(1 + r.Int64N(int64(60*time.Hour)))
		due, err := c.Add(from, Limit{Duration: d, Clock: Working})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := c.Between(from, due); got != d || err != nil {
			t.Fatalf("from %v, %v later is %v, and %v lie between (%v)", from, d, due, got, err)
		}
		// One nanosecond earlier it was not yet due.
		if got, _ := c.Between(from, due.Add(-1)); got != d-1 {
			t.Fatalf("from %v, %v later is %v: not the earliest moment", from, d, due)
		}
		half, err := c.Share(from, due, Working, 0.5)
		if got, _ := c.Between(from, half); err != nil || (got-d/2).Abs() > 1 {
			t.Fatalf("half of %v from %v is at %v, %v", d, from, half, err)
		}
		if back, _ := c.Between(due, from); back != -d {
			t.Fatalf("backwards it is %v", back)
		}
	}
}

// TestBetweenIsTheSumOfMinutes compares with counting by hand.
func TestBetweenIsTheSumOfMinutes(t *testing.T) {
	c := DefaultCalendar()
	from, to := shanghai(t, "2026-02-12 16:00"), shanghai(t, "2026-03-02 09:15")
	var sum time.Duration
	for at := from; at.Before(to); at = at.Add(time.Minute) {
		hm := at.In(Shanghai).Format("15:04")
		open := hm >= "08:30" && hm < "12:00" || hm >= "14:30" && hm < "18:00"
		if ok, _ := c.Works(at); ok && open {
			sum += time.Minute
		}
	}
	if got, err := c.Between(from, to); got != sum || err != nil || sum == 0 {
		t.Errorf("got %v, %v, want %v", got, err, sum)
	}
}

func TestWorkingDaysOfAYear(t *testing.T) {
	c := DefaultCalendar()
	// 全年月计薪天数: 365 days, 104 weekend days, 13 statutory holidays; make-up days keep the balance.
	for year, want := range map[int]int{2025: 248, 2026: 248} {
		n := 0
		for at := time.Date(year, 1, 1, 12, 0, 0, 0, Shanghai); at.Year() == year; at = at.AddDate(0, 0, 1) {
			if ok, err := c.Works(at); err != nil {
				t.Fatal(err)
			} else if ok {
				n++
			}
		}
		if n != want {
			t.Errorf("%d has %d working days, want %d", year, n, want)
		}
	}
}

func TestAYearWithoutDataIsRefused(t *testing.T) {
	c := DefaultCalendar()
	beyond := shanghai(t, "2027-01-04 10:00")
	for name, err := range map[string]error{
		"from beyond": second(c.Add(beyond, Limit{Duration: time.Hour, Clock: Working})),
		"into beyond": second(c.Add(shanghai(t, "2026-12-30 10:00"), Limit{WorkingDays: 5, Clock: Working})),
		"to beyond":   second(c.Between(shanghai(t, "2026-12-30 10:00"), beyond)),
		"before":      second(c.Works(shanghai(t, "2024-12-31 23:59"))),
	} {
		if !errors.Is(err, ErrNoYear) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if due, err := c.Add(beyond, Limit{Duration: time.Minute, Clock: Natural}); err != nil || !due.Equal(beyond.Add(time.Minute)) {
		t.Error("natural time needs no calendar:", err)
	}
	if w := c.Warning(shanghai(t, "2026-12-09 12:00")); w != "" {
		t.Error("too early:", w)
	}
	if w := c.Warning(shanghai(t, "2026-12-12 12:00")); !strings.Contains(w, "2027") {
		t.Error("no warning:", w)
	}
}

func second[T any](_ T, err error) error { return err }

func TestACalendarOfOnesOwn(t *testing.T) {
	c, err := LoadCalendar(strings.NewReader(`
hours: ["09:00-17:00"]
years:
  "2027":
    source: an example for the test, no real notice
    holidays: [{name: 元旦, from: 2027-01-01, to: 2027-01-03}]
    worked: [2027-01-09]
`))
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Add(shanghai(t, "2026-12-31 16:00"), limit(t, "2h working"))
	if err != nil || !got.Equal(shanghai(t, "2027-01-04 10:00")) {
		t.Error(got, err)
	}
	if ok, err := c.Works(shanghai(t, "2027-01-09 10:00")); !ok || err != nil {
		t.Error("Saturday is worked:", ok, err)
	}
}

func TestFaultyCalendarsSayWhy(t *testing.T) {
	_, err := LoadCalendar(strings.NewReader(`
hours: ["08:30-12:00", "11:00-18:00"]
years:
  "2028":
    holidays: [{name: 元旦, from: 2028-01-03, to: 2028-01-01}, {name: a, from: 2028-05-01, to: 2028-05-03}, {name: b, from: 2028-05-03, to: 2028-05-03}]
    worked: [2028-05-02, 2028-06-05, 2027-01-02]
  soon: {source: x, holidays: [{name: a, from: 2028-01-03, to: 2028-01-03}]}
`))
	for _, want := range []string{
		"hours[1]: begins before the one before it ends",
		"years.2028: 2027 is missing: years follow each other",
		"years.2028.source: say which notice this is from",
		"years.2028.holidays[0]: want from and to in order, both in 2028",
		"years.2028.holidays[2]: 2028-05-03 is a holiday twice",
		"years.2028.worked[0]: 2028-05-02 is a holiday",
		"years.2028.worked[1]: 2028-06-05 is worked anyway: it is no weekend",
		`years.2028.worked[2]: "2027-01-02" is not in 2028`,
		"years.soon: is no year",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %s in:\n%v", want, err)
		}
	}
	for _, hours := range []string{`["12:00-08:30"]`, `["8h"]`, `[]`} {
		if _, err := LoadCalendar(strings.NewReader("hours: " + hours)); err == nil {
			t.Errorf("hours %s pass", hours)
		}
	}
}

func FuzzLoadCalendar(f *testing.F) {
	f.Add("hours: [\"09:00-17:00\"]\nyears: {\"2027\": {source: s, holidays: [{name: n, from: 2027-01-01, to: 2027-01-03}]}}", int64(1767225600), int64(3600))
	f.Fuzz(func(_ *testing.T, text string, from, for_ int64) {
		c, err := LoadCalendar(strings.NewReader(text))
		if err == nil {
			c.Add(time.Unix(from, 0), Limit{Duration: time.Duration(for_) * time.Second, Clock: Working})
		}
	})
}

func BenchmarkAdd(b *testing.B) {
	c := DefaultCalendar()
	from := time.Date(2026, 2, 13, 9, 0, 0, 0, Shanghai)
	for b.Loop() {
		if _, err := c.Add(from, Limit{Duration: 40 * time.Hour, Clock: Working}); err != nil {
			b.Fatal(err)
		}
	}
}
