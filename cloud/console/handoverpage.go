package console

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"eastgate/cloud/access"
	"eastgate/cloud/handover"
)

// A handoverView is how things stand, the sheet that waits for who comes, and the
// older ones.
type handoverView struct {
	listPage
	Now    handover.Facts
	Sign   form
	Sheet  *handover.Sheet // the newest, or the one that was asked for
	Unread []handover.Matter
	Opened map[string]bool
	Take   *form
	Older  []handover.Sheet
	Single bool // only one sheet is shown
}

func (c *Console) handoverPage(w http.ResponseWriter, r *http.Request, s access.Session) {
	if c.forbid(w, r, s, access.HandOver) {
		return
	}
	o := c.office(r, s)
	v := handoverView{listPage: listPage{office: o, Title: o.T["nav.handover"], About: o.T["about.handover"]}, Sign: o.errand(choices{}, "handover", nil)}
	v.Sign.Open = true
	if c.get(w, r, s, "/api/v1/handovers/now", &v.Now) != nil {
		return
	}
	var page struct{ Sheets []handover.Sheet }
	if c.get(w, r, s, "/api/v1/handovers?limit=20", &page) != nil {
		return
	}
	if len(page.Sheets) > 0 {
		v.Older = page.Sheets[1:]
		v.show(o, &page.Sheets[0])
	}
	c.render(w, http.StatusOK, "handover.html", v)
}

// show makes a sheet ready to be shown and, by another person, taken over.
func (v *handoverView) show(o office, s *handover.Sheet) {
	v.Sheet, v.Unread, v.Opened = s, s.Unread(), map[string]bool{}
	for _, id := range s.Read {
		v.Opened[id] = true
	}
	if s.In == nil && s.Out.Who != o.User.Name {
		f := o.errand(choices{}, "take", nil, "id", s.ID)
		f.Open = true
		v.Take = &f
	}
}

func (c *Console) sheetPage(w http.ResponseWriter, r *http.Request, s access.Session) {
	if c.forbid(w, r, s, access.HandOver) {
		return
	}
	o := c.office(r, s)
	v := handoverView{listPage: listPage{office: o, Title: o.T["nav.handover"]}, Single: true}
	var sheet handover.Sheet
	if c.get(w, r, s, "/api/v1/handovers/"+url.PathEscape(r.PathValue("id")), &sheet) != nil {
		return
	}
	v.show(o, &sheet)
	c.render(w, http.StatusOK, "handover.html", v)
}

// openUrgent notes that who comes has opened an urgent matter of a sheet, and shows it.
func (c *Console) openUrgent(w http.ResponseWriter, r *http.Request, s access.Session) {
	id, sheet := r.PathValue("incident"), r.PathValue("id")
	a, err := c.ask(r, s, wish{Method: http.MethodPost, Path: "/api/v1/handovers/" + url.PathEscape(sheet) + "/opened", Body: map[string]string{"incident": id}})
	switch {
	case err != nil:
		c.broken(w, err)
	case !a.ok():
		c.sorry(w, r, s, a.refused())
	default:
		http.Redirect(w, r, "/incidents/"+url.PathEscape(id), http.StatusSeeOther)
	}
}

// OpenForm is the button that opens an urgent matter.
func (v handoverView) OpenForm(m handover.Matter) form {
	return v.form("/handover/"+v.Sheet.ID+"/open/"+m.ID, "open", m.Number)
}

// levels are the open matters by level, as facts.
func (o office) levels(f handover.Facts) string {
	var out []string
	for _, level := range []string{"1", "2", "3", "4"} {
		out = append(out, fmt.Sprintf("%s %d", o.Word("level", level), f.Open[level]))
	}
	return strings.Join(out, " · ")
}

// SheetFacts are the lines of a sheet that are no lists.
func (o office) SheetFacts(f handover.Facts) []fact {
	armed := "–"
	if f.Armed != nil {
		armed = fmt.Sprint(*f.Armed)
	}
	test := fact{Key: "sheet.sound", Text: o.T["sheet.never"]}
	if f.SoundTest != nil {
		test = fact{Key: "sheet.sound", At: *f.SoundTest}
	}
	return []fact{
		{Key: "sheet.at", At: f.At},
		{Key: "sheet.open", Text: o.levels(f)},
		{Key: "sheet.overdue", Text: fmt.Sprint(f.Overdue)},
		{Key: "sheet.armed", Text: armed},
		test,
		{Key: "sheet.police", Text: o.Word("reach", f.Police)},
		{Key: "sheet.messages", Text: o.Word("reach", f.Messages)},
	}
}
