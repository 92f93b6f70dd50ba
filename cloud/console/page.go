package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"eastgate/cloud/access"
	"eastgate/cloud/web"
)

// The languages. Chinese is the one that texts are written in first.
const (
	zh = "zh-CN"
	en = "en"
)

// A catalogue holds the texts of each language by their key. The pages' script
// reads the same ones.
type catalogue map[string]map[string]string

func loadTexts() (catalogue, error) {
	c := catalogue{}
	for _, lang := range []string{zh, en} {
		data, err := files.ReadFile("text/" + lang + ".json")
		if err != nil {
			return nil, fmt.Errorf("console texts: %w", err)
		}
		texts := map[string]string{}
		if err := json.Unmarshal(data, &texts); err != nil {
			return nil, fmt.Errorf("console texts %s: %w", lang, err)
		}
		c[lang] = texts
	}
	return c, nil
}

// choose picks a language: the one asked for, else the browser's, else Chinese.
func (c catalogue) choose(r *http.Request) string {
	if lang := r.FormValue("lang"); c[lang] != nil {
		return lang
	}
	if cookie, err := r.Cookie("lang"); err == nil && c[cookie.Value] != nil {
		return cookie.Value
	}
	if strings.HasPrefix(strings.ToLower(r.Header.Get("Accept-Language")), "en") {
		return en
	}
	return zh
}

func (c *Console) text(w http.ResponseWriter, r *http.Request) {
	texts := c.texts[r.PathValue("lang")]
	if texts == nil {
		web.NotFound.With("languages: " + strings.Join(slices.Sorted(maps.Keys(c.texts)), ", ")).Write(w)
		return
	}
	answer(w, texts)
}

type deskView struct{ Lang, Title string }

func (c *Console) desk(w http.ResponseWriter, r *http.Request, _ access.Session) {
	lang := c.texts.choose(r)
	c.render(w, http.StatusOK, "desk.html", deskView{lang, c.texts[lang]["title"]})
}

// render writes a page when all of it could be made: an error never shows half of
// one.
func (c *Console) render(w http.ResponseWriter, status int, name string, v any) {
	var page bytes.Buffer
	if err := c.views.ExecuteTemplate(&page, name, v); err != nil {
		c.broken(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	w.Write(page.Bytes())
}

var mediaTypes = map[string]string{"desk.js": "text/javascript; charset=utf-8", "desk.css": "text/css; charset=utf-8", "office.css": "text/css; charset=utf-8"}

func (c *Console) static(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	data, err := files.ReadFile("static/" + name)
	if err != nil || mediaTypes[name] == "" {
		web.NotFound.With("no such file").Write(w)
		return
	}
	w.Header().Set("Content-Type", mediaTypes[name])
	w.Header().Set("Cache-Control", "no-cache") // small, and never out of date
	w.Write(data)
}
