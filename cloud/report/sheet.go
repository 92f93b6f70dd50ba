package report

import (
	"bytes"
	"fmt"
	"html/template"
	"io"

	qr "github.com/piglig/go-qr"
)

// A Poster is one place's code, to be printed.
type Poster struct {
	Name    string // of the place
	Address string // what the code says: where the form is
}

// codeScale is the size of a module in a PNG, in pixels; the quiet zone is what
// ISO/IEC 18004 §9.1 wants, four modules.
const (
	codeScale = 8
	quietZone = 4
)

// PNG writes one poster's code as a picture.
func (p Poster) PNG(w io.Writer) error {
	code, err := qr.EncodeText(p.Address, qr.Medium)
	if err != nil {
		return fmt.Errorf("code of %s: %w", p.Name, err)
	}
	return code.WriteAsPNG(qr.NewQrCodeImgConfig(codeScale, quietZone), w)
}

// svg is one poster's code as a drawing that scales.
func (p Poster) svg() (template.HTML, error) {
	code, err := qr.EncodeText(p.Address, qr.Medium)
	if err != nil {
		return "", fmt.Errorf("code of %s: %w", p.Name, err)
	}
	var b bytes.Buffer
	if err := code.WriteAsSVG(qr.NewQrCodeImgConfig(1, quietZone, qr.WithOptimalSVG()), &b); err != nil {
		return "", fmt.Errorf("code of %s: %w", p.Name, err)
	}
	drawing := b.Bytes()
	if at := bytes.Index(drawing, []byte("<svg")); at > 0 { // the declaration belongs before a document
		drawing = drawing[at:]
	}
	return template.HTML(drawing), nil //nolint:gosec // squares, by the library
}

// Posters returns the codes of the places at and below a path that people can stand
// before: no cameras and sensors.
func (d Deps) Posters(path, lang string) []Poster {
	var out []Poster
	for _, p := range d.Places.Under(path) {
		if !p.Kind.IsDevice() {
			out = append(out, Poster{Name: placeName(p, lang), Address: d.PublicURL + "/r/" + d.Signer.Place(p.Code)})
		}
	}
	return out
}

type sheetView struct {
	Lang    string
	T       map[string]string
	Posters []posterView
}

type posterView struct {
	Poster
	Code template.HTML
}

// WriteSheet writes posters as a page to be printed.
func WriteSheet(w io.Writer, lang string, posters []Poster) error {
	v := sheetView{Lang: lang, T: words(lang)}
	for _, p := range posters {
		code, err := p.svg()
		if err != nil {
			return err
		}
		v.Posters = append(v.Posters, posterView{p, code})
	}
	return views.ExecuteTemplate(w, "sheet.html", v)
}
