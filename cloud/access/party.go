package access

import "slices"

// A Party is what an organisation is to the community: "1+6".
type Party string

// The one and the six, and the police, which a bridge speaks for.
const (
	Committee  Party = "committee"  // 社区党委: the one
	Residents  Party = "residents"  // 居民委员会
	Authority  Party = "authority"  // 相关行业主管部门
	Supporting Party = "supporting" // 包抓共建单位
	Owners     Party = "owners"     // 业主委员会
	Property   Party = "property"   // 物业公司
	Premises   Party = "premises"   // 辖区单位、商户
	Police     Party = "police"     // 派出所
)

// A Reach says how far the grants of a party's people may go.
type Reach string

// How far.
const (
	Everywhere Reach = "everywhere"
	OwnPlaces  Reach = "own places" // at or below a place of the organisation
	OwnMatters Reach = "own matters"
)

// A Standing is what the people of a party see, may be and never get.
type Standing struct {
	ZH, EN  string
	Reach   Reach
	Roles   []Role  // that its people may be granted
	Never   []Right // whatever they are granted
	Console bool    // its people may log in
}

var (
	administrators = []Role{SystemAdmin, SecurityAdmin, AuditAdmin}
	restricted     = []Right{SeeRestricted, SeeReporter}
	outside        = []Right{SeePolice, StopPolice, SeeNotify, ManageRoster, SeeVideo, ApproveWhistle, AskExport, ApproveExport, SignSharing, ManageOrganisations, SeeContacts}
)

// standings is the table of the parties.
var standings = map[Party]Standing{
	Committee: {
		"社区党委", "community committee", Everywhere,
		append([]Role{GridWorker, Guard, DutyOfficer, Dispatcher, Handler, CentreLead, Checker, Supervisor}, administrators...), nil, true,
	},
	Residents: {
		"居民委员会", "residents' committee", Everywhere,
		[]Role{GridWorker, Guard, DutyOfficer, Dispatcher, Handler, Checker},
		[]Right{SeeRestricted, ApproveExport},
		true,
	},
	Authority: {
		"行业主管部门", "sector authority", OwnMatters, []Role{Handler}, append(slices.Clone(outside), SeeReporter), true,
	},
	Supporting: {
		"包抓共建单位", "supporting unit", OwnMatters, []Role{Handler}, slices.Concat(outside, restricted, []Right{SeeHistory}), true,
	},
	Owners: {
		"业主委员会", "owners' committee", OwnPlaces, []Role{Reporter}, slices.Concat(outside, restricted), true,
	},
	Property: {
		"物业公司", "property company", OwnPlaces, []Role{Guard, Handler}, slices.Concat(outside, restricted), true,
	},
	Premises: {
		"辖区单位、商户", "unit or merchant of the area", OwnPlaces,
		[]Role{Reporter, Guard, Handler},
		slices.Concat(outside, restricted, []Right{SeeFigures}), true,
	},
	Police: {
		"派出所", "police station", OwnMatters, []Role{PoliceBridge}, slices.Concat(outside, restricted, []Right{SeeHistory, SeePictures, SeeFigures}), false,
	},
}

// Parties are all parties, the one first.
var Parties = []Party{Committee, Residents, Authority, Supporting, Owners, Property, Premises, Police}

// Standing returns what a party's people see, may be and never get.
func (p Party) Standing() (Standing, bool) {
	s, ok := standings[p]
	return s, ok
}
