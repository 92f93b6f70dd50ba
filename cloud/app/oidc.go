package app

import (
	"context"
	"errors"
	"fmt"

	"eastgate/cloud/console"
	"eastgate/cloud/oidc"
)

// openHouse is the identity provider of the configuration; nil without one.
func (c *Cloud) openHouse() (console.House, error) {
	if !c.file.OIDC.Set() {
		return nil, nil //nolint:nilnil // none is fine
	}
	sealer, err := factorSealer(c.file)
	if err != nil {
		return nil, err
	}
	return oidc.New(c.file.OIDC, c.file.PublicURL, sealer)
}

// userBind binds an account to whom the identity provider calls by a subject, or without
// one to nobody.
func (c Console) userBind(ctx context.Context, args []string) error {
	flags, path := c.flags("user bind")
	if err := flags.Parse(args); err != nil || flags.NArg() < 1 || flags.NArg() > 2 {
		fmt.Fprint(c.Err, Usage)
		return ErrUsage
	}
	name, subject := flags.Arg(0), flags.Arg(1)
	return openNearby(ctx, *path, func(b nearby) error {
		if !b.file.OIDC.Set() {
			return errors.New("oidc.issuer: the configuration names no identity provider")
		}
		if err := b.people.Bind(ctx, typist(), name, b.file.OIDC.Issuer, subject); err != nil {
			return err
		}
		_, err := fmt.Fprintf(c.Out, "user %s is opened by subject %q of %s\n", name, subject, b.file.OIDC.Issuer)
		return err
	})
}
