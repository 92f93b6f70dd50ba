package console

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"eastgate/cloud/access"
	"eastgate/cloud/api"
	"eastgate/cloud/web"
)

// Founder makes the first accounts of an empty system.
type Founder interface {
	// Open reports whether nobody can log in yet, so that the first accounts are to be
	// made.
	Open(r *http.Request) (bool, error)
	// Found makes the three administrators; the code was printed where the cloud runs.
	// It returns the first passwords of the other two, which are told only now.
	Found(r *http.Request, code string, first First) (passwords map[string]string, err error)
}

// First are the first three people, who administer: the one who is there, with a
// password of his own, and two others.
type First struct {
	Name, Person, Password   string
	Security, SecurityPerson string
	Audit, AuditPerson       string
}

// A setupView is the way of an empty system to its first alarm.
type setupView struct {
	office
	Steps     []setupStep
	Ready, Of int // steps that are done, and all
	Drill     *form
}

type setupStep struct {
	Key, Detail, Href string
	Done, Here        bool
}

// setupPages is where each step is done.
var setupPages = map[string]string{"administrators": "/people", "staff": "/people", "places": "/places", "box": "/boxes", "heard": "/boxes", "camera": "/boxes", "sound": "/", "drill": "/"}

// setupPage leads who has logged in from step to step, and who comes first to the
// first accounts.
func (c *Console) setupPage(steps http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.keepLanguage(w, r)
		open, err := c.Founder.Open(r)
		switch {
		case err != nil:
			c.broken(w, err)
		case open:
			c.render(w, http.StatusOK, "found.html", c.foundView(r, nil))
		default:
			steps.ServeHTTP(w, r)
		}
	})
}

func (c *Console) stepsPage(w http.ResponseWriter, r *http.Request, s access.Session) {
	var x api.Setup
	if c.get(w, r, s, "/api/v1/setup", &x) != nil {
		return
	}
	o := c.office(r, s)
	v := setupView{office: o, Ready: x.Done, Of: len(x.Steps)}
	v.Title = o.T["nav.setup"]
	here := slices.IndexFunc(x.Steps, func(s api.SetupStep) bool { return !s.Done })
	for n, step := range x.Steps {
		v.Steps = append(v.Steps, setupStep{step.Key, step.Detail, setupPages[step.Key], step.Done, n == here})
	}
	if mayAny(s.User, []access.Right{access.ManageBoxes, access.HandOver}) {
		f := o.errand(choices{}, "drill", nil)
		v.Drill = &f
	}
	c.render(w, http.StatusOK, "setup.html", v)
}

// A foundView is the form of the first accounts.
type foundView struct {
	office
	Typed     First
	Passwords []foundPassword
	Fault     string
}

type foundPassword struct{ Role, Name, Password string }

func (c *Console) foundView(r *http.Request, typed *First) foundView {
	lang := c.texts.choose(r)
	v := foundView{office: office{Lang: lang, Other: map[string]string{zh: en, en: zh}[lang], T: c.texts[lang]}}
	v.Title = v.T["nav.setup"]
	if typed != nil {
		v.Typed = *typed
	}
	return v
}

// found makes the first accounts.
func (c *Console) found(w http.ResponseWriter, r *http.Request) {
	if !web.SameOrigin(r) {
		web.Forged.With("the request comes from another page").Write(w)
		return
	}
	first := First{}
	for name, into := range map[string]*string{"name": &first.Name, "person": &first.Person, "security": &first.Security, "security_person": &first.SecurityPerson, "audit": &first.Audit, "audit_person": &first.AuditPerson} {
		*into = strings.TrimSpace(r.PostFormValue(name))
	}
	first.Password = r.PostFormValue("password")
	passwords, err := c.Founder.Found(r, r.PostFormValue("code"), first)
	first.Password = ""
	v := c.foundView(r, &first)
	status := http.StatusOK
	switch {
	case errors.Is(err, access.ErrLocked):
		v.Fault, status = v.T["found.locked"], http.StatusTooManyRequests
	case errors.Is(err, access.ErrCredentials):
		v.Fault, status = v.T["found.code.wrong"], http.StatusForbidden
	case errors.Is(err, access.ErrExists):
		v.Fault, status = v.T["found.over"], http.StatusConflict
	case errors.Is(err, access.ErrInvalid), errors.Is(err, access.ErrShared):
		v.Fault, status = v.Refused(refusal{Type: web.Invalid.Type(), Title: web.Invalid.Title, Detail: err.Error()}), http.StatusUnprocessableEntity
	case err != nil:
		c.broken(w, err)
		return
	default:
		for _, one := range [][2]string{{string(access.SecurityAdmin), first.Security}, {string(access.AuditAdmin), first.Audit}} {
			v.Passwords = append(v.Passwords, foundPassword{one[0], one[1], passwords[one[1]]})
		}
	}
	c.render(w, status, "found.html", v)
}
