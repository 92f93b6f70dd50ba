package report

import (
	"strings"

	"eastgate/cloud/incident"
)

// report is what a person tells in the words of the engine.
func (t Told) report() incident.Report {
	return incident.Report{
		Key: t.Key, Class: t.Class, Place: t.Place.Path, Source: t.Source, Text: t.Text, Observed: t.Observed, Photo: t.Photo,
		Contact: strings.TrimSpace(t.Name + " " + t.Phone),
	}
}
