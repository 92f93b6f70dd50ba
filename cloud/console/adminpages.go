package console

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/api"
	"eastgate/cloud/organisation"
	"eastgate/shared/wire"
)

// boxesPage shows every edge box with what it last told of itself.
func (c *Console) boxesPage(w http.ResponseWriter, r *http.Request, s access.Session) {
	var boxes []api.Box
	if c.get(w, r, s, "/api/v1/boxes", &boxes) != nil {
		return
	}
	o := c.office(r, s)
	p := listPage{office: o, Title: o.T["nav.boxes"], About: o.T["about.boxes"], Table: table{
		Name: "boxes", Columns: []string{"box", "state", "heard", "version", "queue", "clock", "cameras", "sensors", "certificate", "enrolled"}, Empty: "empty.boxes",
	}}
	manages := access.May(s.User, access.ManageBoxes, access.Anywhere)
	if manages {
		p.Forms = []form{o.errand(choices{}, "enrol", nil)}
	}
	for _, b := range boxes {
		one := row{ID: b.Site + "-" + b.Box, Bad: b.State == "silent" || b.State == "away", Cells: []cell{
			word(b.Site + "/" + b.Box),
			{Text: o.Word("box", b.State), Badge: map[string]string{"online": "up", "silent": "down", "away": "down", "revoked": "revoked"}[b.State], Sub: b.Host},
			at(b.Heard),
			word(cmp.Or(b.Version, "–")), waiting(b), o.clock(b), o.cameras(b), o.sensors(b), o.certificate(b), at(b.Enrolled),
		}}
		if manages && b.Revoked == nil {
			one.Forms = []form{o.errand(choices{}, "revoke", nil, "site", b.Site, "box", b.Box)}
			one.Forms[0].Fields = append(one.Forms[0].Fields, field{Name: "sure", Kind: "check", Label: o.T["sure.revoke"], Required: true})
		}
		p.Table.Rows = append(p.Table.Rows, one)
	}
	c.show(w, r, s, "list.html", p)
}

func waiting(b api.Box) cell {
	if b.Waiting == nil {
		return word("–")
	}
	return word(fmt.Sprint(*b.Waiting))
}

// endsSoon is when a certificate that its box should have renewed long ago is worth a word.
const endsSoon = 14 * 24 * time.Hour

// certificate says until when a box may speak, and whether a code waits to be used.
func (o office) certificate(b api.Box) cell {
	out := word("–")
	if b.Certificate != nil {
		out = at(b.Certificate)
		switch left := b.Certificate.Sub(o.Now); {
		case left <= 0:
			out.Badge, out.Sub = "down", o.T["certificate.over"]
		case left < endsSoon:
			out.Badge, out.Sub = "warn", o.T["certificate.soon"]
		}
	}
	if b.Code != nil {
		out.Sub = strings.TrimSpace(out.Sub + " " + o.Say("certificate.code", "time", o.Time(b.Code)))
	}
	return out
}

// mostAhead is how far a clock may be off before it is said, in seconds: a message
// takes its time too.
const mostAhead = 2.0

func (o office) clock(b api.Box) cell {
	if b.ClockAhead == nil {
		return word("–")
	}
	out := cell{Text: fmt.Sprintf("%+.1f s", *b.ClockAhead)}
	if *b.ClockAhead > mostAhead || *b.ClockAhead < -mostAhead {
		out.Badge, out.Sub = "late", o.T["box.clock.off"]
	}
	return out
}

// cameras says how many of a box's cameras send pictures, and names those that do not.
func (o office) cameras(b api.Box) cell {
	up, down := 0, []string{}
	for _, cam := range b.Cameras {
		if cam.State == "online" {
			up++
			continue
		}
		down = append(down, cmp.Or(cam.Name, cam.Camera)+": "+o.cameraState(cam))
	}
	if len(b.Cameras) == 0 {
		return word("–")
	}
	out := cell{Text: fmt.Sprintf("%d / %d", up, len(b.Cameras)), Sub: strings.Join(down[:min(4, len(down))], " · ")}
	if len(down) > 4 {
		out.Sub += " …"
	}
	if len(down) > 0 {
		out.Badge = "warn"
	}
	return out
}

func (o office) cameraState(cam wire.CameraHealth) string {
	return cmp.Or(o.T["cause."+cam.State], o.T["camera."+cam.State], cam.State)
}

// peoplePage shows accounts to who opens them, and grants to who gives them.
func (c *Console) peoplePage(w http.ResponseWriter, r *http.Request, s access.Session) {
	var people []api.Person
	if c.get(w, r, s, "/api/v1/people", &people) != nil {
		return
	}
	o := c.office(r, s)
	ch := c.choices(r, o)
	p := listPage{office: o, Title: o.T["nav.people"], About: o.T["about.people"], Table: table{
		Name: "people", Columns: []string{"account", "person", "unit", "grants", "factors", "sessions", "state"}, Empty: "empty.list",
	}}
	opens, grants := access.May(s.User, access.ManageAccounts, access.Anywhere), access.May(s.User, access.ManageGrants, access.Anywhere)
	if opens {
		p.Forms = append(p.Forms, o.errand(ch, "open", nil))
	}
	if grants {
		p.Forms = append(p.Forms, o.errand(ch, "grant", nil))
	}
	for _, x := range people {
		held, lines := o.grants(x)
		state := cell{Text: o.T["person.open"], Badge: "up"}
		switch {
		case x.Closed != nil:
			state = cell{Text: o.T["person.closed"], Badge: "revoked"}
		case x.Fresh:
			state = cell{Text: o.T["person.fresh"], Badge: "warn"}
		}
		one := row{ID: x.Name, Cells: []cell{word(x.Name), word(x.Person), {Text: ch.Name(x.Unit), Sub: o.Word("party", x.Party)}, {Text: cmp.Or(strings.Join(lines, "; "), o.T["grants.none"])}, word(fmt.Sprint(x.Factors)), word(fmt.Sprint(x.Sessions)), state}}
		if opens && x.Closed == nil && x.Name != s.User.Name {
			one.Forms = append(one.Forms, o.errand(ch, "end_sessions", nil, "name", x.Name), o.sure("reset", "name", x.Name), o.sure("close", "name", x.Name))
		}
		if grants && x.Closed == nil && x.Name != s.User.Name {
			for _, g := range held {
				f := o.sure("revoke_grant", "id", g.ID)
				f.Title += ": " + o.Word("role", g.Role)
				one.Forms = append(one.Forms, f)
			}
			if x.Factors > 0 {
				one.Forms = append(one.Forms, o.sure("reset_factors", "name", x.Name))
			}
		}
		p.Table.Rows = append(p.Table.Rows, one)
	}
	slices.SortStableFunc(p.Table.Rows, func(a, b row) int { return strings.Compare(a.Cells[2].Text, b.Cells[2].Text) })
	v := tasksView{listPage: p, Choices: ch}
	c.show(w, r, s, "tasks.html", p.with(v))
}

// sure is an errand that is asked twice about.
func (o office) sure(name string, pairs ...string) form {
	f := o.errand(choices{}, name, nil, pairs...)
	f.Fields = append(f.Fields, field{Name: "sure", Kind: "check", Label: o.T["sure."+name], Required: true})
	return f
}

// grants are those that a person holds now, and what they say.
func (o office) grants(x api.Person) (held []access.Grant, lines []string) {
	for _, g := range x.Grants {
		if !g.Holds(o.Now) {
			continue
		}
		line := o.Word("role", g.Role)
		if g.Scope != "" {
			line += " @ " + g.Scope
		}
		if len(g.Classes) > 0 {
			line += " [" + strings.Join(g.Classes, ", ") + "]"
		}
		if g.ValidTo != nil {
			line += " " + o.Say("grant.until", "day", o.Time(g.ValidTo))
		}
		held, lines = append(held, g), append(lines, line)
	}
	return held, lines
}

// organisationsPage shows the community and its partners.
func (c *Console) organisationsPage(w http.ResponseWriter, r *http.Request, s access.Session) {
	if c.forbid(w, r, s, access.ManageOrganisations) {
		return
	}
	list, err := c.API.Organisations(r.Context())
	if err != nil {
		c.broken(w, err)
		return
	}
	o := c.office(r, s)
	p := listPage{office: o, Title: o.T["nav.organisations"], About: o.T["about.organisations"], Table: table{Name: "organisations", Columns: []string{"id", "name", "party", "places", "review", "state"}, Empty: "empty.list"}}
	p.Forms = []form{o.errand(choices{}, "organisation", nil)}
	for _, x := range list {
		name := x.ZH
		if o.Lang == en {
			name = cmp.Or(x.EN, x.ZH)
		}
		one := row{ID: x.ID, Cells: []cell{word(x.ID), word(name), word(o.Word("party", x.Party)), word(cmp.Or(strings.Join(x.Places, ", "), "–")), o.review(x), {Text: o.T["organisation.in"], Badge: "up"}}}
		if x.Ended != nil {
			one.Cells[5] = cell{Text: o.T["organisation.ended"], Badge: "revoked"}
		} else {
			one.Forms = []form{o.errand(choices{}, "review", nil, "organisation", x.ID)}
			if x.ID != access.CommunityUnit && x.ID != s.User.Unit {
				one.Forms = append(one.Forms, o.sure("end", "organisation", x.ID))
			}
		}
		p.Table.Rows = append(p.Table.Rows, one)
	}
	c.show(w, r, s, "list.html", p)
}

// review says when an organisation's contacts were looked through.
func (o office) review(x organisation.Organisation) cell {
	out := at(x.Reviewed)
	if x.Ended == nil && o.Now.After(x.ReviewDue()) {
		out.Badge, out.Sub = "warn", o.T["organisation.review.due"]
	}
	return out
}
