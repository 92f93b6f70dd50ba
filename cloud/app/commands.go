package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"eastgate/cloud/access"
	"eastgate/cloud/config"
	"eastgate/cloud/organisation"
)

// A Console is where a command speaks: answers on Out, words for people on Err.
type Console struct {
	Out, Err io.Writer
	Version  string
}

// Usage is what the program says when it is asked wrongly.
const Usage = `cloud: events into incidents, and incidents before people

  cloud run   -config cloud.yml                      work until told to stop
  cloud setup [-config F]                            the code by which an empty system gets its first accounts
  cloud check -config cloud.yml                      every fault of a configuration at once
  cloud user add    [-config F] [-role R] [-person P] [-unit U] [-scope S] [-password-file F] NAME
                                                     prints a password, unless one is given
  cloud user grant  [-config F] -role R [-scope PATH|unit:ID] [-classes fire.*,parking.motor] [-until DATE] NAME
  cloud user revoke [-config F] GRANT
  cloud user close  [-config F] NAME                 lets a person in no more
  cloud user totp   [-config F] NAME                 another second factor instead of all that the person has
  cloud user bind   [-config F] NAME [SUBJECT]       the account that the identity provider's SUBJECT opens; without one, nobody
  cloud user list   [-config F]
  cloud organisation add    [-config F] -party P [-en NAME] [-places PATH,PATH] ID NAME
  cloud organisation list   [-config F]              with their contacts, and what those lack
  cloud organisation review [-config F] ID           notes that somebody looked through the contacts
  cloud organisation end    [-config F] ID           its people come in no more
  cloud contact add  [-config F] [-deputy] [-post POST] [-phone-file F] ORGANISATION NAME
  cloud contact gone [-config F] CONTACT             forgotten some days later
  cloud places import [-config F] [-dry-run] FILE.csv
                                                     every fault at once, or all of it
  cloud places list   [-config F] [-csv] [PATH]
  cloud places demo   [-config F] [-csv]             a site with invented names, imported or printed
  cloud reports import [-config F] FILE.csv          a file of hotline 12345; line by line, the same again changes nothing
  cloud register verify [-config F] [-anchors FILE] [-key HEX] [-anchor POSITION:HASH]
                                                     whether the register of access is as it was written, and as its daily anchors say
  cloud register anchors [-config F]                 the daily anchors, to be kept elsewhere
  cloud register check FILE                          whether a signed export is what was signed
  cloud retention show   [-config F]                 for how long pictures are kept, and what is held for longer
  cloud retention verify [-config F]                 whether the proofs of what was deleted are as they were written
  cloud retention proofs [-config F] [-format csv|csv-excel|xlsx]
                                                     those: what, when, SHA-256, by which rule
  cloud filing export [-config F] [-format csv|csv-excel|xlsx]
                                                     what is told the police of each camera, and what lacks
  cloud filing import [-config F] FILE.csv           such a list that was filled in
  cloud police reconcile [-config F] [-month 2026-11]
                                                     what was sent to the police against what they say they had
  cloud notify test  [-config F] [-robot NAME] [-to NUMBER]
                                                     a test message by one robot or all, and what came of it
  cloud roster show  [-config F]                     who is on duty when, as JSON
  cloud roster put   [-config F] FILE.json           another roster, in force at once
  cloud seed    -store sqlite:PATH [-from DAY] [-to DAY] [-seed N]
                                                     plays a year of the demo site into an empty store
  cloud export incidents -store S [-format csv|csv-excel|xlsx] [-from DAY] [-to DAY]
  cloud figures -store S | -export FILE.csv -month 2025-06 [-json]
                                                     the figures of a month, also from an export alone
  cloud edge enrol  [-config F] [-out FILE] SITE/BOX a code for edge enrol at the box: once, within a day
                    -secret SITE/BOX                 a secret instead, where boxes.secrets allows it or a broker outside asks for one
  cloud edge list   [-config F]                      with the end of their certificates, and when they were last heard
  cloud edge revoke [-config F] -reason R SITE/BOX   cuts the box off, at once
  cloud bundle verify FILE.zip                       whether evidence that was taken out is what it was
  cloud backup  [-config F] -to DIR [-keep 14]       a copy of the living centre; pictures once for all copies
  cloud backup verify DIR                            reads the newest copy whole
  cloud restore [-config F] DIR                      makes the configured centre, which is empty, from the newest copy
  cloud doctor  [-config F] [-backups DIR] [-json]   what is wrong on this machine, and how to mend it
  cloud health  [-config F] [-wait 60s]              whether the running cloud does its work
  cloud version
`

// ErrUsage says that the command line was wrong and the reason has been told.
var ErrUsage = errors.New("wrong usage")

// Command runs one command line.
func (c Console) Command(ctx context.Context, args []string) error {
	commands := map[string]func(context.Context, []string) error{
		"run": c.run, "check": c.check, "setup": c.setup, "user add": c.userAdd,
		"user grant": c.userGrant, "user revoke": c.userRevoke, "user close": c.userClose, "user totp": c.userTOTP, "user bind": c.userBind, "user list": c.userList, "register verify": c.registerVerify, "register check": c.registerCheck, "register anchors": c.registerAnchors,
		"filing export": c.filingExport, "filing import": c.filingImport, "retention show": c.retentionShow, "retention verify": c.retentionVerify, "retention proofs": c.retentionProofs,
		"organisation add": c.organisationAdd, "organisation list": c.organisationList, "contact add": c.contactAdd,
		"organisation review": c.organisationDo("organisation review", "the contacts of %s are as they should be\n", (*organisation.Book).Review),
		"organisation end":    c.organisationDo("organisation end", "organisation %s takes part no more\n", (*organisation.Book).End),
		"contact gone":        c.organisationDo("contact gone", "contact %s has left\n", (*organisation.Book).Gone),
		"seed":                c.seedYear, "export incidents": c.exportIncidents, "figures": c.figures,
		"places import": c.placesImport, "places list": c.placesList, "places demo": c.placesDemo,
		"reports import": c.reportsImport, "police reconcile": c.policeReconcile,
		"notify test": c.notifyTest, "roster show": c.rosterShow, "roster put": c.rosterPut,
		"edge enrol": c.enrol, "edge list": c.list, "edge revoke": c.revoke, "version": c.version,
		"bundle verify": c.bundleVerify, "backup": c.backup, "backup verify": c.backupVerify, "restore": c.restore, "doctor": c.doctor, "health": c.health,
	}
	for n := 2; n >= 1; n-- {
		if len(args) >= n {
			if cmd, ok := commands[strings.Join(args[:n], " ")]; ok {
				return cmd(ctx, args[n:])
			}
		}
	}
	fmt.Fprint(c.Err, Usage)
	return ErrUsage
}

// flags returns a flag set with -config, which every command has.
func (c Console) flags(name string) (*flag.FlagSet, *string) {
	f := flag.NewFlagSet("cloud "+name, flag.ContinueOnError)
	f.SetOutput(c.Err)
	return f, f.String("config", "cloud.yml", "configuration `file`")
}

func (c Console) version(context.Context, []string) error {
	_, err := fmt.Fprintln(c.Out, "cloud", c.Version)
	return err
}

func (c Console) run(ctx context.Context, args []string) error {
	flags, path := c.flags("run")
	if err := flags.Parse(args); err != nil {
		return ErrUsage
	}
	f, err := config.Load(*path)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(c.Err, nil))
	cloud, err := New(ctx, f, log)
	if err != nil {
		return err
	}
	cloud.version = c.Version
	if err := c.invite(ctx, cloud, f.PublicURL); err != nil {
		return errors.Join(err, cloud.Close())
	}
	log.Info("running", "pages", cloud.Addr(), "broker", cloud.Broker(), "version", c.Version)
	return errors.Join(cloud.Run(ctx), cloud.Close())
}

// invite tells whoever runs an empty system how the first accounts are made. The code
// goes to the terminal alone, and is worth nothing afterwards.
func (c Console) invite(ctx context.Context, cloud *Cloud, address string) error {
	first, err := cloud.founding(ctx)
	if err != nil {
		return err
	}
	open, err := first.Open(ctx)
	if err == nil && open {
		_, err = fmt.Fprintf(c.Out, "nobody can log in yet: open %s/setup and enter the code %s\n", strings.TrimSuffix(address, "/"), first.Code())
	}
	return err
}

// setup prints the code of an empty system again.
func (c Console) setup(ctx context.Context, args []string) error {
	flags, path := c.flags("setup")
	if err := flags.Parse(args); err != nil {
		return ErrUsage
	}
	return openNearby(ctx, *path, func(b nearby) error {
		few := &Cloud{store: b.store, people: access.NewPeople(b.store)}
		first, err := few.founding(ctx)
		if err != nil {
			return err
		}
		open, err := first.Open(ctx)
		switch {
		case err != nil:
			return err
		case !open:
			return errors.New("there are accounts already: the code is void; cloud user list shows them")
		}
		return c.invite(ctx, few, b.file.PublicURL)
	})
}

func (c Console) check(_ context.Context, args []string) error {
	flags, path := c.flags("check")
	if err := flags.Parse(args); err != nil {
		return ErrUsage
	}
	f, err := config.Load(*path)
	if err != nil {
		return err
	}
	if _, _, err := loadGovernance(f); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.Out, "%s: good\n", *path)
	return err
}
