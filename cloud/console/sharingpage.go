package console

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"

	"eastgate/cloud/access"
	"eastgate/cloud/api"
	"eastgate/cloud/sharing"
)

// agreementSteps are the steps that are offered in each state.
var agreementSteps = map[sharing.State][]string{
	sharing.Draft: {"sign", "finish"}, sharing.Coming: {"finish"}, sharing.InForce: {"suspend", "finish"}, sharing.Suspended: {"resume", "finish"},
}

// agreementsPage shows which organisation is told what, under which agreement.
func (c *Console) agreementsPage(w http.ResponseWriter, r *http.Request, s access.Session) {
	if c.forbid(w, r, s, access.SignSharing) {
		return
	}
	var list []api.Agreement
	if c.get(w, r, s, "/api/v1/agreements", &list) != nil {
		return
	}
	o := c.office(r, s)
	ch := c.choices(r, o)
	p := listPage{office: o, Title: o.T["nav.agreements"], About: o.T["about.agreements"], Table: table{
		Name: "agreements", Columns: []string{"unit", "state", "purpose", "class", "fields", "from", "until", "signed"}, Empty: "empty.agreements",
	}}
	p.Forms = []form{o.errand(ch, "agreement", nil)}
	for _, a := range list {
		var signers []string
		for _, m := range a.Signatures {
			signers = append(signers, cmp.Or(m.Person, m.By))
		}
		one := row{ID: a.ID, Cells: []cell{
			word(ch.Name(a.Organisation)),
			{Text: o.Word("agreement", a.State), Badge: map[sharing.State]string{sharing.InForce: "up", sharing.Draft: "warn", sharing.Suspended: "warn"}[a.State]},
			{Text: a.Purpose, Sub: a.Basis},
			{Text: strings.Join(a.Classes, ", "), Sub: strings.Join(a.Places, ", ")},
			word(o.shared(a.Fields)), at(a.From), at(a.To), word(fmt.Sprintf("%d / 2 %s", len(a.Signatures), strings.Join(signers, ", "))),
		}}
		for _, step := range agreementSteps[a.State] {
			f := o.errand(ch, step, nil, "id", a.ID)
			f.Version = toWord(a.Version)
			one.Forms = append(one.Forms, f)
		}
		p.Table.Rows = append(p.Table.Rows, one)
	}
	c.show(w, r, s, "list.html", p)
}

// shared names the fields of an agreement.
func (o office) shared(fields []string) string {
	var out []string
	for _, f := range fields {
		out = append(out, o.Word("share", f))
	}
	return strings.Join(out, ", ")
}
