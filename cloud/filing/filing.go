// Package filing is what is told the police of each camera (备案): where it hangs,
// where it looks, where its sign is, and for how long its pictures are kept.
//
// It promises that every camera that a box tells of or a list of places names is in
// the export, with what lacks of it, and that a camera which has changed since it was
// filed is said to have. (Decree 799 arts. 13 and 14)
package filing

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/place"
	"eastgate/cloud/register"
	"eastgate/cloud/retention"
	"eastgate/shared/event"
)

// ErrInvalid says that what was written of a camera cannot be taken.
var ErrInvalid = errors.New("what is filed of a camera is not as it should be")

// A Record is what people write down of a camera: no machine knows it.
type Record struct {
	Camera event.Source `json:"camera"` // as /site/box/camera
	Angle  string       `json:"angle"`  // how high it hangs, where it looks, how far
	Sign   string       `json:"sign"`   // where its sign is; empty: there is none
	Basis  string       `json:"basis"`  // sort of place and legal basis
	// Filed is the day on which it was filed, as 2026-11-25, and Number what the police
	// gave; both empty until then.
	Filed  string `json:"filed"`
	Number string `json:"number"`

	Digest string    `json:"-"` // of what was told when it was filed
	By     string    `json:"by,omitempty"`
	At     time.Time `json:"at,omitzero"`
}

// longest bounds each text, in bytes.
const longest = 300

// Validate says all that is wrong with a record.
func (r Record) Validate() error {
	var faults []error
	bad := func(format string, a ...any) {
		faults = append(faults, fmt.Errorf("%w: "+format, append([]any{ErrInvalid}, a...)...))
	}
	if _, _, device, ok := r.Camera.Split(); !ok || device == "" {
		bad("camera: %.80q is not /site/box/camera", r.Camera)
	}
	for name, text := range map[string]string{"angle": r.Angle, "sign": r.Sign, "basis": r.Basis, "number": r.Number} {
		if len(text) > longest || strings.ContainsAny(text, "\r\n\x00") {
			bad("%s: want one line of at most %d bytes", name, longest)
		}
	}
	if _, err := time.Parse(time.DateOnly, r.Filed); r.Filed != "" && err != nil {
		bad("filed: %.20q is no day as 2026-11-25", r.Filed)
	}
	return errors.Join(faults...)
}

// A Row is a camera as it is told of.
type Row struct {
	Record
	Place     place.Place
	Name      string // of the place, as people call it
	Unit      string // that looks after it
	Retention retention.Rule
	Masks     int64    // version of its settings, with its private areas; 0: the box's own file
	Lacks     []string // columns that the law asks for and that are empty
	Changed   bool     // since it was filed
}

// Store keeps records.
type Store interface {
	Filings(ctx context.Context) (map[event.Source]Record, error)
	PutFiling(ctx context.Context, r Record) error
}

// Places know where cameras hang.
type Places interface {
	Under(path string) []place.Place
	Resolve(s event.Source) place.Found
}

// A Book is where cameras are filed.
type Book struct {
	Store    Store
	Places   Places
	Cameras  func(ctx context.Context) (map[event.Source]int64, error) // that boxes tell of, with the version of their settings
	Policy   retention.Policy
	Register register.Writer
	Now      func() time.Time
}

// Rows are all cameras, by name.
func (b *Book) Rows(ctx context.Context) ([]Row, error) {
	told, err := b.Cameras(ctx)
	if err != nil {
		return nil, err
	}
	records, err := b.Store.Filings(ctx)
	if err != nil {
		return nil, err
	}
	all := maps.Clone(told)
	for _, p := range b.Places.Under("") {
		if _, known := all[p.Device]; p.Kind == place.Camera && p.Device != "" && !known {
			all[p.Device] = 0
		}
	}
	for camera := range records { // one that is gone was filed all the same
		if _, known := all[camera]; !known {
			all[camera] = 0
		}
	}
	var out []Row
	for _, camera := range slices.Sorted(maps.Keys(all)) {
		r := records[camera]
		r.Camera = camera
		out = append(out, b.row(r, all[camera]))
	}
	return out, nil
}

func (b *Book) row(r Record, masks int64) Row {
	site, _, _, _ := r.Camera.Split()
	at := b.Places.Resolve(r.Camera)
	row := Row{Record: r, Place: at.Place, Name: at.Name, Unit: at.Unit, Retention: b.Policy.Of(site), Masks: masks}
	for _, c := range []struct{ name, value string }{{"place", cmp.Or(at.Name, at.ZH)}, {"unit", at.Unit}, {"angle", r.Angle}, {"sign", r.Sign}, {"basis", r.Basis}, {"filed", r.Filed}} {
		if c.value == "" {
			row.Lacks = append(row.Lacks, c.name)
		}
	}
	row.Changed = r.Filed != "" && r.Digest != row.digest()
	return row
}

// digest is of what the police are told.
func (r Row) digest() string {
	h := sha256.New()
	for _, s := range []string{r.Place.Path, r.Name, r.Unit, degrees(r.Place.Lat), degrees(r.Place.Lon), r.Angle, r.Sign, r.Basis, strconv.Itoa(r.Retention.MinDays), strconv.Itoa(r.Retention.MaxDays)} {
		fmt.Fprintf(h, "%d:%s", len(s), s)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

func degrees(f *float64) string {
	if f == nil {
		return ""
	}
	return strconv.FormatFloat(*f, 'f', -1, 64)
}

// Put writes down what people know of a camera, and a row of the register. When the
// day or the number of filing is another one, what is told now is what was filed.
func (b *Book) Put(ctx context.Context, who access.User, r Record, from string) error {
	if err := r.Validate(); err != nil {
		return err
	}
	records, err := b.Store.Filings(ctx)
	if err != nil {
		return err
	}
	before := records[r.Camera]
	r.By, r.At, r.Digest = who.Name, b.Now().UTC().Truncate(time.Millisecond), before.Digest
	if r.Filed != before.Filed || r.Number != before.Number {
		r.Digest = b.row(r, 0).digest()
	}
	e := register.Entry{Who: who.Name, Person: who.Person, Unit: who.Unit, Act: register.Change, Object: "filing" + string(r.Camera), Basis: string(access.ManagePlaces), Detail: "filed " + cmp.Or(r.Filed, "not yet") + " " + r.Number, From: from}
	if err := b.Register.Write(ctx, e); err != nil {
		return err
	}
	return b.Store.PutFiling(ctx, r)
}

// Titles are over the columns of the export, in order.
var Titles = []string{
	"site", "box", "camera", "path", "place", "place_en", "lat", "lon", "datum", "unit", "basis", "angle", "sign", "min_days", "max_days", "retention_basis",
	"masks_version", "filed", "number", "changed_since", "lacks",
}

// Cells are rows as they are exported.
func Cells(rows []Row) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		for _, r := range rows {
			site, box, camera, _ := r.Camera.Split()
			if !yield([]any{
				site, box, camera, r.Place.Path, cmp.Or(r.Name, r.Place.ZH), r.Place.EN, degrees(r.Place.Lat), degrees(r.Place.Lon), string(r.Place.Datum), r.Unit, r.Basis, r.Angle, r.Sign,
				r.Retention.MinDays, r.Retention.MaxDays, r.Retention.Basis, r.Masks, r.Filed, r.Number, r.Changed, strings.Join(r.Lacks, " "),
			}, nil) {
				return
			}
		}
	}
}
