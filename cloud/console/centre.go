package console

// centre are the pages by which the centre is run, and the forms on them.
func (c *Console) centre(seen, does func(pattern string, h sessionHandler)) {
	seen("GET /boxes", c.boxesPage)
	seen("GET /people", c.peoplePage)
	seen("GET /organisations", c.organisationsPage)
	seen("GET /agreements", c.agreementsPage)
	seen("GET /places", c.placesPage)
	seen("GET /places/template.csv", c.placesTemplate)
	seen("GET /register", c.registerPage)
	seen("GET /health", c.healthPage)
	seen("GET /system", c.systemPage)
	seen("GET /account", c.accountPage)
	seen("GET /handover", c.handoverPage)
	seen("GET /handover/{id}", c.sheetPage)

	does("POST /places", c.importPlaces)
	does("POST /handover/{id}/open/{incident}", c.openUrgent)
	does("POST /health/roster", c.addTurn)
	does("POST /health/roster/{n}/drop", c.dropTurn)
	for _, e := range errands {
		does("POST "+e.page, c.run(e))
	}
}
