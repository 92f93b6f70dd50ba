package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

	"eastgate/cloud/identity"
)

func (c Console) enrol(ctx context.Context, args []string) error {
	flags, path := c.flags("edge enrol")
	out := flags.String("out", "", "write the code to this new `file` instead of printing it")
	bySecret := flags.Bool("secret", false, "make a secret instead of a code")
	site, box, err := c.boxArg(flags, args)
	if err != nil {
		return err
	}
	return openNearby(ctx, *path, func(b nearby) error {
		if err := b.record(ctx, site, box, "enrol"); err != nil {
			return err
		}
		if *bySecret {
			return c.enrolBySecret(ctx, b, site, box, *out)
		}
		return c.enrolByCode(ctx, b, site, box, *out)
	})
}

func (c Console) enrolByCode(ctx context.Context, b nearby, site, box, out string) error {
	if b.file.BySecret() {
		return errBySecret
	}
	a, err := openAuthority(b.file)
	if err != nil {
		return err
	}
	code, until, err := identity.New(b.store, a, b.register, slog.New(slog.DiscardHandler)).Code(ctx, "command", site, box)
	if err != nil {
		return err
	}
	if out != "" {
		return c.keepWord(out, code.Reveal(), fmt.Sprintf("the code of box %s/%s", site, box))
	}
	_, port, err := net.SplitHostPort(b.file.Boxes.Listen)
	if err != nil {
		return fmt.Errorf("boxes.listen: %w", err)
	}
	_, err = fmt.Fprintf(c.Out, "box %s/%s enrols once, until %s, with this command at the box:\neastgate-edge enrol -cloud %s %s\n",
		site, box, until.Local().Format("2006-01-02 15:04"), b.file.BoxesURL(port), code.Reveal())
	return err
}

func (c Console) enrolBySecret(ctx context.Context, b nearby, site, box, out string) error {
	if !b.file.BySecret() && !b.file.Broker.Outside() {
		return errors.New("boxes come in with certificates: leave -secret out, or see boxes.secrets")
	}
	word, err := b.boxes.Enrol(ctx, site, box)
	if err != nil {
		return err
	}
	if out != "" {
		return c.keepWord(out, word, fmt.Sprintf("the secret of box %s/%s", site, box))
	}
	_, err = fmt.Fprintf(c.Out, "box %s/%s is enrolled, secret: %s\n", site, box, word)
	return err
}

func (c Console) keepWord(file, word, what string) error {
	if err := os.WriteFile(file, []byte(word+"\n"), 0o600); err != nil {
		return fmt.Errorf("write %s: %w", what, err)
	}
	_, err := fmt.Fprintf(c.Out, "%s is in %s\n", what, file)
	return err
}

func (c Console) boxArg(flags *flag.FlagSet, args []string) (site, box string, err error) {
	if err := flags.Parse(args); err != nil || flags.NArg() != 1 {
		io.WriteString(c.Err, Usage) //nolint:errcheck // there is nobody else to tell
		return "", "", ErrUsage
	}
	site, box, ok := strings.Cut(flags.Arg(0), "/")
	if !ok {
		return "", "", fmt.Errorf("%q is not SITE/BOX", flags.Arg(0))
	}
	return site, box, nil
}

func (c Console) list(ctx context.Context, args []string) error {
	flags, path := c.flags("edge list")
	if err := flags.Parse(args); err != nil {
		return ErrUsage
	}
	return openNearby(ctx, *path, func(b nearby) error {
		all, err := b.store.Fleet(ctx)
		if err != nil {
			return err
		}
		for _, x := range all {
			state := "has not enrolled"
			switch {
			case x.Revoked != nil:
				state = "revoked " + minute(x.Revoked)
			case x.Certificate != nil && x.Certificate.Before(time.Now()):
				state = "certificate ended " + minute(x.Certificate) + ": enrol it again"
			case x.Certificate != nil:
				state = "certificate until " + minute(x.Certificate)
			case b.file.BySecret():
				state = "may speak by its secret"
			}
			if x.Code != nil {
				state += ", code open until " + minute(x.Code)
			}
			fmt.Fprintf(c.Out, "%s/%s\tenrolled %s\theard %s\t%s\n", x.Site, x.Box, minute(&x.Enrolled), minute(x.Heard), state)
		}
		return nil
	})
}

func minute(t *time.Time) string {
	if t == nil {
		return "never"
	}
	return t.Local().Format("2006-01-02 15:04")
}

func (c Console) revoke(ctx context.Context, args []string) error {
	flags, path := c.flags("edge revoke")
	reason := flags.String("reason", "", "why, for the register")
	site, box, err := c.boxArg(flags, args)
	if err != nil {
		return err
	}
	if strings.TrimSpace(*reason) == "" {
		return errors.New("say why with -reason: it stands in the register")
	}
	return openNearby(ctx, *path, func(b nearby) error {
		if err := b.record(ctx, site, box, "revoke: "+*reason); err != nil {
			return err
		}
		if err := b.store.RevokeBox(ctx, site, box); err != nil {
			return fmt.Errorf("box %s/%s: %w", site, box, err)
		}
		_, err := fmt.Fprintf(c.Out, "box %s/%s may speak no more; a cloud that runs cuts it off within a second\n", site, box)
		return err
	})
}
