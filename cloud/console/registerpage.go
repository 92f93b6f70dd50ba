package console

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/api"
	"eastgate/cloud/register"
)

// A registerView is the register of access as the audit administrator reads it: the
// proof first, then the rows, once it was said what for.
type registerView struct {
	listPage
	Proof            api.Proof
	Asked            bool // a purpose and a reason lack
	Purpose, Reason  string
	Purposes, Acts   []string
	Export           string
	FromDay, ToDay   string
	Who, Unit, Thing string
	Act              string
	Denied           bool
}

func (c *Console) registerPage(w http.ResponseWriter, r *http.Request, s access.Session) {
	if c.forbid(w, r, s, access.ReadRegister) {
		return
	}
	o := c.office(r, s)
	in := r.URL.Query()
	v := registerView{
		listPage: listPage{office: o, Title: o.T["nav.register"], About: o.T["about.register"], Table: table{Columns: []string{"at", "account", "unit", "act", "object", "purpose", "result", "detail", "address"}, Empty: "empty.register"}},
		Purpose:  in.Get("purpose"), Reason: in.Get("reason"), Purposes: api.Purposes, Acts: words(register.Acts), FromDay: in.Get("from"), ToDay: in.Get("to"),
		Who: in.Get("who"), Unit: in.Get("unit"), Thing: in.Get("object"), Act: in.Get("act"), Denied: in.Get("result") == string(register.Denied),
	}
	if c.get(w, r, s, "/api/v1/register/proof", &v.Proof) != nil {
		return
	}
	v.Asked = v.Purpose == "" || strings.TrimSpace(v.Reason) == ""
	if !v.Asked {
		q := registerQuery(in)
		v.Export = "/api/v1/export/register?" + q.Encode()
		q.Set("limit", "100")
		if after := in.Get("after"); after != "" {
			q.Set("after", after)
		}
		var page struct {
			Rows []register.Entry
			Next string
		}
		if c.get(w, r, s, "/api/v1/register?"+q.Encode(), &page) != nil {
			return
		}
		for _, e := range page.Rows {
			v.Table.Rows = append(v.Table.Rows, o.registerRow(e))
		}
		if page.Next != "" {
			next := r.URL.Query()
			next.Set("after", page.Next)
			v.Table.Next = "/register?" + next.Encode()
		}
	}
	c.render(w, http.StatusOK, "register.html", v)
}

// registerQuery is the page's filter in the API's words; its days are whole ones of
// the community.
func registerQuery(in url.Values) url.Values {
	q := url.Values{}
	for _, name := range []string{"purpose", "reason", "who", "unit", "object", "act", "result"} {
		if v := strings.TrimSpace(in.Get(name)); v != "" {
			q.Set(name, v)
		}
	}
	if t, err := time.ParseInLocation(time.DateOnly, in.Get("from"), home); err == nil {
		q.Set("from", t.UTC().Format(time.RFC3339))
	}
	if t, err := time.ParseInLocation(time.DateOnly, in.Get("to"), home); err == nil {
		q.Set("to", t.AddDate(0, 0, 1).UTC().Format(time.RFC3339))
	}
	return q
}

func (o office) registerRow(e register.Entry) row {
	result := cell{Text: o.Word("result", e.Result)}
	if e.Result == register.Denied {
		result.Badge = "denied"
	}
	object := cell{Text: e.Object, Sub: e.Case}
	if id, ok := strings.CutPrefix(e.Object, "incident/"); ok && e.Case != "" {
		object = cell{Text: e.Case, Sub: "incident/" + id}
	}
	return row{Bad: e.Result == register.Denied, Cells: []cell{
		at(e.At),
		{Text: e.Who, Sub: e.Person},
		{Text: cmp.Or(e.Unit, "–"), Sub: e.Roles},
		word(o.Word("act", e.Act)), object,
		{Text: o.Word("purpose", e.Purpose), Sub: e.Reason},
		result,
		{Text: cmp.Or(e.Detail, "–"), Sub: strings.Join(e.Fields, ", ")},
		word(cmp.Or(e.From, "–")),
	}}
}
