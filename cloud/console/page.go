package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
)

// The languages. Chinese is the one that texts are written in first.
const (
	zh = "zh-CN"
	en = "en"
)

// A catalogue holds the texts of each language by their key. The pages' script
// reads the same ones.
type catalogue map[string]map[string]string

// loadTexts reads the texts of a folder.
func loadTexts(dir string) (catalogue, error) {
	c := catalogue{}
	for _, lang := range []string{zh, en} {
		data, err := files.ReadFile(dir + "/" + lang + ".json")
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

// with adds the texts of the office, which the desk's script has no use for.
func (c catalogue) with(more catalogue) catalogue {
	out := catalogue{}
	for lang, texts := range c {
		out[lang] = maps.Clone(texts)
		maps.Copy(out[lang], more[lang])
	}
	return out
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
