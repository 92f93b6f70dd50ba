package main

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/cloud/access"
	"eastgate/cloud/deliver"
	"eastgate/cloud/evidence"
	"eastgate/cloud/incident"
	"eastgate/cloud/register"
	"eastgate/cloud/store"
)

// matter is the one incident of which evidence is taken out.
type matter struct{ incident.Incident }

func (m matter) History(context.Context, string) ([]incident.Step, error) { return nil, nil }

func (m matter) Get(context.Context, string) (incident.Incident, error) { return m.Incident, nil }

type originals struct{ *evidence.Folder }

func (o originals) Open(sum string) (io.ReadSeekCloser, error) { return o.Get(sum) }

// bundles is how many are taken out and verified.
const bundles = 6

// exports takes bundles of evidence out, as two people do, and verifies each: whole, and
// changed in every file. A refusal of a whole one and a yes to a changed one are wrong.
func (p *Proof) exports(ctx context.Context, dir string) (wrong []string, err error) {
	s, err := store.Open(ctx, "sqlite:"+filepath.Join(dir, "cloud.db"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	folder, err := evidence.Open(filepath.Join(dir, "evidence"), 1<<30)
	if err != nil {
		return nil, err
	}
	signer, err := deliver.NewSigner(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		return nil, err
	}
	desk := &deliver.Desk{
		Store: s, Evidence: originals{folder}, Register: register.New(s, register.NewMetrics(prometheus.NewRegistry())), Signer: signer, Now: time.Now,
	}
	for n := range bundles {
		body, err := takeOut(ctx, desk, folder, n)
		if err != nil {
			return wrong, err
		}
		if _, err := deliver.Verify(bytes.NewReader(body), int64(len(body))); err != nil {
			wrong = append(wrong, fmt.Sprintf("bundle %d is whole and refused: %v", n, err))
			continue
		}
		missed, err := spoil(body)
		if err != nil {
			return wrong, err
		}
		wrong = append(wrong, missed...)
		if len(missed) == 0 {
			p.ExportsVerified++
		}
	}
	return wrong, nil
}

// takeOut asks, has another person approve, and fetches.
func takeOut(ctx context.Context, desk *deliver.Desk, folder *evidence.Folder, n int) ([]byte, error) {
	i := incident.Incident{ID: fmt.Sprint("incident", n), Number: fmt.Sprintf("20261125-%04d", n), Site: "garden", Box: "gate", Device: "yard", Place: "dongguan/c3"}
	var err error
	if i.Snapshot, err = keep(ctx, folder, picture(n)); err != nil {
		return nil, err
	}
	if i.Clip, err = keep(ctx, folder, append([]byte("\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"), bytes.Repeat([]byte{byte(n)}, 100_000*(n+1))...)); err != nil {
		return nil, err
	}
	desk.Incidents = matter{i}
	who := func(name string, r access.Role) access.User {
		return access.User{Name: name, Person: name, Unit: access.CommunityUnit, Party: access.Committee, Grants: []access.Grant{{Role: r}}}
	}
	duty, lead := who("duty", access.DutyOfficer), who("lead", access.CentreLead)
	b, err := desk.Ask(ctx, duty, deliver.Wish{Incident: i.ID, For: "station, letter 7", Purpose: "authority", Reason: "asked by letter"}, "192.0.2.1")
	if err != nil {
		return nil, err
	}
	if err := desk.Fetch(ctx, duty, b.ID, "192.0.2.1", io.Discard); err == nil {
		return nil, errors.New("a bundle leaves that nobody has approved")
	}
	if _, err := desk.Decide(ctx, duty, b.ID, true, "yes", "192.0.2.1"); err == nil {
		return nil, errors.New("who asked for a bundle has approved it")
	}
	if b, err = desk.Decide(ctx, lead, b.ID, true, "the letter is there", "192.0.2.2"); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = desk.Fetch(ctx, duty, b.ID, "192.0.2.1", &out)
	return out.Bytes(), err
}

func keep(ctx context.Context, f *evidence.Folder, body []byte) (string, error) {
	h := sha256.Sum256(body)
	sum := hex.EncodeToString(h[:])
	return sum, f.Put(ctx, sum, bytes.NewReader(body))
}

// picture draws another one for each n.
func picture(n int) []byte {
	img := image.NewRGBA(image.Rect(0, 0, 640, 360))
	dice := rand.New(rand.NewPCG(uint64(n), 2)) //nolint:gosec // n is small
	for y := range 360 {
		for x := range 640 {
			img.Set(x, y, color.RGBA{uint8(dice.IntN(256)), uint8(x), uint8(y), 255}) //nolint:gosec // any colour does
		}
	}
	var out bytes.Buffer
	jpeg.Encode(&out, img, nil) //nolint:errcheck // into memory
	return out.Bytes()
}

// changes are what is done to each file of a bundle.
var changes = map[string]func([]byte) []byte{
	"one bit":      func(b []byte) []byte { b[len(b)/3] ^= 4; return b },
	"the end":      func(b []byte) []byte { return b[:len(b)-2] },
	"more":         func(b []byte) []byte { return append(b, "0123"...) },
	"gone":         func([]byte) []byte { return nil },
	"something":    func([]byte) []byte { return []byte(`{"version":1}`) },
	"turned round": func(b []byte) []byte { b[0], b[len(b)/2] = b[len(b)/2]^1, b[0]; return b },
}

// spoil changes each file of a bundle in each way and returns what was not refused. The
// page is no evidence: it only reads, and is not signed.
func spoil(body []byte) (missed []string, err error) {
	names, err := contents(body)
	if err != nil {
		return nil, err
	}
	for name := range names {
		if name == "verify.html" {
			continue
		}
		for what, change := range changes {
			if changed := rewritten(names, name, change(bytes.Clone(names[name]))); accepted(changed) {
				missed = append(missed, fmt.Sprintf("%s of %s is changed and not refused", what, name))
			}
		}
	}
	for _, more := range []string{"original/more.jpg", "../../etc/passwd", "manifest.json/x"} {
		if accepted(rewritten(names, more, []byte("more"))) {
			missed = append(missed, more+" is put in and not refused")
		}
	}
	return missed, nil
}

func accepted(body []byte) bool {
	_, err := deliver.Verify(bytes.NewReader(body), int64(len(body)))
	return err == nil
}

func contents(body []byte) (map[string][]byte, error) {
	z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return nil, err
	}
	out := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			return nil, err
		}
		if out[f.Name], err = io.ReadAll(r); err != nil {
			return nil, err
		}
		r.Close()
	}
	return out, nil
}

// rewritten is an archive with one file as body says; without it when body is nil.
func rewritten(files map[string][]byte, name string, body []byte) []byte {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	put := func(name string, body []byte) {
		if w, err := z.Create(name); err == nil {
			w.Write(body) //nolint:errcheck // into memory
		}
	}
	for other, b := range files {
		if other != name {
			put(other, b)
		}
	}
	if body != nil {
		put(name, body)
	}
	z.Close()
	return out.Bytes()
}
