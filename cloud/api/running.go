package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/organisation"
	"eastgate/cloud/place"
	"eastgate/cloud/register"
	"eastgate/cloud/web"
)

// Partners are the organisations, as they are kept.
type Partners interface {
	Put(ctx context.Context, who access.User, o organisation.Organisation) error
	Review(ctx context.Context, who access.User, id string) error
	End(ctx context.Context, who access.User, id string) error
}

// A System is how the cloud itself runs.
type System struct {
	Version  string            `json:"version"`
	Started  time.Time         `json:"started"`
	Store    string            `json:"store"` // sqlite or postgres
	Bytes    int64             `json:"store_bytes"`
	Events   int64             `json:"events"`
	Refusals int64             `json:"refusals"`
	Disk     *Disk             `json:"evidence_disk"` // nil when it cannot be known
	Broker   string            `json:"broker"`        // embedded, or outside
	Parts    map[string]string `json:"parts"`         // ok, or what is wrong
	Replicas []string          `json:"replicas"`
	Figures  string            `json:"figures"` // version of their definition
	Calendar string            `json:"calendar"`
}

// A Disk is where evidence is kept, in bytes.
type Disk struct {
	Free int64 `json:"free"`
	Size int64 `json:"size"`
}

func (a *API) system(c *call) (reply, error) {
	if !access.May(c.who.User, access.ManageBoxes, access.Anywhere) {
		return reply{}, a.denied(access.ManageBoxes)
	}
	out, err := a.System(c.Context())
	return ok(out), err
}

func (a *API) putOrganisation(c *call) (reply, error) {
	var said struct {
		ID     string       `json:"id"`
		Party  access.Party `json:"party"`
		ZH     string       `json:"zh"`
		EN     string       `json:"en"`
		Places []string     `json:"places"`
	}
	if err := json.Unmarshal(c.body, &said); err != nil {
		return reply{}, web.Malformed.With(err.Error())
	}
	o := organisation.Organisation{ID: said.ID, Party: said.Party, ZH: said.ZH, EN: said.EN, Places: said.Places}
	return reply{status: http.StatusNoContent}, a.Partners.Put(c.Context(), c.who.User, o)
}

func (a *API) doOrganisation(c *call) (reply, error) {
	do := a.Partners.Review
	if c.said.word("action") == "end" {
		do = a.Partners.End
	}
	return reply{status: http.StatusNoContent}, do(c.Context(), c.who.User, c.said.word("organisation"))
}

// A PlacesPlan says what a list of places changes, or every line that is wrong.
type PlacesPlan struct {
	Added   int         `json:"added"`
	Changed int         `json:"changed"`
	Same    int         `json:"same"`
	Dry     bool        `json:"dry"`
	Faults  []LineFault `json:"faults"` // with one, nothing was changed
}

// A LineFault is what is wrong with a line; 0 is none in particular.
type LineFault struct {
	Line   int    `json:"line"`
	Detail string `json:"detail"`
}

func (a *API) importPlaces(c *call) (reply, error) {
	dry := c.said.flag("dry")
	out := PlacesPlan{Faults: []LineFault{}, Dry: dry != nil && *dry}
	what := "import"
	if out.Dry {
		what = "import, dry run"
	}
	if err := a.may(c, access.ManagePlaces, "places", what); err != nil {
		return reply{}, err
	}
	plan, err := a.ImportPlaces(c.Context(), bytes.NewReader(c.body), out.Dry)
	if err != nil {
		if out.Faults = lineFaults(err); len(out.Faults) == 0 {
			return reply{}, err
		}
		return ok(out), nil
	}
	out.Added, out.Changed, out.Same = len(plan.Added), len(plan.Changed), plan.Same
	return ok(out), nil
}

// PlaceImporter reads a list of places in.
type PlaceImporter func(ctx context.Context, list io.Reader, dry bool) (place.Plan, error)

var ofLine = regexp.MustCompile(`^line (\d+): (.*)`)

// lineFaults takes the error of a list apart; none when the fault is ours.
func lineFaults(err error) []LineFault {
	var list *place.ListError
	if !errors.As(err, &list) {
		return nil
	}
	var out []LineFault
	for _, e := range parts(list.Faults) {
		switch m := ofLine.FindStringSubmatch(e.Error()); {
		case m != nil:
			n, _ := strconv.Atoi(m[1]) //nolint:errcheck // digits
			out = append(out, LineFault{n, m[2]})
		default:
			out = append(out, LineFault{0, e.Error()})
		}
	}
	return out
}

// parts are the innermost errors of those that were joined.
func parts(err error) (out []error) {
	joined, ok := err.(interface{ Unwrap() []error }) //nolint:errorlint // its very parts
	if !ok {
		return []error{err}
	}
	for _, e := range joined.Unwrap() {
		out = append(out, parts(e)...)
	}
	return out
}

// A Proof says whether the register is as it was written.
type Proof struct {
	Rows  int64         `json:"rows"`
	Head  register.Mark `json:"head"`
	Whole bool          `json:"whole"`
	Row   int64         `json:"row,omitempty"` // where a fault shows
	Fault string        `json:"fault,omitempty"`
	// Anchors are the days on which the newest row was signed, Anchored is the last one,
	// and Unanchored are those between on which nothing was.
	Anchors    int      `json:"anchors"`
	Anchored   string   `json:"anchored,omitempty"`
	Unanchored []string `json:"unanchored"`
}

func (a *API) proveRegister(c *call) (reply, error) {
	if !access.May(c.who.User, access.ReadRegister, access.Anywhere) {
		return reply{}, a.denied(access.ReadRegister)
	}
	p, err := a.Prove(c.Context())
	if err != nil {
		return reply{}, err
	}
	out := Proof{Rows: p.Rows, Head: p.Ends.Head, Whole: p.Fault == nil, Anchors: len(p.Anchors.Signed), Unanchored: append([]string{}, p.Anchors.Missing...)}
	if out.Anchors > 0 {
		out.Anchored = p.Anchors.Signed[out.Anchors-1].Day
	}
	if p.Fault != nil {
		out.Row, out.Fault = p.Fault.Position, p.Fault.What
	}
	return ok(out), nil
}
