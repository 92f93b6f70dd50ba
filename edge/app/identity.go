package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"eastgate/edge/config"
	"eastgate/edge/identity"
	"eastgate/shared/secret"
	"eastgate/shared/trust"
)

// openIdentity finds out how the box shows the cloud who it is: by its certificate, or by
// a secret where the configuration names one. A broker that is not the cloud's may want
// a secret beside the certificate.
func (b *Box) openIdentity() (word secret.Value, err error) {
	c := b.file.Cloud
	if c.Secret.Set() {
		if word, err = c.Secret.Load(); err != nil {
			return word, fmt.Errorf("cloud.secret: %w", err)
		}
	}
	own, err := identity.Open(identity.Folder(b.file.Data))
	switch {
	case errors.Is(err, identity.ErrNone) && c.Secret.Set():
		if b.trust, err = trust.Client(c.CAFile); err != nil {
			return word, fmt.Errorf("cloud.%w", err)
		}
		b.log.Warn("this box has no certificate and shows a secret: enrol it, unless the cloud is on this machine", "broker", c.Broker)
		return word, nil
	case err != nil:
		return word, err
	}
	site, box, err := own.Box()
	if err != nil {
		return word, fmt.Errorf("identity: %w", err)
	}
	if site != b.file.Site || box != b.file.Box {
		return word, fmt.Errorf("the configuration is for box %s/%s, and the certificate in %s for %s/%s: enrol this box as itself", b.file.Site, b.file.Box, identity.Folder(b.file.Data), site, box)
	}
	if !strings.HasPrefix(c.Evidence, "https:") || (!strings.HasPrefix(c.Broker, "mqtts:") && !c.Secret.Set()) {
		return word, errors.New("cloud: this box has a certificate, which is shown over TLS only: want broker: mqtts://… and evidence: https://…")
	}
	if b.trust, err = own.TLS(c.CAFile); err != nil {
		return word, fmt.Errorf("cloud.%w", err)
	}
	b.identity, err = identity.NewKeeper(own, c.Evidence, b.log, c.CAFile)
	return word, err
}

// enrol gets this box its certificate by a code.
func (c Console) enrol(ctx context.Context, args []string) error {
	flags := c.flags("enrol")
	cloud := flags.String("cloud", "", "`address` of the cloud for boxes, as https://host:8444")
	path := flags.String("config", "", "configuration `file`, which then says where the cloud and the data folder are")
	data := flags.String("data", "/var/lib/eastgate", "data `folder` of the box")
	if err := flags.Parse(args); err != nil || flags.NArg() != 1 {
		fmt.Fprintln(c.Err, "edge enrol -cloud https://host:8444 [-data DIR | -config edge.yml] CODE; a CODE of - is read from the standard input")
		return ErrUsage
	}
	code := flags.Arg(0)
	if code == "-" {
		if _, err := fmt.Fscanln(c.In, &code); err != nil {
			return fmt.Errorf("read the code: %w", err)
		}
	}
	var f config.File
	if *path != "" {
		var err error
		if f, err = config.Load(*path); err != nil {
			return err
		}
		*data = f.Data
		if *cloud == "" {
			*cloud = f.Cloud.Evidence
		}
	}
	dir := identity.Folder(*data)
	e, err := identity.Enrol(ctx, dir, *cloud, code)
	if err != nil {
		return err
	}
	if *path != "" && (f.Site != e.Site || f.Box != e.Box) {
		return fmt.Errorf("this box is enrolled as %s/%s, and %s says %s/%s: change the file, or enrol it anew", e.Site, e.Box, *path, f.Site, f.Box)
	}
	_, err = fmt.Fprintf(c.Out, "this box is %s/%s; key and certificate are in %s. Restart edge if it runs\n", e.Site, e.Box, dir)
	return err
}
