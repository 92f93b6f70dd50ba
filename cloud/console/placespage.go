package console

import (
	"bytes"
	"cmp"
	"net/http"
	"strings"

	"eastgate/cloud/access"
	"eastgate/cloud/api"
	"eastgate/cloud/place"
)

// A placesView is the list of places, and what came of an import.
type placesView struct {
	listPage
	Import form
	Plan   *api.PlacesPlan
	Tried  bool
}

// placesPage shows the places, and takes a list of them in.
func (c *Console) placesPage(w http.ResponseWriter, r *http.Request, s access.Session) {
	if c.forbid(w, r, s, access.ManagePlaces) {
		return
	}
	c.showPlaces(w, r, s, nil)
}

// mostPlaces is how many a page lists; more are narrowed down by a path.
const mostPlaces = 500

func (c *Console) showPlaces(w http.ResponseWriter, r *http.Request, s access.Session, plan *api.PlacesPlan) {
	o := c.office(r, s)
	p := listPage{office: o, Title: o.T["nav.places"], About: o.T["about.places"], Filter: asked(r).URL.Query(), Table: table{Name: "places", Columns: []string{"path", "kind", "name", "unit", "device"}, Empty: "empty.places"}}
	v := placesView{listPage: p, Plan: plan}
	v.Import = o.form("/places", "import", o.T["places.import"], o.field("file", true, ""), field{Name: "dry", Kind: "check", Label: o.T["places.dry"]})
	v.Import.Files = true
	for n, one := range c.API.Places.Under(r.URL.Query().Get("under")) {
		if n == mostPlaces && r.FormValue("as") == "" {
			v.About = o.Say("places.more", "n", mostPlaces)
			break
		}
		v.Table.Rows = append(v.Table.Rows, row{Cells: []cell{word(one.Path), word(o.Word("place", one.Kind)), {Text: one.ZH, Sub: one.EN}, word(cmp.Or(one.Org, "–")), word(cmp.Or(string(one.Device), "–"))}})
	}
	c.show(w, r, s, "places.html", v.with(v))
}

// importPlaces reads a list of places that was chosen as a file.
func (c *Console) importPlaces(w http.ResponseWriter, r *http.Request, s access.Session) {
	var list []byte
	if r.MultipartForm != nil {
		for _, f := range r.MultipartForm.File["file"] {
			var err error
			if list, err = readAll(f); err != nil {
				c.broken(w, err)
				return
			}
		}
	}
	path := "/api/v1/places/import"
	if r.PostFormValue("dry") != "" {
		path += "?dry=true"
	}
	a, err := c.ask(r, s, wish{Method: http.MethodPost, Path: path, Body: list, Media: "text/csv"})
	if err != nil {
		c.broken(w, err)
		return
	}
	if !a.ok() {
		c.sorry(w, r, s, a.refused())
		return
	}
	var plan api.PlacesPlan
	if err := a.into(&plan); err != nil {
		c.broken(w, err)
		return
	}
	c.showPlaces(w, r, s, &plan)
}

// placesTemplate gives a list to start from, which imports as it is.
func (c *Console) placesTemplate(w http.ResponseWriter, r *http.Request, s access.Session) {
	if c.forbid(w, r, s, access.ManagePlaces) {
		return
	}
	plan, err := place.MakePlan(nil, place.Demo())
	var out bytes.Buffer
	if err == nil {
		err = place.Write(&out, plan.Added)
	}
	if err != nil {
		c.broken(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="places.csv"`)
	w.Write([]byte("\ufeff" + strings.TrimPrefix(out.String(), "\ufeff"))) // Excel takes it for GBK without
}
