package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/config"
	"eastgate/cloud/organisation"
	"eastgate/shared/secret"
)

// contactKeys loads what seals telephone numbers; none when none is configured.
func contactKeys(f config.File) (organisation.Keys, error) {
	var words []string
	for name, ref := range map[string]secret.Ref{"key": f.Contacts.Key, "old_key": f.Contacts.OldKey} {
		if !ref.Set() {
			continue
		}
		w, err := ref.Load()
		if err != nil {
			return nil, fmt.Errorf("contacts.%s: %w", name, err)
		}
		if name == "key" {
			words = append([]string{w.Reveal()}, words...)
		} else {
			words = append(words, w.Reveal())
		}
	}
	return organisation.ParseKeys(words...)
}

// withBook opens the list of organisations beside a cloud that may be running.
func (c Console) withBook(ctx context.Context, path string, do func(*organisation.Book) error) error {
	return openNearby(ctx, path, func(b nearby) error {
		keys, err := contactKeys(b.file)
		if err != nil {
			return err
		}
		return do(organisation.New(b.store, keys, b.register))
	})
}

func (c Console) organisationAdd(ctx context.Context, args []string) error {
	flags, path := c.flags("organisation add")
	party := flags.String("party", "", fmt.Sprintf("what it is to the community: one of %v", access.Parties))
	en := flags.String("en", "", "its English name")
	places := flags.String("places", "", "the paths that are its own, as dongguan/c3,dongguan/c4")
	if err := flags.Parse(args); err != nil || flags.NArg() != 2 {
		fmt.Fprint(c.Err, Usage)
		return ErrUsage
	}
	o := organisation.Organisation{ID: flags.Arg(0), ZH: flags.Arg(1), EN: *en, Party: access.Party(*party)}
	if *places != "" {
		o.Places = strings.Split(*places, ",")
	}
	return c.withBook(ctx, *path, func(b *organisation.Book) error {
		if err := b.Put(ctx, typist(), o); err != nil {
			return err
		}
		_, err := fmt.Fprintf(c.Out, "organisation %s is known\n", o.ID)
		return err
	})
}

func (c Console) organisationList(ctx context.Context, args []string) error {
	flags, path := c.flags("organisation list")
	if err := flags.Parse(args); err != nil {
		return ErrUsage
	}
	return c.withBook(ctx, *path, func(b *organisation.Book) error {
		all, err := b.List(ctx)
		if err != nil {
			return err
		}
		contacts, err := b.Contacts(ctx, "")
		if err != nil {
			return err
		}
		for _, o := range all {
			state := strings.Join(organisation.Lacks(o, contacts, time.Now()), ", ")
			if o.Ended != nil {
				state = "ended " + o.Ended.Local().Format(time.DateOnly)
			}
			fmt.Fprintf(c.Out, "%s\t%s\t%s\t%s\t%s\n", o.ID, o.Party, o.ZH, strings.Join(o.Places, ","), state)
			for _, p := range contacts {
				if p.Organisation != o.ID || p.Gone != nil {
					continue
				}
				part := "contact"
				if p.Deputy {
					part = "deputy"
				}
				fmt.Fprintf(c.Out, "  %s\t%s\t%s\t%s\t%s\n", p.ID, part, p.Name, p.Post, p.Phone)
			}
		}
		return nil
	})
}

// organisationDo does one of end and review to the organisation that is named.
func (c Console) organisationDo(name, done string, do func(*organisation.Book, context.Context, access.User, string) error) func(context.Context, []string) error {
	return func(ctx context.Context, args []string) error {
		flags, path := c.flags(name)
		if err := flags.Parse(args); err != nil || flags.NArg() != 1 {
			fmt.Fprint(c.Err, Usage)
			return ErrUsage
		}
		return c.withBook(ctx, *path, func(b *organisation.Book) error {
			if err := do(b, ctx, typist(), flags.Arg(0)); err != nil {
				return err
			}
			_, err := fmt.Fprintf(c.Out, done, flags.Arg(0))
			return err
		})
	}
}

func (c Console) contactAdd(ctx context.Context, args []string) error {
	flags, path := c.flags("contact add")
	deputy := flags.Bool("deputy", false, "the deputy, not the named contact")
	post := flags.String("post", "", "what the person is there")
	from := flags.String("phone-file", "", "read the telephone number from the first line of this `file`")
	if err := flags.Parse(args); err != nil || flags.NArg() != 2 {
		fmt.Fprint(c.Err, Usage)
		return ErrUsage
	}
	phone := ""
	if *from != "" {
		var err error
		if phone, err = firstLine(*from); err != nil {
			return err
		}
	}
	return c.withBook(ctx, *path, func(b *organisation.Book) error {
		p, err := b.AddContact(ctx, typist(), organisation.Contact{Organisation: flags.Arg(0), Name: flags.Arg(1), Post: *post, Deputy: *deputy}, phone)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(c.Out, "contact %s of %s: %s %s\n", p.ID, p.Organisation, p.Name, p.Phone)
		return err
	})
}
