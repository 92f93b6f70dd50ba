package app

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"eastgate/cloud/access"
	"eastgate/cloud/api"
	"eastgate/cloud/camera"
	"eastgate/cloud/console"
	"eastgate/cloud/coverage"
	"eastgate/cloud/evidence"
	"eastgate/cloud/plan"
	"eastgate/cloud/report"
	"eastgate/cloud/retention"
	"eastgate/cloud/sharing"
	"eastgate/cloud/web"
)

// openPages opens the evidence folder and builds what answers over HTTP.
func (c *Cloud) openPages(ctx context.Context) error {
	folder, err := evidence.Open(c.file.EvidenceDir, c.file.EvidenceBytes)
	if err != nil {
		return err
	}
	door := web.Door{People: c.people, Log: c.log, TLS: strings.HasPrefix(c.file.PublicURL, "https:"), Refusals: c.parts.register}
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
	c.openRetention(folder)
	bundles, err := c.bundles(ctx, folder)
	if err != nil {
		return err
	}
	speak, err := api.New(api.Deps{
		Bundles: bundles, Holds: &retention.Desk{Store: c.store, Incidents: c.store, Register: c.parts.register, Now: time.Now}, Kept: kept{c}, Filing: c.filing(),
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
	house, err := c.openHouse()
	if err != nil {
		return err
	}
	pages, err := console.New(console.Deps{API: speak, House: house, Founder: founder{first}, Door: door, Pictures: folder, Cameras: c.store, Coverage: covered, Metrics: console.NewMetrics(c.reg), Log: c.log})
	if err != nil {
		return err
	}
	if err := c.readMetricsToken(); err != nil { // before the routes are made
		return err
	}
	c.pages = c.mount(folder, door, reports.Handler(), speak, pages.Handler())
	return nil
}

// readMetricsToken reads the word that opens /metrics to other machines, if there is one.
func (c *Cloud) readMetricsToken() error {
	if !c.file.MetricsToken.Set() {
		return nil
	}
	word, err := c.file.MetricsToken.Load()
	if err != nil {
		return fmt.Errorf("metrics_token: %w", err)
	}
	c.metricsToken = word.Reveal()
	return nil
}

// mount joins all that answers by its path.
func (c *Cloud) mount(folder *evidence.Folder, door web.Door, told web.Handler, speak *api.API, pages web.Handler) web.Handler {
	mux := web.NewMux()
	relay := c.openLive(door, speak)
	c.mountBoxes(mux, folder, relay)
	mux.Handle(web.Route{Pattern: "GET /v1/live/{site}/{box}/{camera}", Class: web.Person, Rights: []access.Right{access.SeeVideo}, Socket: true}, relay.Handler())
	mux.Mount("/a/", c.tapPages(door))
	mux.Mount("/r/", told)
	mux.Also("/open311/", told)
	mux.Mount("/api/", speak.Handler())
	mux.Mount("/", pages)
	return mux
}

// routes are all that answers over HTTP: what is not declared here or in a part that
// is mounted is not reached.
func (c *Cloud) routes() web.Handler {
	mux := web.NewMux()
	mux.Handle(web.Open("GET /healthz"), http.HandlerFunc(c.health))
	mux.Handle(web.Route{Pattern: "GET /metrics", Class: web.Local}, web.Nearby(promhttp.HandlerFor(c.reg, promhttp.HandlerOpts{}), c.metricsToken))
	mux.Mount("/", c.pages)
	return mux.Within(func(next http.Handler) http.Handler { return web.Secured(next, c.file.PublicURL) })
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
