package api

import (
	"context"

	"eastgate/cloud/kpi"
	"eastgate/cloud/register"
	"eastgate/shared/event"
)

// Centre are the parts by which the centre itself is run.
type Centre struct {
	// Definition says what the figures mean.
	Definition *kpi.Definition
	// Fleet lists all boxes with what they told.
	Fleet    func(ctx context.Context) ([]BoxRow, error)
	Enroller Enroller
	Seconds
	People People
	// Sessions counts each person's sessions.
	Sessions     func(ctx context.Context) (map[string]int, error)
	Partners     Partners
	ImportPlaces PlaceImporter
	Handovers    Handovers
	// Prove reads the whole register; RegisterRows reads some of it for an export, which
	// Seal signs.
	Prove        func(ctx context.Context) (register.Proof, error)
	RegisterRows func(ctx context.Context, q register.Query) ([]register.Entry, error)
	Seal         func(text []byte) register.Signature
	System       func(ctx context.Context) (System, error)
	// Record takes an event as from a box, for a drill.
	Record func(ctx context.Context, e event.Event) error
}

// centre says who answers what is the office's own: figures, and how the centre is
// run.
func (a *API) centre() map[string]handler {
	return map[string]handler{
		"figureDefinitions": a.definitions, "deskLoad": a.deskLoad,
		"listBoxes": a.listBoxes, "enrolBox": a.enrolBox, "revokeBox": a.revokeBox,
		"listPeople": a.listPeople, "openPerson": a.openPerson, "doPerson": a.doPerson, "changePassword": a.changePassword, "grant": a.grant, "revokeGrant": a.revokeGrant,
		"putOrganisation": a.putOrganisation, "doOrganisation": a.doOrganisation, "importPlaces": a.importPlaces,
		"listHandovers": a.listHandovers, "handoverNow": a.handoverNow, "getHandover": a.getHandover, "signHandover": a.signHandover, "openHandover": a.openHandover, "takeHandover": a.takeHandover,
		"listBundles": a.listBundles, "askBundle": a.askBundle, "decideBundle": a.decideBundle, "fetchBundle": a.fetchBundle,
		"putFiling": a.putFiling, "exportFiling": a.exportFiling, "listHolds": a.listHolds, "placeHold": a.placeHold, "releaseHold": a.releaseHold, "retention": a.retention, "proveRegister": a.proveRegister, "exportRegister": a.exportRegister, "system": a.system, "setup": a.setup, "startDrill": a.startDrill,
	}
}
