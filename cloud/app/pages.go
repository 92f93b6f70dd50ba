package app

import (
	"net/http"
	"strings"

	"eastgate/cloud/console"
	"eastgate/cloud/evidence"
)

// openPages opens the evidence folder and builds what answers over HTTP.
func (c *Cloud) openPages() error {
	folder, err := evidence.Open(c.file.EvidenceDir, c.file.EvidenceBytes)
	if err != nil {
		return err
	}
	pages, err := console.New(console.Deps{
		Incidents: c.engine, People: c.people, Pictures: folder, Cameras: c.store, Metrics: console.NewMetrics(c.reg), Log: c.log,
		TLS: strings.HasPrefix(c.file.PublicURL, "https:"),
	})
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/v1/evidence/{sha256}", evidence.Upload(folder, c.boxes, c.log))
	mux.Handle("/", pages.Handler())
	c.pages = mux
	return nil
}
