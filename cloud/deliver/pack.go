package deliver

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"eastgate/cloud/incident"
	"eastgate/shared/event"
)

// Taken says who took a bundle out; it stands on every viewing copy.
type Taken struct {
	By       string    `json:"by"`
	Unit     string    `json:"unit"`
	At       time.Time `json:"at"`
	Register int64     `json:"register_row"` // that tells of it
}

func (t Taken) String() string {
	return fmt.Sprintf("%s / %s / %s / register %d", t.By, t.Unit, t.At.Format("2006-01-02 15:04:05 MST"), t.Register)
}

// A Manifest says what a bundle holds and where it comes from.
type Manifest struct {
	Version   int      `json:"version"`
	Bundle    Bundle   `json:"bundle"`
	Number    string   `json:"incident_number"`
	Taken     Taken    `json:"taken"`
	Cameras   []Clock  `json:"cameras"`
	Files     []File   `json:"files"`
	PublicKey string   `json:"public_key"` // P-256, uncompressed point in hex
	Notes     []string `json:"notes"`
}

// A Clock is by how much a camera's clock was ahead of its box's.
type Clock struct {
	Source  event.Source `json:"source"`
	AheadMS *int64       `json:"ahead_ms"` // null where nobody knows
}

// A File is one file of a bundle.
type File struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
	// Of is the original that a viewing copy was made of; empty for an original.
	Of string `json:"of,omitempty"`
	// Masks are the private areas that the box made black before it kept the file: the
	// version of the camera's settings, and a digest. Empty where nobody knows.
	Masks string `json:"masks,omitempty"`
}

// The files of a bundle that are no evidence.
const (
	manifestName  = "manifest.json"
	signatureName = "manifest.sig"
	pageName      = "verify.html"
)

//go:embed verify.html
var page []byte

// notes are for whoever opens a bundle.
var notes = []string{
	"Files under original/ are byte for byte what the box sent; their names are their SHA-256. original/ 内为盒子上传的原始文件，文件名即其 SHA-256。",
	"Files under viewing/ are copies with a watermark, for looking at; clips have none, the page shows the mark over them. viewing/ 内为带水印的查看副本；视频原件不加水印，由核验页面叠加显示。",
}

// endings of the names of originals by what is in them.
var endings = map[string]string{"image/jpeg": ".jpg", "image/png": ".png", "video/mp4": ".mp4"}

// pack writes the bundle. A piece that is not what its name says ends it: an archive
// that is cut off opens nowhere.
func (d *Desk) pack(ctx context.Context, w io.Writer, b Bundle, i incident.Incident, taken Taken) error {
	m := Manifest{Version: 1, Bundle: b, Number: i.Number, Taken: taken, PublicKey: d.Signer.Public(), Notes: notes, Cameras: []Clock{}}
	if i.Device != "" {
		c := Clock{Source: event.NewSource(i.Site, i.Box, i.Device)}
		if d.Clock != nil {
			c.AheadMS = d.Clock(ctx, c.Source)
		}
		m.Cameras = append(m.Cameras, c)
	}
	masks, err := d.masks(ctx, i.ID)
	if err != nil {
		return err
	}
	z := zip.NewWriter(w)
	for _, sum := range b.pieces(i) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := d.piece(z, &m, sum, masks[sum]); err != nil {
			return fmt.Errorf("evidence %s: %w", sum, err)
		}
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	signature, err := d.Signer.sign(text)
	if err != nil {
		return err
	}
	for name, body := range map[string][]byte{manifestName: text, signatureName: []byte(signature + "\n"), pageName: page} {
		if _, err := put(z, name, bytes.NewReader(body)); err != nil {
			return err
		}
	}
	return z.Close()
}

// masks are what each piece's own event said of private areas, by sum.
func (d *Desk) masks(ctx context.Context, id string) (map[string]string, error) {
	steps, err := d.Incidents.History(ctx, id)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, s := range steps {
		var what struct{ Record *incident.Record }
		if len(s.Detail) == 0 {
			continue
		}
		if err := json.Unmarshal(s.Detail, &what); err != nil {
			return nil, fmt.Errorf("incident %s, step %d: %w", id, s.Seq, err)
		}
		if r := what.Record; r != nil && r.Masks != "" {
			out[r.Snapshot], out[r.Clip] = r.Masks, r.Masks
		}
	}
	return out, nil
}

// piece adds an original, and a viewing copy of a picture.
func (d *Desk) piece(z *zip.Writer, m *Manifest, sum, masks string) error {
	f, err := d.Evidence.Open(sum)
	if err != nil {
		return err
	}
	defer f.Close()
	head := make([]byte, 512)
	n, err := io.ReadFull(f, head)
	if err != nil && n == 0 {
		return err
	}
	kind := http.DetectContentType(head[:n])
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	name := "original/" + sum + endings[kind]
	original, err := put(z, name, f)
	if err != nil {
		return err
	}
	if original.SHA256 != sum {
		return fmt.Errorf("its bytes are not what they were: they are %s", original.SHA256)
	}
	original.Masks = masks
	m.Files = append(m.Files, original)
	if kind != "image/jpeg" {
		return nil
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	var marked bytes.Buffer
	if err := mark(&marked, f, m.Taken.String()); err != nil {
		return fmt.Errorf("viewing copy: %w", err)
	}
	viewing, err := put(z, "viewing/"+sum+".jpg", &marked)
	viewing.Of, viewing.Masks = name, masks
	m.Files = append(m.Files, viewing)
	return err
}

// put writes a file and says what it was.
func put(z *zip.Writer, name string, body io.Reader) (File, error) {
	to, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store}) // pictures and films are as small as they get
	if err != nil {
		return File{}, err
	}
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(to, h), body)
	return File{Name: name, Bytes: n, SHA256: hex.EncodeToString(h.Sum(nil))}, err
}
