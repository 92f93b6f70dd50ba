package app

import (
	"net/http"
	"strings"
	"time"

	"eastgate/cloud/console"
	"eastgate/cloud/coverage"
	"eastgate/cloud/evidence"
	"eastgate/cloud/web"
)

// openPages opens the evidence folder and builds what answers over HTTP.
func (c *Cloud) openPages() error {
	folder, err := evidence.Open(c.file.EvidenceDir, c.file.EvidenceBytes)
	if err != nil {
		return err
	}
	door := web.Door{People: c.people, Log: c.log, TLS: strings.HasPrefix(c.file.PublicURL, "https:")}
	pages, err := console.New(console.Deps{
		Incidents: c.engine, Door: door, Pictures: folder, Cameras: c.store, Coverage: coverage.New(c.store, time.Now), Metrics: console.NewMetrics(c.reg), Log: c.log,
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
