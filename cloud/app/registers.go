package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"eastgate/cloud/register"
)

// anchors are the marks given with -anchor, which may be given often.
type anchors []register.Mark

func (a *anchors) String() string { return fmt.Sprint([]register.Mark(*a)) }

func (a *anchors) Set(s string) error {
	m, err := register.ParseMark(s)
	*a = append(*a, m)
	return err
}

// texts are words given with one flag, which may be given often.
type texts []string

func (t *texts) String() string { return fmt.Sprint([]string(*t)) }

func (t *texts) Set(s string) error {
	*t = append(*t, s)
	return nil
}

// registerVerify says whether the register of access is what was written and what its
// anchors say, and its newest mark, to be kept elsewhere.
func (c Console) registerVerify(ctx context.Context, args []string) error {
	flags, path := c.flags("register verify")
	var kept anchors
	var files, keys texts
	flags.Var(&kept, "anchor", "a `POSITION:HASH` that an earlier verify printed; may be given often")
	flags.Var(&files, "anchors", "a `file` of anchors that was kept elsewhere; may be given often")
	flags.Var(&keys, "key", "the `key`, in hex, that signs anchors, instead of the one on this machine")
	if err := flags.Parse(args); err != nil {
		return ErrUsage
	}
	for _, file := range files {
		if _, err := os.Stat(file); err != nil {
			return err
		}
	}
	return openNearby(ctx, *path, func(b nearby) error {
		p, err := b.anchored(ctx, files, keys, kept)
		if err := errors.Join(err, fault(p)); err != nil {
			return err
		}
		if p.Ends.Head.Position == 0 {
			_, err = fmt.Fprintln(c.Out, "the register is empty")
			return err
		}
		c.sayAnchors(p.Anchors)
		_, err = fmt.Fprintf(c.Out, "%d rows, all as written; keep this mark elsewhere: %s\n", p.Rows, p.Ends.Head)
		return err
	})
}

func (c Console) sayAnchors(a register.Anchors) {
	if len(a.Signed) == 0 {
		fmt.Fprintln(c.Out, "no anchors yet: the running cloud signs one each day")
		return
	}
	first, last := a.Signed[0], a.Signed[len(a.Signed)-1]
	fmt.Fprintf(c.Out, "%d anchors from %s to %s, signed by %s\n", len(a.Signed), first.Day, last.Day, last.Key)
	if n := len(a.Missing); n > 0 {
		fmt.Fprintf(c.Out, "%d days between have none, for the cloud did not run: %s\n", n, strings.Join(a.Missing[:min(n, 10)], " "))
	}
}

// registerAnchors prints the anchors, to be kept elsewhere.
func (c Console) registerAnchors(ctx context.Context, args []string) error {
	flags, path := c.flags("register anchors")
	if err := flags.Parse(args); err != nil {
		return ErrUsage
	}
	return openNearby(ctx, *path, func(b nearby) error {
		lines, err := b.store.Anchors(ctx)
		for _, line := range lines {
			fmt.Fprintln(c.Out, line)
		}
		return err
	})
}

// registerCheck says whether a signed export is what was signed.
func (c Console) registerCheck(_ context.Context, args []string) error {
	flags, _ := c.flags("register check")
	if err := flags.Parse(args); err != nil || flags.NArg() != 1 {
		fmt.Fprint(c.Err, Usage)
		return ErrUsage
	}
	text, err := os.ReadFile(flags.Arg(0))
	if err != nil {
		return err
	}
	rows, key, err := register.ReadSigned(text)
	if err != nil {
		return fmt.Errorf("%s: %w", flags.Arg(0), err)
	}
	_, err = fmt.Fprintf(c.Out, "%d rows, all as written and signed by the key %s\n", rows, key)
	return err
}
