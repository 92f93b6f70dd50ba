package seed

import (
	"fmt"
	"time"

	"eastgate/cloud/governance"
	"eastgate/cloud/incident"
)

// The people of the demo. Names are of no real person.
var (
	lead       = actor("he-lead", "party-committee", incident.CentreLead)
	supervisor = actor("luo-supervisor", "supervision", incident.Supervisor)
	checkers   = []incident.Actor{actor("bai-checker", "supervision", incident.Checker), actor("shen-checker", "supervision", incident.Checker)}
	gridders   = []incident.Actor{
		actor("wang-grid", "committee", incident.GridWorker), actor("zhao-grid", "committee", incident.GridWorker), actor("sun-grid", "committee", incident.GridWorker),
		actor("qian-grid", "committee", incident.GridWorker), actor("zhou-grid", "committee", incident.GridWorker), actor("wu-grid", "committee", incident.GridWorker),
	}
	watches = []incident.Actor{ // night, day, evening
		actor("feng-duty", "centre", incident.DutyOfficer, incident.Dispatcher),
		actor("chen-duty", "centre", incident.DutyOfficer, incident.Dispatcher),
		actor("wei-duty", "centre", incident.DutyOfficer, incident.Dispatcher),
	}
)

func actor(name, unit string, roles ...incident.Role) incident.Actor {
	return incident.Actor{Name: name, Unit: unit, Roles: roles}
}

// watch is who is on duty: from 23, 7 and 15 o'clock.
func watch(at time.Time) incident.Actor {
	return watches[(at.In(governance.Shanghai).Hour()+1)%24/8]
}

// handlers of a unit: two people each.
func handler(unit string, n int) incident.Actor {
	return actor(fmt.Sprintf("%s-%d", unit, 1+n%2), unit, incident.Handler)
}

func guard(unit string, n int) incident.Actor {
	return actor(fmt.Sprintf("%s-guard-%d", unit, 1+n%3), unit, incident.Guard)
}
