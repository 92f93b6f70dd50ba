package report

import (
	"errors"
	"net/http"
	"time"

	"eastgate/cloud/incident"
)

type statusView struct {
	Lang, Other, Number, Class, Place, Public string
	T                                         map[string]string
	First, Last                               time.Time
	Person                                    bool
	ID                                        string
}

// Time writes a time as people of the community read it.
func (statusView) Time(t time.Time) string { return t.In(Shanghai).Format("2006-01-02 15:04") }

// status tells how far a report is, and nothing else: the address is the receipt.
func (d Deps) status(w http.ResponseWriter, r *http.Request) {
	i, err := d.Engine.Get(r.Context(), r.PathValue("id"))
	l := lang(r)
	if err == nil && !d.followed(i) {
		err = incident.ErrNotFound
	}
	if err != nil {
		key, status := "fault.receipt", http.StatusNotFound
		if !errors.Is(err, incident.ErrNotFound) {
			d.Log.Error("status cannot be shown", "err", err)
			key, status = "fault.busy", http.StatusServiceUnavailable
		}
		d.note(w, r, status, key)
		return
	}
	c, _ := d.Catalogue.Class(i.Class)
	name := called(c, l)
	if c.Restricted {
		name = words(l)["class.restricted"]
	}
	d.render(w, http.StatusOK, "status.html", statusView{
		Lang: l, Other: otherLang(l), T: words(l), ID: i.ID, Number: i.Number, Class: name, Place: i.PlaceName,
		Public: words(l)["public."+string(PublicOf(i.State))], First: i.FirstSeenAt, Last: lastStamp(i), Person: AboutAPerson(i.Text),
	})
}

// followed reports whether people can follow an incident: somebody told of it.
func (d Deps) followed(i incident.Incident) bool {
	for _, x := range i.Discoveries {
		if x.Source != incident.CameraAuto && x.Source != incident.Sensor && x.Source != incident.Edge {
			return true
		}
	}
	return false
}
