package report

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"eastgate/cloud/governance"
	"eastgate/cloud/incident"
	"eastgate/cloud/web"
)

// Open311 GeoReport v2: https://wiki.open311.org/GeoReport_v2. What others ask for
// without a key is only how far things are; the words of who reported stay here.

// window is how far back GET requests goes when it is not asked for a time, and
// maxListed how many it gives, whichever is less (GeoReport v2, GET requests).
const (
	window    = 90 * 24 * time.Hour
	maxListed = 1000
)

// open311 registers the endpoints, each in both forms.
func (d Deps) open311(mux *web.Mux, limit *web.Limiter) {
	for _, f := range []form{jsonForm, xmlForm} {
		handle := func(pattern string, h func(*http.Request) (any, int, error)) {
			mux.Handle(web.Open(pattern), limit.Limit(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				v, status, err := h(r)
				if err != nil {
					d.refuse311(w, f, err)
					return
				}
				f.write(w, status, v)
			})))
		}
		handle("GET /open311/discovery."+f.ending, d.discovery)
		handle("GET /open311/v2/services."+f.ending, d.services)
		handle("GET /open311/v2/requests."+f.ending, d.requests)
		handle("POST /open311/v2/requests."+f.ending, d.post)
	}
	// ServeMux takes no ending after a name, so these look at it themselves.
	named := func(pattern string, h func(*http.Request, string) (any, error)) {
		mux.Handle(web.Open(pattern), limit.Limit(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			name, f := formOf(r.PathValue("name"))
			v, err := h(r, name)
			if err != nil {
				d.refuse311(w, f, err)
				return
			}
			f.write(w, http.StatusOK, v)
		})))
	}
	named("GET /open311/v2/services/{name}", d.definition)
	named("GET /open311/v2/requests/{name}", d.request)
}

// A fault311 is an error in the form of the specification.
type fault311 struct {
	code int
	text string
}

func (f fault311) Error() string { return f.text }

func bad311(code int, format string, a ...any) error {
	return fault311{code, fmt.Sprintf(format, a...)}
}

func (d Deps) refuse311(w http.ResponseWriter, f form, err error) {
	fault := fault311{http.StatusInternalServerError, "the centre cannot answer at the moment"}
	var invalid incident.Invalid
	switch {
	case errors.As(err, &fault):
	case errors.As(err, &invalid):
		fault = fault311{http.StatusBadRequest, err.Error()}
	default:
		d.Log.Error("open311 request failed", "err", err)
	}
	f.write(w, fault.code, errors311{Errors: []error311{{fault.code, fault.text}}})
}

func (d Deps) jurisdiction(r *http.Request) error {
	if j := r.FormValue("jurisdiction_id"); j != "" && j != d.Jurisdiction {
		return bad311(http.StatusNotFound, "jurisdiction_id %.60q was not found; here it is %q", j, d.Jurisdiction)
	}
	return nil
}

func (d Deps) discovery(*http.Request) (any, int, error) {
	return discovery311{
		Contact: "", KeyService: d.PublicURL, Changeset: "2026-11-25T00:00:00Z",
		Endpoints: []endpoint311{{
			Specification: "http://wiki.open311.org/GeoReport_v2", URL: d.PublicURL + "/open311/v2", Changeset: "2026-11-25T00:00:00Z", Type: "production",
			Formats: []string{"text/xml", "application/json"},
		}},
	}, http.StatusOK, nil
}

func lang(r *http.Request) string {
	if l := r.FormValue("lang"); l == "en" || l == "zh-CN" {
		return l
	}
	if strings.HasPrefix(strings.ToLower(r.Header.Get("Accept-Language")), "en") {
		return "en"
	}
	return "zh-CN"
}

func called(c governance.Class, lang string) string {
	if lang == "en" {
		return c.EN
	}
	return c.ZH
}

func (d Deps) services(r *http.Request) (any, int, error) {
	if err := d.jurisdiction(r); err != nil {
		return nil, 0, err
	}
	out := services311{}
	for _, c := range d.Classes() {
		domain, _ := d.Catalogue.Domain(c.Domain)
		group := domain.ZH
		if lang(r) == "en" {
			group = domain.EN
		}
		out.Services = append(out.Services, service311{
			Code: c.Key, Name: called(c, lang(r)), Description: c.ZH + " / " + c.EN, Type: "realtime", Group: group,
		})
	}
	return out, http.StatusOK, nil
}

// definition answers for one service. None has attributes: what there is to say fits
// into the description.
func (d Deps) definition(r *http.Request, code string) (any, error) {
	if err := d.jurisdiction(r); err != nil {
		return nil, err
	}
	c, err := d.class(code)
	if err != nil || c.Key != code {
		return nil, bad311(http.StatusNotFound, "service_code %.60q was not found", code)
	}
	return definition311{Code: c.Key}, nil
}

func (d Deps) requests(r *http.Request) (any, int, error) {
	if err := d.jurisdiction(r); err != nil {
		return nil, 0, err
	}
	if ids := r.FormValue("service_request_id"); ids != "" { // it overrides all others
		return d.byIDs(r, strings.Split(ids, ","))
	}
	f, err := d.filter311(r)
	if err != nil {
		return nil, 0, err
	}
	out := requests311{}
	for len(out.Requests) < maxListed {
		page, err := d.Engine.List(r.Context(), f)
		if err != nil {
			return nil, 0, err
		}
		for _, i := range page {
			if len(out.Requests) < maxListed && d.shown(i) {
				out.Requests = append(out.Requests, d.request311(r, i))
			}
		}
		if len(page) < incident.MaxPage {
			break
		}
		f.After = f.Cursor(page[len(page)-1])
	}
	return out, http.StatusOK, nil
}

// told are the finders whose reports strangers may follow.
var told = []string{string(incident.Resident), string(incident.Merchant), string(incident.Agency), string(incident.Hotline)}

func (d Deps) filter311(r *http.Request) (incident.Filter, error) {
	exercise, now := false, d.Now()
	f := incident.Filter{Sources: told, Test: &exercise, Scope: incident.Everything, From: now.Add(-window), Limit: incident.MaxPage}
	for name, to := range map[string]*time.Time{"start_date": &f.From, "end_date": &f.To} {
		word := r.FormValue(name)
		if word == "" {
			continue
		}
		at, err := time.Parse(time.RFC3339, word)
		if err != nil {
			return f, bad311(http.StatusBadRequest, "%s %.40q is no time such as 2026-01-01T00:00:00Z", name, word)
		}
		*to = at
	}
	if r.FormValue("end_date") != "" && r.FormValue("start_date") == "" {
		f.From = f.To.Add(-window)
	}
	if words := r.FormValue("service_code"); words != "" {
		f.Classes = strings.Split(words, ",")
	}
	for _, word := range strings.Split(r.FormValue("status"), ",") {
		switch word {
		case "":
		case "open", "closed":
			for _, s := range incident.States {
				if s.Open() == (word == "open") {
					f.States = append(f.States, s)
				}
			}
		default:
			return f, bad311(http.StatusBadRequest, "status %.20q is neither open nor closed", word)
		}
	}
	return f, nil
}

func (d Deps) byIDs(r *http.Request, ids []string) (any, int, error) {
	const most = 100
	if len(ids) > most {
		return nil, 0, bad311(http.StatusBadRequest, "at most %d of service_request_id", most)
	}
	out := requests311{}
	for _, id := range ids {
		i, err := d.Engine.Get(r.Context(), strings.TrimSpace(id))
		if errors.Is(err, incident.ErrNotFound) || err == nil && !d.shown(i) {
			continue
		}
		if err != nil {
			return nil, 0, err
		}
		out.Requests = append(out.Requests, d.request311(r, i))
	}
	return out, http.StatusOK, nil
}

func (d Deps) request(r *http.Request, id string) (any, error) {
	v, _, err := d.byIDs(r, []string{id})
	if found, ok := v.(requests311); err == nil && ok && len(found.Requests) == 0 {
		return nil, bad311(http.StatusNotFound, "service_request_id %.60q was not found", id)
	}
	return v, err
}

// shown reports whether strangers may know of an incident: people reported it, it is
// no exercise, and of no class whose very existence is private.
func (d Deps) shown(i incident.Incident) bool {
	c, known := d.Catalogue.Class(i.Class)
	byPeople := slices.ContainsFunc(i.Discoveries, func(x incident.Discovery) bool { return slices.Contains(told, string(x.Source)) })
	return byPeople && !i.Test && known && !c.Restricted
}
