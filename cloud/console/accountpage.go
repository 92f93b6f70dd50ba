package console

import (
	"net/http"
	"strings"

	"eastgate/cloud/access"
	"eastgate/cloud/api"
)

// An accountView is one's own account: what one holds, how one comes in, and where one
// is in.
type accountView struct {
	office
	About             string
	Password          form
	Factors, Sessions table
	Left              int // recovery codes
	Few               bool
	More              []form // about factors
	Others            *form  // ends all other sessions
}

// fewCodes is when one should make new ones.
const fewCodes = 3

// accountPage is one's own account.
func (c *Console) accountPage(w http.ResponseWriter, r *http.Request, s access.Session) {
	var factors api.Factors
	var sessions []api.OwnSession
	if c.get(w, r, s, "/api/v1/me/factors", &factors) != nil || c.get(w, r, s, "/api/v1/me/sessions", &sessions) != nil {
		return
	}
	o := c.office(r, s)
	v := accountView{office: o, About: o.holds(s.User), Password: o.errand(choices{}, "password", nil), Left: factors.Recovery, Few: len(factors.Factors) > 0 && factors.Recovery < fewCodes}
	v.Factors = table{Name: "factors", Columns: []string{"factor", "kind", "made", "used"}, Empty: "factors.none"}
	for _, f := range factors.Factors {
		v.Factors.Rows = append(v.Factors.Rows, row{
			ID: f.ID, Cells: []cell{word(f.Name), word(o.Word("factor", f.Kind)), at(&f.Made), at(f.Used)}, Forms: []form{o.sure("drop_factor", "id", f.ID)},
		})
	}
	v.More = []form{o.form("/login/second/offer", "offer", o.T["factor.add"]), o.newKey()}
	v.More[0].Back = "/account"
	if len(factors.Factors) > 0 {
		v.More = append(v.More, o.form("/account/recovery", "recovery", o.T["recovery.new"]))
	}
	v.Sessions = table{Name: "sessions", Columns: []string{"address", "agent", "came", "used", "second", "state"}, Empty: "empty.list"}
	for _, one := range sessions {
		x := row{ID: one.ID, Cells: []cell{word(one.Address), word(one.Agent), at(&one.Came), at(&one.Used), at(one.Second), {}}}
		if one.Here {
			x.Cells[5] = cell{Text: o.T["session.here"], Badge: "up"}
		} else {
			x.Forms = []form{o.errand(choices{}, "end_session", nil, "session", one.ID)}
		}
		v.Sessions.Rows = append(v.Sessions.Rows, x)
	}
	if len(sessions) > 1 {
		f := o.errand(choices{}, "end_others", nil)
		v.Others = &f
	}
	c.render(w, http.StatusOK, "account.html", v)
}

// newKey is the form for one more security key, which bears a name.
func (o office) newKey() form {
	f := o.form("/login/second/offer?kind="+access.Key, "offer_key", o.T["factor.add.key"], field{Name: "name", Label: o.T["factor.name"], Kind: "text", Max: 40, Required: true})
	f.Back = "/account"
	return f
}

// holds says in a line who somebody is here.
func (o office) holds(u access.User) string {
	parts := []string{o.Say("account.about", "name", u.Name, "unit", u.Unit)}
	for _, g := range u.Grants {
		part := o.Word("role", g.Role)
		if g.Scope != "" {
			part += " @ " + g.Scope
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, " · ")
}

// newRecovery shows other recovery codes, once.
func (c *Console) newRecovery(w http.ResponseWriter, r *http.Request, s access.Session) {
	codes, err := c.API.NewRecovery(r.Context(), s)
	if err != nil {
		c.refuse(w, r, s, err)
		return
	}
	v := c.secondView(r, s)
	v.Back, v.Recovery = "/account", codes
	c.render(w, http.StatusOK, "second.html", v)
}
