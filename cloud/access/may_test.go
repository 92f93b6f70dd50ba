package access_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"eastgate/cloud/access"
)

// matrix says for every role what it may do; a right that is not named it may not.
// It repeats the table on purpose: who changes the one must mean it twice.
var matrix = map[access.Role]string{
	access.Reporter:      "incident.public incident.report figures.see",
	access.GridWorker:    "incident.public incident.see incident.history picture.see incident.report incident.handle whistle.draft",
	access.Guard:         "incident.public incident.see incident.history picture.see incident.report incident.handle device.silence",
	access.DutyOfficer:   "incident.public incident.see incident.history incident.restricted incident.reporter picture.see video.see incident.report hotline.import incident.handle device.silence camera.tune figures.see whistle.draft export.ask evidence.hold handover.sign police.see notify.see",
	access.Dispatcher:    "incident.public incident.see incident.history incident.restricted picture.see incident.report incident.handle figures.see whistle.draft export.ask",
	access.Handler:       "incident.public incident.see incident.history picture.see incident.handle whistle.answer",
	access.CentreLead:    "incident.public incident.see incident.history incident.restricted incident.reporter picture.see video.see incident.report hotline.import incident.handle camera.tune figures.see whistle.draft whistle.approve export.ask export.approve evidence.hold evidence.release handover.sign police.see police.stop notify.see roster.manage sharing.sign organisation.manage contact.see",
	access.Checker:       "incident.public incident.see incident.history incident.reporter picture.see incident.handle figures.see",
	access.Supervisor:    "incident.public incident.see incident.history incident.restricted incident.reporter picture.see video.see incident.handle figures.see figures.enter export.ask export.approve evidence.hold evidence.release police.see police.stop notify.see sharing.sign",
	access.PoliceBridge:  "incident.public whistle.answer",
	access.SystemAdmin:   "account.manage box.manage place.manage organisation.manage notify.see",
	access.SecurityAdmin: "grant.manage",
	access.AuditAdmin:    "register.read",
}

var allRights = []access.Right{
	access.SeePublic, access.SeeIncidents, access.SeeHistory, access.SeeRestricted, access.SeeReporter, access.SeePictures, access.SeeVideo,
	access.Report, access.ImportReports, access.Handle, access.Silence, access.TuneCameras, access.SeeFigures, access.EnterFigures, access.DraftWhistle, access.ApproveWhistle, access.AnswerWhistle,
	access.AskExport, access.ApproveExport, access.HoldEvidence, access.ReleaseEvidence, access.HandOver, access.SeePolice, access.StopPolice, access.SeeNotify, access.ManageRoster, access.SignSharing, access.ManageOrganisations, access.SeeContacts, access.ManageAccounts,
	access.ManageBoxes, access.ManagePlaces, access.ManageGrants, access.ReadRegister,
}

func TestEveryRoleAndRight(t *testing.T) {
	for _, role := range access.Roles {
		u := access.User{Name: "li", Party: access.Committee, Grants: []access.Grant{{Role: role}}}
		for _, right := range allRights {
			want := slices.Contains(strings.Fields(matrix[role]), string(right))
			if got := access.May(u, right, access.Object{Place: "dongguan/c3", Class: "fire.smoke"}); got != want {
				t.Errorf("%s, %s: may is %v, want %v", role, right, got, want)
			}
		}
	}
	if len(matrix) != len(access.Roles) {
		t.Errorf("the matrix has %d roles of %d", len(matrix), len(access.Roles))
	}
}

func TestAdministratorsHaveNoCaseRights(t *testing.T) {
	for _, role := range []access.Role{access.SystemAdmin, access.SecurityAdmin, access.AuditAdmin} {
		u := access.User{Name: "li", Party: access.Committee, Grants: []access.Grant{{Role: role}}}
		if s := access.ScopeOf(u); !s.Empty() {
			t.Errorf("%s sees %+v", role, s)
		}
		for _, right := range allRights[:18] {
			if access.May(u, right, access.Anywhere) {
				t.Errorf("%s may %s", role, right)
			}
		}
	}
}

// TestEveryParty reads the table of the parties (1+6) row by row.
func TestEveryParty(t *testing.T) {
	smoke := access.Object{Place: "dongguan/c3/b07", Class: "fire.smoke", Units: []string{"its-unit"}}
	for _, c := range []struct {
		party       access.Party
		reach       access.Reach
		best        access.Role // the most that its people may be
		may, never  []access.Right
		mustNotHold []access.Role
	}{
		{access.Committee, access.Everywhere, access.CentreLead, []access.Right{access.SeeRestricted, access.ApproveWhistle, access.ApproveExport}, nil, []access.Role{access.PoliceBridge}},
		{access.Residents, access.Everywhere, access.Checker, []access.Right{access.Handle, access.SeeHistory}, []access.Right{access.SeeRestricted, access.ApproveExport}, []access.Role{access.CentreLead, access.Supervisor, access.SystemAdmin}},
		{access.Authority, access.OwnMatters, access.Handler, []access.Right{access.Handle, access.AnswerWhistle}, []access.Right{access.SeeReporter, access.AskExport, access.SeeVideo}, []access.Role{access.DutyOfficer, access.Checker}},
		{access.Supporting, access.OwnMatters, access.Handler, []access.Right{access.Handle}, []access.Right{access.SeeHistory, access.AskExport}, []access.Role{access.GridWorker}},
		{access.Owners, access.OwnPlaces, access.Reporter, []access.Right{access.SeePublic, access.SeeFigures, access.Report}, []access.Right{access.SeeReporter, access.SeeIncidents}, []access.Role{access.Handler}},
		{access.Property, access.OwnPlaces, access.Guard, []access.Right{access.SeeIncidents, access.Handle, access.Silence}, []access.Right{access.SeeReporter, access.SeeVideo}, []access.Role{access.DutyOfficer}},
		{access.Premises, access.OwnPlaces, access.Reporter, []access.Right{access.SeePublic, access.Report}, []access.Right{access.SeeFigures, access.SeeReporter}, []access.Role{access.Checker}},
		{access.Police, access.OwnMatters, access.PoliceBridge, []access.Right{access.AnswerWhistle}, []access.Right{access.SeeHistory, access.SeePictures, access.SeeIncidents}, []access.Role{access.Handler, access.Guard}},
	} {
		s, ok := c.party.Standing()
		if !ok || s.Reach != c.reach || s.Console == (c.party == access.Police) {
			t.Errorf("%s: %+v", c.party, s)
		}
		u := access.User{Name: "li", Unit: "its-unit", Party: c.party, Grants: []access.Grant{{Role: c.best, Scope: "unit:its-unit"}}}
		for _, right := range c.may {
			if !access.May(u, right, smoke) {
				t.Errorf("%s as %s may not %s", c.party, c.best, right)
			}
		}
		for _, right := range c.never {
			for _, role := range access.Roles { // whatever it is granted
				u := access.User{Name: "li", Party: c.party, Grants: []access.Grant{{Role: role}}}
				if access.May(u, right, smoke) && (slices.Contains(s.Roles, role) || right != access.SeeIncidents) {
					t.Errorf("%s as %s may %s", c.party, role, right)
				}
			}
		}
		for _, role := range c.mustNotHold {
			if slices.Contains(s.Roles, role) {
				t.Errorf("%s may be granted %s", c.party, role)
			}
		}
	}
	if len(access.Parties) != 8 {
		t.Errorf("%d parties", len(access.Parties))
	}
}

func TestGrantsEndByThemselves(t *testing.T) {
	past, future := time.Now().Add(-time.Second), time.Now().Add(time.Hour)
	for _, c := range []struct {
		g    access.Grant
		want bool
	}{
		{access.Grant{Role: access.Guard}, true},
		{access.Grant{Role: access.Guard, ValidTo: &future}, true},
		{access.Grant{Role: access.Guard, ValidTo: &past}, false},
		{access.Grant{Role: access.Guard, RevokedAt: &past}, false},
	} {
		u := access.User{Name: "li", Party: access.Committee, Grants: []access.Grant{c.g}}
		o := access.Object{Place: "dongguan"}
		if access.May(u, access.SeeIncidents, o) != c.want || access.ScopeOf(u).Shows(o) != c.want || (len(access.ActorFor(u, o).Roles) > 0) != c.want {
			t.Errorf("%+v: want %v", c.g, c.want)
		}
	}
}

func TestScopesEndAtSlashes(t *testing.T) {
	u := access.User{Name: "li", Party: access.Committee, Grants: []access.Grant{{Role: access.Guard, Scope: "dongguan/c3", Classes: []string{"fire.*"}}}}
	for place, want := range map[string]bool{
		"dongguan/c3": true, "dongguan/c3/b07": true, "dongguan/c31": false, "dongguan": false, "": false, "x/dongguan/c3": false,
	} {
		if access.May(u, access.SeeIncidents, access.Object{Place: place, Class: "fire.smoke"}) != want {
			t.Errorf("%q: want %v", place, want)
		}
	}
	for class, want := range map[string]bool{"fire.smoke": true, "firewood.sale": false, "fire": false, "parking.motor": false} {
		if access.May(u, access.SeeIncidents, access.Object{Place: "dongguan/c3", Class: class}) != want {
			t.Errorf("%q: want %v", class, want)
		}
	}
}

// TestListsAndSinglesAgree: what a scope shows in a list is what May allows one by
// one, for random people and random things; so a list leaks nothing.
func TestListsAndSinglesAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	some := func(of ...string) string { return of[r.IntN(len(of))] }
	scope := func() string { return some("", "a", "a/b", "a/b/c", "ab", "unit:u", "unit:v") }
	for range 20_000 {
		u := access.User{Name: "li", Party: access.Parties[r.IntN(len(access.Parties))]}
		for range r.IntN(4) {
			g := access.Grant{Role: access.Roles[r.IntN(len(access.Roles))], Scope: scope()}
			for range r.IntN(3) {
				g.Classes = append(g.Classes, some("fire.*", "fire.smoke", "parking.motor"))
			}
			if r.IntN(4) == 0 {
				end := time.Now().Add(time.Duration(r.IntN(3)-1) * time.Hour)
				g.ValidTo = &end
			}
			u.Grants = append(u.Grants, g)
		}
		o := access.Object{Place: some("a", "a/b", "a/b/c", "ab", "z"), Class: some("fire.smoke", "fire.gas", "parking.motor"), Units: []string{some("u", "v", "w")}}
		for _, right := range []access.Right{access.SeePublic, access.SeeIncidents, access.SeeRestricted} {
			if may, shown := access.May(u, right, o), access.ScopeFor(u, right).Shows(o); may != shown {
				t.Fatalf("%s on %+v by %s: may %v, shown %v", right, o, fmt.Sprintf("%+v", u), may, shown)
			}
		}
	}
}
