package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/web"
)

// Seconds are people's second factors and their own sessions.
type Seconds interface {
	Offers
	Factors(ctx context.Context, s access.Session) ([]access.Factor, int, error)
	DropFactor(ctx context.Context, s access.Session, id string) error
	NewRecovery(ctx context.Context, s access.Session) ([]string, error)
	ResetFactors(ctx context.Context, by access.User, account string) error
	OwnSessions
}

// OwnSessions are where somebody is logged in.
type OwnSessions interface {
	Mine(ctx context.Context, s access.Session) ([]access.Session, error)
	EndMine(ctx context.Context, s access.Session, id string) error
}

// Offers are of new factors, and of those that are there.
type Offers interface {
	OfferTOTP(ctx context.Context, s access.Session, name string) (access.Offer, error)
	OfferKey(ctx context.Context, s access.Session, name string) (access.Ceremony, error)
	AskKey(ctx context.Context, s access.Session) (access.Ceremony, error)
}

// showSecond shows a code or a key's answer; the cookie goes with the answer.
func (a *API) showSecond(c *call) (reply, error) {
	var said struct {
		Code, State string
		Answer      json.RawMessage
	}
	if err := json.Unmarshal(c.body, &said); err != nil {
		return reply{}, web.Malformed.With(err.Error())
	}
	shown := access.Shown{Code: said.Code, State: said.State, Answer: string(said.Answer)}
	return reply{stream: func(w http.ResponseWriter) error { return a.pass(w, c.Request, c.who, shown, http.StatusOK) }}, nil
}

// pass answers with the session that a second factor opens.
func (a *API) pass(w http.ResponseWriter, r *http.Request, s access.Session, shown access.Shown, status int) error {
	p, err := a.Door.Pass(w, r, s, shown)
	if err != nil {
		refusal := problemOf(err)
		if refusal == nil {
			refusal = web.Broken.With("the code cannot be checked at the moment")
		}
		refusal.Write(w)
		return nil
	}
	out := a.session(p.Session)
	out.Recovery = p.Recovery
	return reply{status: status, body: out}.write(w)
}

// Factors are somebody's second factors.
type Factors struct {
	Factors  []access.Factor `json:"factors"`
	Recovery int             `json:"recovery"` // codes that are left
}

func (a *API) listFactors(c *call) (reply, error) {
	list, left, err := a.Factors(c.Context(), c.who)
	return ok(Factors{list, left}), err
}

func (a *API) offerFactor(c *call) (reply, error) {
	var said struct{ Name string }
	if err := json.Unmarshal(c.body, &said); err != nil {
		return reply{}, web.Malformed.With(err.Error())
	}
	o, err := a.OfferTOTP(c.Context(), c.who, said.Name)
	return reply{status: http.StatusCreated, body: o}, err
}

func (a *API) offerKey(c *call) (reply, error) {
	var said struct{ Name string }
	if err := json.Unmarshal(c.body, &said); err != nil {
		return reply{}, web.Malformed.With(err.Error())
	}
	o, err := a.OfferKey(c.Context(), c.who, said.Name)
	return reply{status: http.StatusCreated, body: o}, err
}

func (a *API) askKey(c *call) (reply, error) {
	asked, err := a.AskKey(c.Context(), c.who)
	return ok(asked), err
}

func (a *API) dropFactor(c *call) (reply, error) {
	return reply{status: http.StatusNoContent}, a.DropFactor(c.Context(), c.who, c.said.word("id"))
}

func (a *API) newRecovery(c *call) (reply, error) {
	codes, err := a.NewRecovery(c.Context(), c.who)
	return ok(map[string][]string{"codes": codes}), err
}

func (a *API) resetFactors(c *call) (reply, error) {
	return reply{status: http.StatusNoContent}, a.ResetFactors(c.Context(), c.who.User, c.said.word("name"))
}

// An OwnSession is where somebody is logged in.
type OwnSession struct {
	ID      string     `json:"id"`
	Came    time.Time  `json:"came"`
	Used    time.Time  `json:"used"`
	Expires time.Time  `json:"expires"`
	Second  *time.Time `json:"second"`
	Address string     `json:"address"`
	Agent   string     `json:"agent"`
	Here    bool       `json:"here"` // it is the one that asks
}

func (a *API) listSessions(c *call) (reply, error) {
	list, err := a.Mine(c.Context(), c.who)
	out := []OwnSession{}
	for _, s := range list {
		one := OwnSession{ID: s.ID, Came: s.Came, Used: s.Used, Expires: s.Expires, Address: s.Address, Agent: s.Agent, Here: s.ID == c.who.ID}
		if !s.Second.IsZero() {
			one.Second = &s.Second
		}
		out = append(out, one)
	}
	return ok(out), err
}

// endSession ends one session of one's own, or without a name all others.
func (a *API) endSession(c *call) (reply, error) {
	return reply{status: http.StatusNoContent}, a.EndMine(c.Context(), c.who, c.said.word("session"))
}
