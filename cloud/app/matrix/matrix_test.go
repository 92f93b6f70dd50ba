package matrix_test

import (
	"testing"

	"eastgate/cloud/access"
	"eastgate/cloud/app/matrix"
	"eastgate/cloud/web"
)

// TestEveryRouteByEveryRole asks for each route as each role, and as nobody; and for
// each that changes something as a page elsewhere would.
func TestEveryRouteByEveryRole(t *testing.T) {
	got, err := matrix.Run(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range got.Wrong {
		t.Error(line)
	}
	t.Logf("%d routes, %d roles, %d answers", got.Routes, got.Roles, got.Checked)
	if got.Routes < 150 || got.Roles != len(access.Roles)+1 || got.Checked < got.Routes*got.Roles {
		t.Errorf("only %+v", got)
	}
}

// TestTheMatrixCanFail: what is expected follows the tables, so a route that is open
// to others than its declaration says is found.
func TestTheMatrixCanFail(t *testing.T) {
	guard := &access.User{Name: "li", Party: access.Committee, Grants: []access.Grant{{Role: access.Guard}}}
	admin := &access.User{Name: "wang", Party: access.Committee, Grants: []access.Grant{{Role: access.SystemAdmin}}}
	for _, c := range []struct {
		route web.Route
		who   *access.User
		want  matrix.Verdict
	}{
		{web.Route{Pattern: "GET /x", Class: web.Person, Second: true}, guard, matrix.Second},
		{web.For("GET /x"), admin, matrix.Second},
		{web.Route{Pattern: "GET /x", Class: web.Person, Half: true}, admin, matrix.In},
		{web.For("GET /x", access.ReadRegister), guard, matrix.Forbidden},
		{web.For("GET /x", access.SeePublic), guard, matrix.In},
		{web.For("GET /x"), guard, matrix.In},
		{web.For("GET /x"), nil, matrix.Login},
		{web.Open("GET /x"), nil, matrix.In},
		{web.Route{Pattern: "PUT /x", Class: web.Machine}, guard, matrix.Login},
	} {
		if got := matrix.Want(c.route, c.who, false); got != c.want {
			t.Errorf("%+v: %s, want %s", c.route, got, c.want)
		}
	}
}
