package report

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"eastgate/cloud/incident"
	"eastgate/cloud/place"
)

// holder returns who holds a key.
func (d Deps) holder(key string) (string, error) {
	if key == "" {
		return "", bad311(http.StatusForbidden, "api_key is missing; ask the centre for one")
	}
	for name, want := range d.Keys {
		if subtle.ConstantTimeCompare([]byte(key), []byte(want.Reveal())) == 1 {
			return name, nil
		}
	}
	return "", bad311(http.StatusForbidden, "invalid api_key")
}

func (d Deps) post(r *http.Request) (any, int, error) {
	if err := r.ParseForm(); err != nil {
		return nil, 0, bad311(http.StatusBadRequest, "the form cannot be read")
	}
	if err := d.jurisdiction(r); err != nil {
		return nil, 0, err
	}
	holder, err := d.holder(r.PostFormValue("api_key"))
	if err != nil {
		return nil, 0, err
	}
	c, err := d.class(r.PostFormValue("service_code"))
	switch {
	case r.PostFormValue("service_code") == "":
		return nil, 0, bad311(http.StatusBadRequest, "service_code is missing")
	case err != nil:
		return nil, 0, bad311(http.StatusNotFound, "service_code %.60q was not found", r.PostFormValue("service_code"))
	}
	where, err := d.where311(r.PostForm)
	if err != nil {
		return nil, 0, err
	}
	name := strings.TrimSpace(r.PostFormValue("last_name") + r.PostFormValue("first_name"))
	contact := strings.TrimSpace(r.PostFormValue("phone") + " " + r.PostFormValue("email"))
	i, err := d.take(r.Context(), reporter, Told{
		Key: "open311/" + holder + "/" + formHash(r.PostForm, d.Now()), Source: incident.Resident, Class: c.Key, Place: where,
		Text: r.PostFormValue("description"), Name: name, Phone: contact,
	})
	if err != nil {
		return nil, 0, err
	}
	return created311{Requests: []request311{{ID: i.ID, Notice: "受理号 " + i.Number}}}, http.StatusCreated, nil
}

// formHash stands for all that a form says on one day: the same words again on that
// day are the same report, for a client that had no answer sends again.
func formHash(v url.Values, now time.Time) string {
	h := sha256.New()
	fmt.Fprint(h, now.In(Shanghai).Format(time.DateOnly), "\n")
	for _, name := range slices.Sorted(maps.Keys(v)) {
		if name != "api_key" {
			fmt.Fprintf(h, "%q %q\n", name, v[name])
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func (d Deps) where311(v url.Values) (place.Place, error) {
	if lat, lon := v.Get("lat"), v.Get("long"); lat != "" && lon != "" {
		y, err1 := strconv.ParseFloat(lat, 64)
		x, err2 := strconv.ParseFloat(lon, 64)
		if err1 != nil || err2 != nil || y < -90 || y > 90 || x < -180 || x > 180 {
			return place.Place{}, bad311(http.StatusBadRequest, "lat and long are no degrees of WGS 84")
		}
		p, ok := d.near(y, x)
		if !ok {
			return p, bad311(http.StatusBadRequest, "lat and long are not in this community; give address_id, the code of a place")
		}
		return p, nil
	}
	for _, word := range []string{v.Get("address_id"), v.Get("address_string")} {
		if p, ok := d.Find(word); ok && word != "" {
			return p, nil
		}
	}
	return place.Place{}, bad311(http.StatusBadRequest, "lat and long, address_id or address_string must name a place of this community")
}
