package api

import (
	"context"
	"encoding/json"
	"net/http"

	"eastgate/cloud/access"
	"eastgate/cloud/retention"
	"eastgate/cloud/web"
)

// Holds is the desk at which evidence is held and released.
type Holds interface {
	List(ctx context.Context, who access.User) ([]retention.Hold, error)
	Place(ctx context.Context, who access.User, incident, purpose, reason, from string) (retention.Hold, error)
	Release(ctx context.Context, who access.User, id, purpose, reason, from string) (retention.Hold, error)
}

// Kept says by which rules evidence is kept, and what went.
type Kept interface {
	Policy() retention.Policy
	Deletions(ctx context.Context, after int64, limit int) ([]retention.Deletion, error)
	// VerifyDeletions says how many there are, and what is wrong with them.
	VerifyDeletions(ctx context.Context) (n int64, fault string, err error)
}

func (a *API) listHolds(c *call) (reply, error) {
	list, err := a.Holds.List(c.Context(), c.who.User)
	return ok(map[string]any{"holds": list}), err
}

// why is the purpose and the reason that a body gives.
type why struct{ Incident, Purpose, Reason string }

func (a *API) placeHold(c *call) (reply, error) {
	var w why
	if err := json.Unmarshal(c.body, &w); err != nil {
		return reply{}, err
	}
	if _, _, err := a.find(c.Context(), c.who.User, w.Incident); err != nil { // an incident that he may not see is none
		return reply{}, err
	}
	h, err := a.Holds.Place(c.Context(), c.who.User, w.Incident, w.Purpose, w.Reason, web.From(c.Request))
	return reply{status: http.StatusCreated, body: h, location: "/api/v1/holds"}, err
}

func (a *API) releaseHold(c *call) (reply, error) {
	var w why
	if err := json.Unmarshal(c.body, &w); err != nil {
		return reply{}, err
	}
	h, err := a.Holds.Release(c.Context(), c.who.User, c.said.word("id"), w.Purpose, w.Reason, web.From(c.Request))
	return ok(h), err
}

// retention tells the rules and what was deleted by them.
func (a *API) retention(c *call) (reply, error) {
	n, fault, err := a.Kept.VerifyDeletions(c.Context())
	if err != nil {
		return reply{}, err
	}
	limit := c.said.number("limit", defaultPage)
	page, err := a.Kept.Deletions(c.Context(), int64(c.said.number("after_position", 0)), limit)
	if err != nil {
		return reply{}, err
	}
	out := map[string]any{"policy": a.Kept.Policy(), "deleted": n, "whole": fault == "", "deletions": page}
	if fault != "" {
		out["fault"] = fault
	}
	return ok(out), nil
}
