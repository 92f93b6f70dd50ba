package console

import "eastgate/cloud/access"

// centre are the pages by which the centre is run, and the forms on them.
func (c *Console) centre(seen func(pattern string, h sessionHandler, rights ...access.Right), as func(page, method, path string, h sessionHandler)) {
	seen("GET /boxes", c.boxesPage, access.ManageBoxes, access.SeeVideo)
	seen("GET /people", c.peoplePage, access.ManageAccounts, access.ManageGrants)
	seen("GET /organisations", c.organisationsPage, access.ManageOrganisations)
	seen("GET /agreements", c.agreementsPage, access.SignSharing)
	seen("GET /places", c.placesPage, access.ManagePlaces)
	seen("GET /places/template.csv", c.placesTemplate, access.ManagePlaces)
	seen("GET /register", c.registerPage, access.ReadRegister)
	seen("GET /health", c.healthPage, access.SeeNotify, access.SeePolice)
	seen("GET /system", c.systemPage, access.ManageBoxes)
	seen("GET /account", c.accountPage)
	seen("GET /handover", c.handoverPage, access.HandOver)
	seen("GET /handover/{id}", c.sheetPage, access.HandOver)

	as("POST /account/recovery", "POST", "/api/v1/me/recovery", c.newRecovery)
	seen("POST /places", c.importPlaces, access.ManagePlaces)
	seen("POST /handover/{id}/open/{incident}", c.openUrgent, access.HandOver)
	seen("POST /health/roster", c.addTurn, access.ManageRoster)
	seen("POST /health/roster/{n}/drop", c.dropTurn, access.ManageRoster)
	for _, e := range errands {
		as("POST "+e.page, "POST", "/api/v1"+e.api, c.run(e))
	}
}
