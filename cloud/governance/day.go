package governance

import (
	"fmt"
	"strings"
	"time"
)

// Shanghai is the one zone that figures, deadlines and days are told in. It has had
// no daylight saving time since 1991.
var Shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

// A Day is a calendar day, as 2025-10-01. Days compare as text.
type Day string

// DayOf returns the day in Asia/Shanghai on which t falls.
func DayOf(t time.Time) Day { return Day(t.In(Shanghai).Format(time.DateOnly)) }

// Start is midnight in Asia/Shanghai, where d begins.
func (d Day) Start() (time.Time, error) {
	return time.ParseInLocation(time.DateOnly, string(d), Shanghai)
}

// UnmarshalText reads a day, or none.
func (d *Day) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = ""
		return nil
	}
	t, err := time.ParseInLocation(time.DateOnly, string(text), Shanghai)
	if err != nil {
		return fmt.Errorf("want a day such as 2025-10-01, not %.20q", text)
	}
	*d = DayOf(t)
	return nil
}

// in reports whether d is a day of a year.
func (d Day) in(year string) bool { return strings.HasPrefix(string(d), year+"-") }
