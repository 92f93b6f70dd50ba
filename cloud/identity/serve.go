package identity

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"eastgate/cloud/web"
	"eastgate/shared/wire"
)

// Enrolments are bounded: each address, and all together.
const (
	enrolEvery, enrolBurst = 6 * time.Second, 10
	allEvery, allBurst     = 500 * time.Millisecond, 60
)

// Mount declares the routes by which boxes get certificates.
func (b *Book) Mount(mux *web.Mux, lines *Lines) {
	each, all := web.NewLimiter(enrolEvery, enrolBurst), web.NewLimiter(allEvery, allBurst)
	enrol := each.Limit(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !all.Allow("all", time.Now()) {
			web.TooMany.With("many boxes enrol: wait a minute").Write(w)
			return
		}
		b.serveEnrol(w, r)
	}))
	mux.Handle(web.Route{Pattern: "POST " + wire.EnrolPath, Class: web.Public}, enrol)
	mux.Handle(web.Route{Pattern: "GET " + wire.IdentityPath, Class: web.Machine}, lines.Guard(http.HandlerFunc(b.serveIdentity)))
	mux.Handle(web.Route{Pattern: "POST " + wire.RenewPath, Class: web.Machine}, lines.Guard(http.HandlerFunc(b.serveRenew)))
}

func read(w http.ResponseWriter, r *http.Request) (a wire.EnrolAsk, ok bool) {
	in := json.NewDecoder(http.MaxBytesReader(w, r.Body, wire.MaxEnrol))
	in.DisallowUnknownFields()
	if err := in.Decode(&a); err != nil {
		web.Malformed.With("want {code, request}: " + err.Error()).Write(w)
		return a, false
	}
	return a, true
}

func (b *Book) serveEnrol(w http.ResponseWriter, r *http.Request) {
	a, ok := read(w, r)
	if !ok {
		return
	}
	out, err := b.Enrol(r.Context(), a, web.From(r))
	b.say(w, http.StatusCreated, out, err)
}

func (b *Book) serveRenew(w http.ResponseWriter, r *http.Request) {
	a, ok := read(w, r)
	if !ok {
		return
	}
	p, _ := Caller(r)
	out, err := b.Renew(r.Context(), p, a)
	b.say(w, http.StatusCreated, out, err)
}

func (b *Book) serveIdentity(w http.ResponseWriter, r *http.Request) {
	p, _ := Caller(r)
	b.say(w, http.StatusOK, wire.Identity{Site: p.Site, Box: p.Box, Serial: p.Serial, From: p.From, Until: p.Until, Now: b.now()}, nil)
}

func (b *Book) say(w http.ResponseWriter, status int, out any, err error) {
	for known, kind := range map[error]web.Kind{ErrCode: web.Forbidden, ErrUsed: web.Forbidden, ErrExpired: web.Forbidden, ErrStranger: web.Forbidden, ErrRequest: web.Malformed} {
		if errors.Is(err, known) {
			kind.With(known.Error()).Write(w)
			return
		}
	}
	if err != nil {
		b.log.Error("a box gets no certificate", "err", err)
		web.Broken.With("the certificate cannot be made: try again").Write(w)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(out)
}
