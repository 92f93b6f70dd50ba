package console

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"

	"eastgate/cloud/access"
	"eastgate/cloud/web"
)

// An asset is a file that a browser may keep, compressed once.
type asset struct {
	media, tag string
	data, gz   []byte
}

func newAsset(media string, data []byte) (asset, error) {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return asset{}, err
	}
	if _, err := z.Write(data); err != nil {
		return asset{}, err
	}
	if err := z.Close(); err != nil {
		return asset{}, err
	}
	h := sha256.Sum256(data)
	return asset{media, hex.EncodeToString(h[:8]), data, out.Bytes()}, nil
}

// send answers with the file, or that the browser has it already. What is named by its
// contents is kept for good; anything else is asked for again each time.
func (a asset) send(w http.ResponseWriter, r *http.Request, forever bool) {
	h := w.Header()
	h.Set("Cache-Control", map[bool]string{true: "private, max-age=31536000, immutable", false: "no-cache"}[forever])
	h.Set("ETag", `"`+a.tag+`"`)
	h.Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("If-None-Match"), a.tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", a.media)
	body := a.data
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = a.gz
	}
	w.Write(body)
}

var mediaTypes = map[string]string{".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".png": "image/png"}

// An assets holds all files under static by their path there. Build names those of
// the desk by their contents: a page from before an update gets no part of another
// one's script.
type assets struct {
	files map[string]asset
	build string
}

func loadAssets() (assets, error) {
	out := assets{files: map[string]asset{}}
	var tags []string
	err := fs.WalkDir(files, "static", func(name string, d fs.DirEntry, err error) error {
		media := mediaTypes[path.Ext(name)]
		if err != nil || d.IsDir() || media == "" {
			return err
		}
		data, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		a, err := newAsset(media, data)
		short := strings.TrimPrefix(name, "static/")
		out.files[short] = a
		if strings.HasPrefix(short, "desk/") {
			tags = append(tags, a.tag)
		}
		return err
	})
	if err != nil {
		return out, fmt.Errorf("console files: %w", err)
	}
	h := sha256.Sum256([]byte(strings.Join(tags, " ")))
	out.build = hex.EncodeToString(h[:6])
	return out, nil
}

var imported = regexp.MustCompile(`(?:from|import)\s*"\./([a-z0-9-]+\.js)"`)

// first lists the scripts that the desk's first load takes: the entry, and what it
// cannot begin without.
func (a assets) first() []string {
	out := []string{"desk.js"}
	for n := 0; n < len(out); n++ {
		for _, m := range imported.FindAllSubmatch(a.files["desk/"+out[n]].data, -1) {
			if name := string(m[1]); !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

// static gives files by their path, and the desk's also as /static/desk/BUILD/FILE.
func (c *Console) static(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	if name == "desk.css" || name == "desk.js" {
		name = "desk/" + name
	}
	short, built := strings.CutPrefix(name, "desk/"+c.assets.build+"/")
	a, ok := c.assets.files[map[bool]string{true: "desk/" + short, false: name}[built]]
	if !ok {
		web.NotFound.With("no such file").Write(w)
		return
	}
	a.send(w, r, built)
}

// A deskView is the one document of all the desk's views.
type deskView struct {
	Lang, Title, Base, Words string
	Scripts                  []string // besides the first
}

func (c *Console) desk(w http.ResponseWriter, r *http.Request, _ access.Session) {
	lang := c.texts.choose(r)
	c.render(w, http.StatusOK, "desk.html", deskView{
		Lang: lang, Title: c.texts[lang]["title"], Base: "/static/desk/" + c.assets.build, Words: c.words[lang].tag, Scripts: c.assets.first()[1:],
	})
}

// text gives all texts of a language.
func (c *Console) text(w http.ResponseWriter, r *http.Request) {
	a, ok := c.words[r.PathValue("lang")]
	if !ok {
		web.NotFound.With("languages: " + zh + ", " + en).Write(w)
		return
	}
	a.send(w, r, cmp.Or(r.FormValue("v"), "-") == a.tag)
}
