package report

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"strings"
	"time"

	"eastgate/cloud/incident"
)

// A form is how an answer is written. In JSON a list stands alone, in XML it has a
// root (GeoReport v2, Format Support).
type form struct {
	ending, media string
	marshal       func(any) ([]byte, error)
}

var (
	jsonForm = form{"json", "application/json; charset=utf-8", json.Marshal}
	xmlForm  = form{"xml", "text/xml; charset=utf-8", func(v any) ([]byte, error) {
		body, err := xml.Marshal(v)
		return append([]byte(xml.Header), body...), err
	}}
)

// formOf parts a name from its ending; without one it is JSON.
func formOf(name string) (string, form) {
	if plain, ok := strings.CutSuffix(name, ".xml"); ok {
		return plain, xmlForm
	}
	return strings.TrimSuffix(name, ".json"), jsonForm
}

func (f form) write(w http.ResponseWriter, status int, v any) {
	body, err := f.marshal(v)
	if err != nil {
		http.Error(w, "cannot be written", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", f.media)
	w.WriteHeader(status)
	w.Write(body)
}

type errors311 struct {
	XMLName xml.Name   `xml:"errors"`
	Errors  []error311 `xml:"error"`
}

type error311 struct {
	Code        int    `json:"code" xml:"code"`
	Description string `json:"description" xml:"description"`
}

type services311 struct {
	XMLName  xml.Name     `xml:"services"`
	Services []service311 `xml:"service"`
}

type service311 struct {
	Code        string `json:"service_code" xml:"service_code"`
	Name        string `json:"service_name" xml:"service_name"`
	Description string `json:"description" xml:"description"`
	Metadata    bool   `json:"metadata" xml:"metadata"`
	Type        string `json:"type" xml:"type"`
	Keywords    string `json:"keywords" xml:"keywords"`
	Group       string `json:"group" xml:"group"`
}

type definition311 struct {
	XMLName    xml.Name `json:"-" xml:"service_definition"`
	Code       string   `json:"service_code" xml:"service_code"`
	Attributes []string `json:"attributes" xml:"attributes>attribute"`
}

// MarshalJSON keeps an empty list a list.
func (d definition311) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]any{"service_code": d.Code, "attributes": []string{}})
}

type created311 struct {
	XMLName  xml.Name     `xml:"service_requests"`
	Requests []request311 `xml:"request"`
}

type requests311 struct {
	XMLName  xml.Name     `xml:"service_requests"`
	Requests []request311 `xml:"request"`
}

// A request311 is one service request. Fields that have nothing to say are null in
// JSON and left out in XML.
type request311 struct {
	ID          string   `json:"service_request_id" xml:"service_request_id"`
	Status      string   `json:"status,omitempty" xml:"status,omitempty"`
	StatusNotes string   `json:"status_notes,omitempty" xml:"status_notes,omitempty"`
	ServiceName string   `json:"service_name,omitempty" xml:"service_name,omitempty"`
	ServiceCode string   `json:"service_code,omitempty" xml:"service_code,omitempty"`
	Description *string  `json:"description" xml:"description,omitempty"`
	Agency      string   `json:"agency_responsible,omitempty" xml:"agency_responsible,omitempty"`
	Notice      string   `json:"service_notice,omitempty" xml:"service_notice,omitempty"`
	Requested   string   `json:"requested_datetime,omitempty" xml:"requested_datetime,omitempty"`
	Updated     string   `json:"updated_datetime,omitempty" xml:"updated_datetime,omitempty"`
	Expected    string   `json:"expected_datetime,omitempty" xml:"expected_datetime,omitempty"`
	Address     string   `json:"address,omitempty" xml:"address,omitempty"`
	AddressID   string   `json:"address_id,omitempty" xml:"address_id,omitempty"`
	Lat         *float64 `json:"lat" xml:"lat,omitempty"`
	Long        *float64 `json:"long" xml:"long,omitempty"`
	AccountID   *string  `json:"account_id" xml:"account_id,omitempty"`
	MediaURL    *string  `json:"media_url" xml:"media_url,omitempty"`
}

func array[T any](list []T) ([]byte, error) {
	if list == nil {
		list = []T{}
	}
	return json.Marshal(list)
}

// In JSON a list stands alone.

func (e errors311) MarshalJSON() ([]byte, error)   { return array(e.Errors) }
func (s services311) MarshalJSON() ([]byte, error) { return array(s.Services) }
func (c created311) MarshalJSON() ([]byte, error)  { return array(c.Requests) }
func (l requests311) MarshalJSON() ([]byte, error) { return array(l.Requests) }

type discovery311 struct {
	XMLName    xml.Name      `json:"-" xml:"discovery"`
	Changeset  string        `json:"changeset" xml:"changeset"`
	Contact    string        `json:"contact" xml:"contact"`
	KeyService string        `json:"key_service" xml:"key_service"`
	Endpoints  []endpoint311 `json:"endpoints" xml:"endpoints>endpoint"`
}

type endpoint311 struct {
	Specification string   `json:"specification" xml:"specification"`
	URL           string   `json:"url" xml:"url"`
	Changeset     string   `json:"changeset" xml:"changeset"`
	Type          string   `json:"type" xml:"type"`
	Formats       []string `json:"formats" xml:"formats>format"`
}

// request311 tells strangers of an incident. Its two states are fewer than ours; the
// notes say more.
func (d Deps) request311(r *http.Request, i incident.Incident) request311 {
	c, _ := d.Catalogue.Class(i.Class)
	status := "closed"
	if i.State.Open() {
		status = "open"
	}
	out := request311{
		ID: i.ID, Status: status, StatusNotes: words(lang(r))["public."+string(PublicOf(i.State))], ServiceCode: c.Key, ServiceName: called(c, lang(r)),
		Requested: stamp(i.FirstSeenAt), Updated: stamp(lastStamp(i)), Address: i.PlaceName, AddressID: i.Place,
	}
	if _, due, ok := i.Due(); ok {
		out.Expected = stamp(due)
	}
	if p, _, ok := d.Places.Place(i.Place); ok {
		out.Lat, out.Long = p.Lat, p.Lon
	}
	return out
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// lastStamp is when the last step was taken that strangers may know of.
func lastStamp(i incident.Incident) time.Time {
	last := i.FirstSeenAt
	for _, t := range []*time.Time{i.ConfirmedAt, i.DispatchedAt, i.AcceptedAt, i.ArrivedAt, i.ResolvedAt, i.CheckedAt, i.ReviewedAt, i.ClosedAt} {
		if t != nil && t.After(last) {
			last = *t
		}
	}
	return last
}
