package deliver

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"io"
	"strings"
	"testing"
	"time"

	"eastgate/cloud/incident"
)

// A shelf holds evidence by its hash.
type shelf map[string][]byte

type book struct{ *bytes.Reader }

func (book) Close() error { return nil }

func (s shelf) Open(sum string) (io.ReadSeekCloser, error) { return book{bytes.NewReader(s[sum])}, nil }

func (s shelf) add(body []byte) string {
	h := sha256.Sum256(body)
	sum := hex.EncodeToString(h[:])
	s[sum] = body
	return sum
}

func picture(t testing.TB) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 640, 360))
	draw.Draw(img, img.Rect, image.NewUniform(color.RGBA{90, 120, 60, 255}), image.Point{}, draw.Src)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// silent has incidents of which no event told.
type silent struct{ Incidents }

func (silent) History(context.Context, string) ([]incident.Step, error) { return nil, nil }

// bundle packs a picture and a clip.
func bundle(t testing.TB) []byte {
	t.Helper()
	s := shelf{}
	signer, err := NewSigner([]byte("seed"))
	if err != nil {
		t.Fatal(err)
	}
	i := incident.Incident{Number: "20261125-0001", Site: "garden", Box: "gate", Device: "yard", Snapshot: s.add(picture(t)), Clip: s.add([]byte("\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom a film"))}
	d := Desk{Evidence: s, Signer: signer, Incidents: silent{}}
	var out bytes.Buffer
	err = d.pack(context.Background(), &out, Bundle{ID: "b", For: "police"}, i, Taken{By: "lead", Unit: "community", At: time.Unix(0, 0).UTC(), Register: 7})
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func check(body []byte) (Manifest, error) {
	return Verify(bytes.NewReader(body), int64(len(body)))
}

func TestABundleIsWhole(t *testing.T) {
	m, err := check(bundle(t))
	if err != nil || len(m.Files) != 3 || m.Files[1].Of != m.Files[0].Name || !strings.HasSuffix(m.Files[2].Name, ".mp4") {
		t.Errorf("%+v, %v", m.Files, err)
	}
	if len(Fingerprint(m.PublicKey)) != 16 {
		t.Error("no fingerprint")
	}
}

// again writes a bundle anew with one file after another changed, left out or added.
func again(t *testing.T, body []byte, change func(name string, body []byte) []byte, more ...string) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if text = change(f.Name, text); text != nil {
			if _, err := put(w, f.Name, bytes.NewReader(text)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, name := range more {
		if _, err := put(w, name, strings.NewReader("more")); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestEveryChangeIsFound changes, removes and adds every file in turn.
func TestEveryChangeIsFound(t *testing.T) {
	whole := bundle(t)
	z, err := zip.NewReader(bytes.NewReader(whole), int64(len(whole)))
	if err != nil {
		t.Fatal(err)
	}
	same := func(_ string, b []byte) []byte { return b }
	if _, err := check(again(t, whole, same)); err != nil {
		t.Fatalf("written anew as it was: %v", err)
	}
	for _, f := range z.File {
		if f.Name == pageName {
			continue // the page only reads
		}
		for what, change := range map[string]func([]byte) []byte{
			"a bit":       func(b []byte) []byte { c := bytes.Clone(b); c[len(c)/2] ^= 1; return c },
			"cut short":   func(b []byte) []byte { return b[:len(b)-2] },
			"longer":      func(b []byte) []byte { return append(bytes.Clone(b), "0123"...) },
			"not there":   func([]byte) []byte { return nil },
			"another one": func([]byte) []byte { return []byte("{}") },
		} {
			changed := again(t, whole, func(name string, b []byte) []byte {
				if name == f.Name {
					return change(b)
				}
				return b
			})
			if _, err := check(changed); err == nil {
				t.Errorf("%s, %s: nothing was found", f.Name, what)
			}
		}
	}
	for _, name := range []string{"original/more.jpg", "../../etc/passwd", manifestName} {
		if _, err := check(again(t, whole, same, name)); err == nil {
			t.Errorf("%s was added: nothing was found", name)
		}
	}
	other, err := NewSigner([]byte("another"))
	if err != nil {
		t.Fatal(err)
	}
	forged := again(t, whole, func(name string, b []byte) []byte {
		if name == signatureName {
			sig, err := other.sign([]byte("x"))
			if err != nil {
				t.Fatal(err)
			}
			return []byte(sig)
		}
		return b
	})
	if _, err := check(forged); err == nil {
		t.Error("another's signature was taken")
	}
}

// TestEvidenceThatChangedDoesNotLeave packs a piece that is not what its name says.
func TestEvidenceThatChangedDoesNotLeave(t *testing.T) {
	s := shelf{}
	sum := s.add(picture(t))
	s[sum] = append(bytes.Clone(s[sum]), 0)
	signer, err := NewSigner([]byte("seed"))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err = (&Desk{Evidence: s, Signer: signer, Incidents: silent{}}).pack(t.Context(), &out, Bundle{}, incident.Incident{Snapshot: sum}, Taken{})
	if err == nil || !strings.Contains(err.Error(), "not what they were") {
		t.Error(err)
	}
	if _, err := check(out.Bytes()); err == nil {
		t.Error("half a bundle was taken for a whole one")
	}
}

// TestTheMarkIsSeen compares a picture with its viewing copy: most of it is the same,
// and the bands are not.
func TestTheMarkIsSeen(t *testing.T) {
	var out bytes.Buffer
	if err := mark(&out, bytes.NewReader(picture(t)), "lead / community / 2026-11-25 / register 7"); err != nil {
		t.Fatal(err)
	}
	img, err := jpeg.Decode(&out)
	if err != nil {
		t.Fatal(err)
	}
	darker := 0
	for x := range 640 {
		r, _, _, _ := img.At(x, 355).RGBA()
		if r>>8 < 70 || r>>8 > 120 {
			darker++
		}
	}
	r, g, b, _ := img.At(320, 90).RGBA()
	if darker < 320 || r>>8 < 80 || r>>8 > 100 || g>>8 < 110 || b>>8 > 70 {
		t.Errorf("%d of 640 at the foot are marked; between the bands it is %d %d %d", darker, r>>8, g>>8, b>>8)
	}
}
