package app

import (
	"context"
	"net/http"
	"strings"
	"time"

	"eastgate/cloud/api"
	"eastgate/cloud/camera"
	"eastgate/cloud/console"
	"eastgate/cloud/coverage"
	"eastgate/cloud/evidence"
	"eastgate/cloud/plan"
	"eastgate/cloud/report"
	"eastgate/cloud/sharing"
	"eastgate/cloud/web"
)

// openPages opens the evidence folder and builds what answers over HTTP.
func (c *Cloud) openPages(ctx context.Context) error {
	folder, err := evidence.Open(c.file.EvidenceDir, c.file.EvidenceBytes)
	if err != nil {
		return err
	}
	door := web.Door{People: c.people, Log: c.log, TLS: strings.HasPrefix(c.file.PublicURL, "https:")}
	reports, err := c.openReports(ctx, folder)
	if err != nil {
		return err
	}
	covered := coverage.New(c.store, time.Now)
	figures, err := office(c.store, c.places, c.calendar, covered)
	if err != nil {
		return err
	}
	c.figures = figures
	centre, err := c.running(ctx, folder, figures)
	if err != nil {
		return err
	}
	agreements := sharing.New(c.store, c.parts.register)
	if c.police, err = c.openPolice(folder, agreements); err != nil {
		return err
	}
	speak, err := api.New(api.Deps{
		Door: door, Keys: c.store, Incidents: c.engine, Catalogue: c.catalogue, Places: c.places, Organisations: c.store.Organisations,
		Whistles: c.parts.whistles, Register: c.parts.register, Reminders: c.reminders, Desks: c.watch, Sharing: agreements, Police: c.bridge(), Notify: c.notify, Reports: reports, Cameras: c.store, Coverage: covered,
		Lenses: camera.New(c.store, line{c.commands}, time.Now), Plans: plan.New(c.store, folder, time.Now), Figures: figures.Month, Book: c.store, Metrics: api.NewMetrics(c.reg), Log: c.log, Now: time.Now,
		Centre:   centre,
		Commands: c.commands, Boxes: c.boxes, Devices: c.places,
	})
	if err != nil {
		return err
	}
	first, err := c.founding(ctx)
	if err != nil {
		return err
	}
	pages, err := console.New(console.Deps{API: speak, Founder: founder{first}, Door: door, Pictures: folder, Cameras: c.store, Coverage: covered, Metrics: console.NewMetrics(c.reg), Log: c.log})
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/v1/evidence/{sha256}", evidence.Upload(folder, c.boxes, c.log))
	mux.Handle("/a/", c.tapPages(door))
	watching := c.openLive(door, speak).Handler()
	mux.Handle("/v1/live/", watching)
	mux.Handle("/v1/publish/", watching)
	mux.Handle("/r/", reports.Handler())
	mux.Handle("/open311/", reports.Handler())
	mux.Handle("/api/", speak.Handler())
	mux.Handle("/", pages.Handler())
	c.pages = mux
	return nil
}

// openReports opens the ways by which people report.
func (c *Cloud) openReports(ctx context.Context, folder *evidence.Folder) (report.Deps, error) {
	key, err := c.store.Secret(ctx, "report.places")
	if err != nil {
		return report.Deps{}, err
	}
	keys, err := c.file.Open311.Load()
	return report.Deps{
		Engine: c.engine, Catalogue: c.catalogue, Places: c.places, Darkroom: report.NewDarkroom(folder), Signer: report.NewSigner(key),
		Keys: keys, Jurisdiction: c.file.Open311.Jurisdiction, PublicURL: strings.TrimSuffix(c.file.PublicURL, "/"),
		TLS: strings.HasPrefix(c.file.PublicURL, "https:"), Log: c.log, Now: time.Now,
	}, err
}
