package incident

import "slices"

// A Role is what somebody is to an incident.
type Role string

// The roles. Administrators and auditors have none here.
const (
	Reporter     Role = "reporter"
	GridWorker   Role = "grid_worker"
	Guard        Role = "guard"
	DutyOfficer  Role = "duty_officer"
	Dispatcher   Role = "dispatcher"
	Handler      Role = "handler"
	CentreLead   Role = "centre_lead"
	Checker      Role = "checker"
	Supervisor   Role = "supervisor"
	System       Role = "system"        // the scheduler and the edge: no person
	PoliceBridge Role = "police_bridge" // another machine
)

// An Actor is who does something. Roles are those that they hold for the place and
// class of the incident at hand.
type Actor struct {
	Name, Unit string
	Roles      []Role
}

// Machine is the actor of what nobody does.
var Machine = Actor{Name: "system", Roles: []Role{System}}

// Is reports whether a holds a role.
func (a Actor) Is(r Role) bool { return slices.Contains(a.Roles, r) }
