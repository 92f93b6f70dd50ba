package app

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"eastgate/cloud/config"
	"eastgate/cloud/governance"
	"eastgate/cloud/register"
	"eastgate/cloud/store"
	"eastgate/shared/secret"
)

// The files of the register's anchors where the configuration names none.
const (
	anchorKey  = "register-anchors.key"
	anchorFile = "register-anchors.txt"
)

func anchorKeyPath(f config.File) string { return filepath.Join(f.KeptDir(), anchorKey) }

func anchorFilePath(f config.File) string {
	if f.Anchors.File != "" {
		return f.Anchors.File
	}
	return filepath.Join(f.KeptDir(), anchorFile)
}

// anchorSeal signs anchors. Its key is made at the first start.
func anchorSeal(f config.File) (func([]byte) register.Signature, error) {
	var key secret.Value
	var err error
	if f.Anchors.Key.Set() {
		key, err = f.Anchors.Key.Load()
	} else {
		key, err = secret.KeyFile(anchorKeyPath(f))
	}
	if err != nil {
		return nil, fmt.Errorf("anchors.key: %w", err)
	}
	seed, err := base64.StdEncoding.DecodeString(key.Reveal())
	if err != nil || len(seed) != 32 {
		return nil, errors.New("anchors.key: want 32 bytes in base64")
	}
	return register.Sealer(seed), nil
}

// anchorKeys are the keys that may have signed anchors. Where the cloud has not run
// there is none yet, and none is made.
func anchorKeys(f config.File) ([]string, error) {
	if !f.Anchors.Key.Set() {
		if _, err := os.Stat(anchorKeyPath(f)); errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
	}
	seal, err := anchorSeal(f)
	if err != nil {
		return nil, err
	}
	return []string{seal(nil).Key}, nil
}

func keeper(f config.File, s *store.Store, log *slog.Logger) (*register.Keeper, error) {
	seal, err := anchorSeal(f)
	return &register.Keeper{Store: s, Sign: seal, File: anchorFilePath(f), Zone: governance.Shanghai, Now: time.Now, Log: log}, err
}

// Anchor signs the register's newest row now, if the day has no anchor yet.
func (c *Cloud) Anchor(ctx context.Context) error {
	_, err := c.parts.keeper.Anchor(ctx)
	return err
}

// prove reads the register of access against its anchors, those in the database and
// those in the file.
func (c *Cloud) prove(ctx context.Context) (register.Proof, error) {
	return nearby{file: c.file, store: c.store, register: c.parts.register}.anchored(ctx, nil, nil, nil)
}

// anchored is prove with files and marks that were kept elsewhere, and other keys
// instead of the cloud's own.
func (b nearby) anchored(ctx context.Context, files, keys []string, marks []register.Mark) (register.Proof, error) {
	var elsewhere []string
	for _, file := range append([]string{anchorFilePath(b.file)}, files...) { // before the database: that only gets more
		lines, err := register.ReadAnchors(file)
		if err != nil {
			return register.Proof{}, err
		}
		elsewhere = append(elsewhere, lines...)
	}
	own, err := b.store.Anchors(ctx)
	if err != nil {
		return register.Proof{}, err
	}
	if len(keys) == 0 {
		if keys, err = anchorKeys(b.file); err != nil {
			return register.Proof{}, err
		}
	}
	return b.register.VerifyAnchored(ctx, own, elsewhere, keys, marks...)
}

// prove reads the register of access; a fault in it is an error here.
func (b nearby) prove(ctx context.Context, marks ...register.Mark) (register.Proof, error) {
	p, err := b.anchored(ctx, nil, nil, marks)
	return p, errors.Join(err, fault(p))
}

// fault is what was found, as an error.
func fault(p register.Proof) error {
	switch {
	case p.Fault == nil:
		return nil
	case p.Fault.Position == 0:
		return fmt.Errorf("the register is not what was written: %s", p.Fault.What)
	}
	return fmt.Errorf("the register is not what was written: at row %d, %s", p.Fault.Position, p.Fault.What)
}
