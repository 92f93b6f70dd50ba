package access

import "slices"

// A Role says what somebody does in the centre. What a role may do stands in one
// table, rights; which step of an incident it may take stands in incident's.
type Role string

// The roles of case work.
const (
	Reporter     Role = "reporter"      // 上报人: residents, merchants, an owners' committee
	GridWorker   Role = "grid_worker"   // 网格员
	Guard        Role = "guard"         // 保安
	DutyOfficer  Role = "duty_officer"  // 值班员: says whether it is true
	Dispatcher   Role = "dispatcher"    // 调度员
	Handler      Role = "handler"       // 处置单位联络员
	CentreLead   Role = "centre_lead"   // 中心负责人
	Checker      Role = "checker"       // 核查员: never who handled it
	Supervisor   Role = "supervisor"    // 督导员
	PoliceBridge Role = "police_bridge" // 公安对接: a machine, no person
)

// System is what the machine itself acts as; nobody can be granted it.
const System Role = "system"

// The three administrators. They exclude each other and have no case rights, so
// that nobody can both give himself a right and clear the trace of having used it.
const (
	SystemAdmin   Role = "system_admin"   // 系统管理员: accounts and boxes
	SecurityAdmin Role = "security_admin" // 安全管理员: who may do what
	AuditAdmin    Role = "audit_admin"    // 审计管理员: reads the register
)

// Roles are all roles, those of case work first.
var Roles = []Role{
	Reporter, GridWorker, Guard, DutyOfficer, Dispatcher, Handler, CentreLead, Checker, Supervisor, PoliceBridge,
	SystemAdmin, SecurityAdmin, AuditAdmin,
}

// Known reports whether r is a role.
func (r Role) Known() bool { return slices.Contains(Roles, r) }

// Administers reports whether r is one of the three administrators.
func (r Role) Administers() bool { return r == SystemAdmin || r == SecurityAdmin || r == AuditAdmin }
