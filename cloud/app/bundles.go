package app

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"eastgate/cloud/camera"
	"eastgate/cloud/deliver"
	"eastgate/cloud/evidence"
	"eastgate/shared/event"
)

// originals are the evidence folder as bundles read it.
type originals struct{ *evidence.Folder }

func (o originals) Open(sum string) (io.ReadSeekCloser, error) { return o.Get(sum) }

// bundles opens the desk at which evidence is taken out. Its key is made of a secret
// that the store keeps.
func (c *Cloud) bundles(ctx context.Context, folder *evidence.Folder) (*deliver.Desk, error) {
	seed, err := c.store.Secret(ctx, "deliver.sign")
	if err != nil {
		return nil, err
	}
	signer, err := deliver.NewSigner(seed)
	if err != nil {
		return nil, err
	}
	return &deliver.Desk{
		Store: c.store, Incidents: c.store, Evidence: originals{folder}, Register: c.parts.register, Signer: signer, Now: time.Now,
		Clock: func(ctx context.Context, s event.Source) *int64 { return c.clockOf(ctx, s) },
	}, nil
}

// clockOf is how far a camera's clock was ahead of its box's when the box told last.
func (c *Cloud) clockOf(ctx context.Context, s event.Source) *int64 {
	cameras, err := camera.New(c.store, line{c.commands}, time.Now).States(ctx, nil)
	if err != nil {
		return nil
	}
	for _, one := range cameras {
		if event.NewSource(one.Site, one.Box, one.Camera) == s {
			return one.ClockAheadMS
		}
	}
	return nil
}

// bundleVerify reads a bundle whole and says whether it is what was taken out.
func (c Console) bundleVerify(_ context.Context, args []string) error {
	flags, _ := c.flags("bundle verify")
	if err := flags.Parse(args); err != nil || flags.NArg() != 1 {
		fmt.Fprint(c.Err, Usage)
		return ErrUsage
	}
	f, err := os.Open(flags.Arg(0))
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	m, err := deliver.Verify(f, info.Size())
	if err != nil {
		return fmt.Errorf("%s: %w", flags.Arg(0), err)
	}
	_, err = fmt.Fprintf(c.Out, "%s: whole; incident %s, for %s, taken out by %s (%s); key %s, to be compared with who sent it\n",
		flags.Arg(0), m.Number, m.Bundle.For, m.Taken.By, m.Taken.Unit, deliver.Fingerprint(m.PublicKey))
	return err
}
