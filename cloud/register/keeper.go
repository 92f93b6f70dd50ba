package register

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"eastgate/cloud/chain"
	"eastgate/shared/durable"
)

// An AnchorStore keeps anchors in the database.
type AnchorStore interface {
	RegisterEnds(ctx context.Context) (Ends, error)
	// AddAnchor keeps a line for a day; of two for one day the first stays.
	AddAnchor(ctx context.Context, day, line string) error
	// Anchors are all lines, by day.
	Anchors(ctx context.Context) ([]string, error)
}

// A Keeper signs an anchor each day and keeps it twice: in the database, and at the
// end of a file that people copy to where nobody who runs the cloud can change it. Its
// key is not in the database, so that whoever writes that can sign none.
//
// It promises that the file only ever grows, and that nothing is signed that
// is shorter than what was signed before.
type Keeper struct {
	Store AnchorStore
	Sign  func(text []byte) Signature
	File  string
	Zone  *time.Location // in which days begin
	Now   func() time.Time
	Log   *slog.Logger
}

// retryAfter is how soon an anchor that could not be made is tried again.
const retryAfter = 10 * time.Minute

// Run anchors at once, if the day has none yet, and then at the beginning of each day.
func (k *Keeper) Run(ctx context.Context) error {
	for {
		wait := retryAfter
		if a, err := k.Anchor(ctx); err != nil {
			k.Log.Error("the register cannot be anchored", "err", err)
		} else {
			wait = k.untilTomorrow()
			if a != nil {
				k.Log.Info("the register is anchored", "anchor", a.String(), "file", k.File)
			}
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

func (k *Keeper) untilTomorrow() time.Duration {
	now := k.Now().In(k.Zone)
	return time.Date(now.Year(), now.Month(), now.Day()+1, 0, 0, 0, 0, k.Zone).Sub(now)
}

// Anchor signs the newest mark if the day has no anchor yet, and brings the file up to
// date. It returns nil when there was nothing to sign.
func (k *Keeper) Anchor(ctx context.Context) (*Anchor, error) {
	lines, err := k.Store.Anchors(ctx)
	if err != nil {
		return nil, err
	}
	signed, err := k.next(ctx, lines)
	if err != nil {
		return nil, err
	}
	if signed != nil {
		if err := k.Store.AddAnchor(ctx, signed.Day, signed.String()); err != nil {
			return nil, err
		}
		if lines, err = k.Store.Anchors(ctx); err != nil {
			return nil, err
		}
	}
	return signed, k.publish(lines)
}

// next is the anchor that is due after lines; nil when there is none.
func (k *Keeper) next(ctx context.Context, lines []string) (*Anchor, error) {
	ends, err := k.Store.RegisterEnds(ctx)
	if err != nil || ends.Head.Position == 0 {
		return nil, err
	}
	now := k.Now().UTC().Truncate(time.Millisecond)
	a := &Anchor{Day: now.In(k.Zone).Format(time.DateOnly), At: now, Mark: ends.Head}
	if len(lines) > 0 {
		newest, err := ParseAnchor(lines[len(lines)-1])
		switch {
		case err != nil:
			return nil, err
		case newest.Day >= a.Day:
			return nil, nil
		case newest.Mark.Position > a.Mark.Position:
			return nil, fmt.Errorf("%w of %s: it names row %d, and the register ends with %d: rows are gone, nothing is signed", ErrAnchor, newest.Day, newest.Mark.Position, a.Mark.Position)
		}
		a.Prev = chain.Link(lines[len(lines)-1])
	}
	a.Signature = k.Sign([]byte(a.signed()))
	return a, nil
}

// publish appends to the file what it lacks at its end. What it has and the database
// has not stays: that is what it is for.
func (k *Keeper) publish(lines []string) error {
	kept, err := ReadAnchors(k.File)
	if err != nil {
		return err
	}
	last, had := "", len(kept)
	for _, line := range kept {
		if a, err := ParseAnchor(line); err == nil && a.Day > last {
			last = a.Day
		}
	}
	for _, line := range lines {
		if a, err := ParseAnchor(line); err == nil && a.Day > last {
			kept = append(kept, line)
		}
	}
	if len(kept) == had {
		return nil
	}
	// Replaced as a whole, so that a power cut leaves no half a line.
	err = durable.Replace(k.File, []byte(strings.Join(kept, "\n")+"\n"))
	if err := errors.Join(err, os.Chmod(k.File, 0o644)); err != nil { //nolint:gosec // it is for others to read and copy
		return fmt.Errorf("file of anchors: %w", err)
	}
	return nil
}

// maxAnchors bounds what is read of a file of anchors, in bytes: a century of days.
const maxAnchors = 32 << 20

// ReadAnchors reads the lines of a file; none when there is no such file.
func ReadAnchors(file string) ([]string, error) {
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("file of anchors: %w", err)
	case info.Size() > maxAnchors:
		return nil, fmt.Errorf("file of anchors %s: %d bytes are no list of anchors", file, info.Size())
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("file of anchors: %w", err)
	}
	return slices.DeleteFunc(strings.Split(string(text), "\n"), func(line string) bool { return strings.TrimSpace(line) == "" }), nil
}
