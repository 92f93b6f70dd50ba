package api

// centre says who answers what is the office's own: figures, and how the centre is
// run.
func (a *API) centre() map[string]handler {
	return map[string]handler{
		"figureDefinitions": a.definitions, "deskLoad": a.deskLoad,
	}
}
