package app

import (
	"context"
	"fmt"
	"os"

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

// registerVerify says whether the register of access is what was written, and its
// newest mark, to be kept elsewhere.
func (c Console) registerVerify(ctx context.Context, args []string) error {
	flags, path := c.flags("register verify")
	var kept anchors
	flags.Var(&kept, "anchor", "a `POSITION:HASH` that an earlier verify printed; may be given often")
	if err := flags.Parse(args); err != nil {
		return ErrUsage
	}
	return openNearby(ctx, *path, func(b nearby) error {
		p, err := b.prove(ctx, kept...)
		if err != nil {
			return err
		}
		if p.Ends.Head.Position == 0 {
			_, err = fmt.Fprintln(c.Out, "the register is empty")
			return err
		}
		_, err = fmt.Fprintf(c.Out, "%d rows, all as written; keep this mark elsewhere: %s\n", p.Rows, p.Ends.Head)
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
