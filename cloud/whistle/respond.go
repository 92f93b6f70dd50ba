package whistle

import (
	"time"

	"eastgate/cloud/governance"
)

// Limits are how soon a unit must answer.
var Limits = map[Kind]governance.Limit{
	Emergency:   {Duration: 30 * time.Minute, Clock: governance.Natural},
	Enforcement: {Duration: 2 * time.Hour, Clock: governance.Natural},
	Problem:     {WorkingDays: 1, Clock: governance.Working},
}

// RespondBy returns when a unit must have answered what is sent at a time. In a year
// that the calendar does not know, every day works: a whistle is not held back
// because nobody has yet published the holidays.
func RespondBy(c *governance.Calendar) func(k Kind, sent time.Time) time.Time {
	return func(k Kind, sent time.Time) time.Time {
		if due, err := c.Add(sent, Limits[k]); err == nil {
			return due
		}
		return sent.AddDate(0, 0, 1)
	}
}
