package app

import (
	"context"
	"fmt"
	"path/filepath"

	"eastgate/cloud/access"
	"eastgate/cloud/config"
	"eastgate/shared/secret"
)

// factorKey is the file that holds the key of second factors where the configuration
// names none: beside the database, or where all replicas keep the evidence.
const factorKey = "second-factors.key"

// factorKeyPath is where that file stands.
func factorKeyPath(f config.File) string { return filepath.Join(f.KeptDir(), factorKey) }

// factorSealer seals second factors. Who has the database alone can make no code.
func factorSealer(f config.File) (*secret.Sealer, error) {
	var key secret.Value
	var err error
	if f.SecondFactors.Key.Set() {
		key, err = f.SecondFactors.Key.Load()
	} else {
		key, err = secret.KeyFile(factorKeyPath(f))
	}
	if err != nil {
		return nil, fmt.Errorf("second_factors.key: %w", err)
	}
	s, err := secret.NewSealer(key)
	if err != nil {
		return nil, fmt.Errorf("second_factors.key: %w", err)
	}
	return s, nil
}

// userTOTP gives somebody a second factor from the command line.
func (c Console) userTOTP(ctx context.Context, args []string) error {
	flags, path := c.flags("user totp")
	if err := flags.Parse(args); err != nil || flags.NArg() != 1 {
		fmt.Fprint(c.Err, Usage)
		return ErrUsage
	}
	return c.withCloud(ctx, *path, func(people *access.People, _ *access.Boxes) error {
		o, err := people.GiveTOTP(ctx, typist(), flags.Arg(0))
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(c.Out, "user %s has this second factor, and no other: %s\n", flags.Arg(0), o.URI)
		return err
	})
}
