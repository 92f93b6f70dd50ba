package console

import (
	"bytes"
	"encoding/json"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	qr "github.com/piglig/go-qr"

	"eastgate/cloud/access"
	"eastgate/cloud/api"
	"eastgate/cloud/web"
)

// A secondView is the second step of a login, and the same step later, before what must
// be freshly proved.
type secondView struct {
	Lang, Other, Here string
	T                 map[string]string
	CSRF, Person      string
	Back, Fault       string
	Enrolled          bool // a factor is there: its code is asked for
	Must              bool // without one, nothing goes on
	Offer             *offered
	Ask               *ceremony
	Recovery          []string // told only now
}

// An offered factor is shown for an app to read.
type offered struct {
	Seed string
	QR   template.HTML
}

// A ceremony is what the page's script asks of a security key.
type ceremony struct {
	Does, Options, State string // create or get
}

func (v *secondView) ask(does string, asked access.Ceremony) error {
	options, err := json.Marshal(asked.Options)
	v.Ask = &ceremony{does, string(options), asked.State}
	return err
}

// askKey offers to show a security key, to who has one.
func (c *Console) askKey(r *http.Request, s access.Session, v *secondView) {
	if asked, err := c.API.AskKey(r.Context(), s); err == nil {
		if err := v.ask("get", asked); err != nil {
			v.Ask = nil
		}
	}
}

func (c *Console) secondView(r *http.Request, s access.Session) secondView {
	lang := c.texts.choose(r)
	return secondView{
		Lang: lang, Other: map[string]string{zh: en, en: zh}[lang], T: c.texts[lang], CSRF: s.CSRF, Person: s.User.Person,
		Back: back(r, "/"), Enrolled: s.User.Factors > 0, Must: s.Half(c.API.Now()),
	}
}

// secondPage asks for the second factor, or leads to a first one.
func (c *Console) secondPage(w http.ResponseWriter, r *http.Request, s access.Session) {
	v := c.secondView(r, s)
	v.Back = local(r.URL.Query().Get("back"), "/")
	c.askKey(r, s, &v)
	c.render(w, http.StatusOK, "second.html", v)
}

// askSecond leads from a route that wants a second factor to where it is shown.
func (c *Console) askSecond(w http.ResponseWriter, r *http.Request, s access.Session, route web.Route) {
	if !route.Changes() {
		http.Redirect(w, r, "/login/second?back="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
		return
	}
	v := c.secondView(r, s)
	v.Fault = v.T["second.again"]
	c.askKey(r, s, &v)
	w.Header().Set(web.AsksSecond, web.SecondNeeded.Name)
	c.render(w, http.StatusForbidden, "second.html", v)
}

// second shows a code, or a key's answer, and goes on.
func (c *Console) second(w http.ResponseWriter, r *http.Request, s access.Session) {
	p, err := c.Door.Pass(w, r, s, access.Shown{Code: r.PostFormValue("code"), State: r.PostFormValue("state"), Answer: r.PostFormValue("answer")})
	v := c.secondView(r, s)
	switch {
	case errors.Is(err, access.ErrLocked):
		v.Fault = v.T["second.locked"]
		c.render(w, http.StatusTooManyRequests, "second.html", v)
	case errors.Is(err, access.ErrCode):
		v.Fault = v.T["second.wrong"]
		if r.PostFormValue("state") != "" {
			v.Fault = v.T["second.key.wrong"]
		}
		c.askKey(r, s, &v)
		if seed := r.PostFormValue("seed"); seed != "" && s.User.Factors == 0 {
			v.Offer = offer(s.User.Name, seed)
		}
		c.render(w, http.StatusUnauthorized, "second.html", v)
	case err != nil:
		c.refuse(w, r, s, err)
	case len(p.Recovery) > 0:
		v.CSRF, v.Recovery = p.CSRF, p.Recovery
		c.render(w, http.StatusOK, "second.html", v)
	default:
		http.Redirect(w, r, v.Back, http.StatusSeeOther)
	}
}

// offer shows a new seed, once, or asks for a new security key.
func (c *Console) offer(w http.ResponseWriter, r *http.Request, s access.Session) {
	v := c.secondView(r, s)
	var err error
	if name := r.PostFormValue("name"); r.FormValue("kind") == access.Key {
		var asked access.Ceremony
		if asked, err = c.API.OfferKey(r.Context(), s, name); err == nil {
			err = v.ask("create", asked)
		}
	} else {
		var o access.Offer
		o, err = c.API.OfferTOTP(r.Context(), s, name)
		v.Offer = offer(s.User.Name, o.Seed)
	}
	switch {
	case errors.Is(err, access.ErrSecond):
		c.askSecond(w, r, s, web.For("GET /account"))
		return
	case err != nil:
		c.refuse(w, r, s, err)
		return
	}
	c.render(w, http.StatusOK, "second.html", v)
}

// refuse shows why something is not done.
func (c *Console) refuse(w http.ResponseWriter, r *http.Request, s access.Session, err error) {
	p := api.ProblemOf(err)
	if p == nil {
		c.broken(w, err)
		return
	}
	c.sorry(w, r, s, refusalOf(p))
}

// offer draws a seed here: it goes to no other machine.
func offer(account, seed string) *offered {
	out := &offered{Seed: seed}
	code, err := qr.EncodeText(access.KeyURI(account, seed), qr.Medium)
	if err != nil {
		return out // it can be typed in
	}
	var b bytes.Buffer
	if err := code.WriteAsSVG(qr.NewQrCodeImgConfig(1, 4, qr.WithOptimalSVG()), &b); err != nil {
		return out
	}
	_, svg, _ := strings.Cut(b.String(), "<svg")
	out.QR = template.HTML("<svg" + svg) //nolint:gosec // squares that we drew
	return out
}
