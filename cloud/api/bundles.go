package api

import (
	"context"
	"encoding/json"
	"io"
	"net/http"

	"eastgate/cloud/access"
	"eastgate/cloud/deliver"
	"eastgate/cloud/web"
)

// Bundles is the desk at which evidence is taken out.
type Bundles interface {
	List(ctx context.Context, who access.User) ([]deliver.Bundle, error)
	Ask(ctx context.Context, who access.User, w deliver.Wish, from string) (deliver.Bundle, error)
	Decide(ctx context.Context, who access.User, id string, yes bool, words, from string) (deliver.Bundle, error)
	Fetch(ctx context.Context, who access.User, id, from string, w io.Writer) error
}

func (a *API) listBundles(c *call) (reply, error) {
	if !access.May(c.who.User, access.AskExport, access.Anywhere) && !access.May(c.who.User, access.ApproveExport, access.Anywhere) {
		return reply{}, a.denied(access.AskExport)
	}
	list, err := a.Bundles.List(c.Context(), c.who.User)
	return ok(map[string]any{"bundles": list}), err
}

func (a *API) askBundle(c *call) (reply, error) {
	var w deliver.Wish
	if err := json.Unmarshal(c.body, &w); err != nil {
		return reply{}, err
	}
	if _, _, err := a.find(c.Context(), c.who.User, w.Incident); err != nil { // an incident that he may not see is none
		return reply{}, err
	}
	b, err := a.Bundles.Ask(c.Context(), c.who.User, w, web.From(c.Request))
	return reply{status: http.StatusCreated, body: b, location: "/api/v1/bundles/" + b.ID}, err
}

func (a *API) decideBundle(c *call) (reply, error) {
	var said struct {
		Approve bool
		Words   string
	}
	if err := json.Unmarshal(c.body, &said); err != nil {
		return reply{}, err
	}
	b, err := a.Bundles.Decide(c.Context(), c.who.User, c.said.word("id"), said.Approve, said.Words, web.From(c.Request))
	return ok(b), err
}

func (a *API) fetchBundle(c *call) (reply, error) {
	id := c.said.word("id")
	read, write := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := a.Bundles.Fetch(c.Context(), c.who.User, id, web.From(c.Request), write)
		write.CloseWithError(err)
		done <- err
	}()
	first := make([]byte, 1)
	if _, err := io.ReadFull(read, first); err != nil { // a refusal comes before the first byte
		return reply{}, err
	}
	return reply{stream: func(to http.ResponseWriter) error {
		defer read.Close()
		to.Header().Set("Content-Type", "application/zip")
		to.Header().Set("Content-Disposition", `attachment; filename="eastgate-`+id+`.zip"`)
		to.Header().Set("Cache-Control", "no-store")
		if _, err := to.Write(first); err != nil {
			return err
		}
		if _, err := io.Copy(to, read); err != nil {
			return err
		}
		return <-done
	}}, nil
}
