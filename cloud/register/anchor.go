package register

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"eastgate/cloud/chain"
)

// An Anchor is the register's newest mark on one day, signed by the cloud. Each names
// the hash of the one before it, so that none can be taken out from between.
type Anchor struct {
	Day  string // as 2026-11-25, in the centre's zone
	At   time.Time
	Mark Mark
	Prev string // hash of the line before; empty in the first
	Signature
}

// anchorWord begins a line that is an anchor, with the version of its form.
const anchorWord = "eastgate-anchor/1"

// none stands in a line for what is empty.
const none = "-"

func (a Anchor) signed() string {
	prev := a.Prev
	if prev == "" {
		prev = none
	}
	return strings.Join([]string{anchorWord, a.Day, a.At.UTC().Format("2006-01-02T15:04:05.000Z"), a.Mark.String(), prev}, " ")
}

// String is the line by which an anchor is kept, and ParseAnchor reads it.
func (a Anchor) String() string {
	return strings.Join([]string{a.signed(), a.Key, a.Signature.Signature}, " ")
}

// ErrAnchor says that an anchor is not one that the cloud signed, or that the
// register has not what it names.
var ErrAnchor = errors.New("anchor")

// ParseAnchor reads a line and checks that its signature is of the key that it names.
// Whose key that is, is for CheckAnchors.
func ParseAnchor(line string) (Anchor, error) {
	cells := strings.Fields(line)
	if len(cells) != 7 || cells[0] != anchorWord {
		return Anchor{}, fmt.Errorf("%w: %.60q is none", ErrAnchor, line)
	}
	at, err := time.Parse(time.RFC3339, cells[2])
	if err != nil {
		return Anchor{}, fmt.Errorf("%w of %.10q: %w", ErrAnchor, cells[1], err)
	}
	mark, err := ParseMark(cells[3])
	if err != nil {
		return Anchor{}, fmt.Errorf("%w of %.10q: %w", ErrAnchor, cells[1], err)
	}
	a := Anchor{Day: cells[1], At: at, Mark: mark, Prev: strings.TrimPrefix(cells[4], none), Signature: Signature{Key: cells[5], Signature: cells[6]}}
	key, err1 := hex.DecodeString(a.Key)
	sum, err2 := hex.DecodeString(a.Signature.Signature)
	if err1 != nil || err2 != nil || len(key) != ed25519.PublicKeySize || !ed25519.Verify(key, []byte(a.signed()), sum) {
		return Anchor{}, fmt.Errorf("%w of %.10q: the signature does not fit", ErrAnchor, a.Day)
	}
	return a, nil
}

// Anchors are what CheckAnchors found.
type Anchors struct {
	Signed  []Anchor
	Marks   []Mark
	Missing []string // days between the first and the last on which the cloud signed none: it did not run
}

// CheckAnchors reads the anchors of the register, in order, and those that were kept
// elsewhere, in any order. Each must be signed by one of the keys; the first ones must
// follow each other, and all of the others be among them.
func CheckAnchors(own, elsewhere, keys []string) (Anchors, error) {
	var out Anchors
	prev, last := chain.First, ""
	for _, line := range own {
		a, err := anchorOf(line, keys)
		switch {
		case err != nil:
			return out, err
		case a.Prev != prev || a.Day <= last:
			return out, fmt.Errorf("%w of %s: it does not follow the one of %s: one between was removed, or the order is changed", ErrAnchor, a.Day, orNone(last))
		}
		out.Missing = append(out.Missing, between(last, a.Day)...)
		out.Signed, out.Marks = append(out.Signed, a), append(out.Marks, a.Mark)
		prev, last = chain.Link(line), a.Day
	}
	for _, line := range elsewhere {
		a, err := anchorOf(line, keys)
		switch {
		case err != nil:
			return out, err
		case !slices.Contains(own, strings.TrimSpace(line)):
			return out, fmt.Errorf("%w of %s: it was kept elsewhere, and the database has it no more: rows after %d may be gone with it", ErrAnchor, a.Day, a.Mark.Position)
		}
	}
	return out, nil
}

// VerifyAnchored is Verify with what CheckAnchors takes: a fault of an anchor is one of
// the register.
func (r *Register) VerifyAnchored(ctx context.Context, own, elsewhere, keys []string, marks ...Mark) (Proof, error) {
	anchors, err := CheckAnchors(own, elsewhere, keys)
	if err != nil {
		return Proof{Anchors: anchors, Fault: &Fault{What: err.Error()}}, nil
	}
	p, err := r.Verify(ctx, append(marks, anchors.Marks...)...)
	p.Anchors = anchors
	return p, err
}

func anchorOf(line string, keys []string) (Anchor, error) {
	a, err := ParseAnchor(line)
	if err == nil && !slices.Contains(keys, a.Key) {
		err = fmt.Errorf("%w of %s: another key signed it: %s", ErrAnchor, a.Day, a.Key)
	}
	return a, err
}

func orNone(day string) string {
	if day == "" {
		return "no day"
	}
	return day
}

// between are the days after one and before another.
func between(after, before string) (days []string) {
	at, err1 := time.Parse(time.DateOnly, after)
	end, err2 := time.Parse(time.DateOnly, before)
	if err1 != nil || err2 != nil {
		return nil
	}
	for at = at.AddDate(0, 0, 1); at.Before(end); at = at.AddDate(0, 0, 1) {
		days = append(days, at.Format(time.DateOnly))
	}
	return days
}
