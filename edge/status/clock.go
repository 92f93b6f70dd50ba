package status

import (
	"golang.org/x/sys/unix"

	"eastgate/shared/event"
)

// timeError is the kernel's word for a clock that nothing disciplines
// (adjtimex(2), TIME_ERROR).
const timeError = 5

// Clock says whether the kernel's clock is disciplined by NTP or the like; nil
// when the kernel does not tell.
func Clock() event.Clock {
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	if err != nil {
		return event.Clock{}
	}
	synced := state != timeError && t.Status&unix.STA_UNSYNC == 0
	return event.Clock{Synced: &synced}
}
