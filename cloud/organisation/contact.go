package organisation

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"eastgate/cloud/access"
	"eastgate/cloud/register"
	"eastgate/shared/event"
)

// number is a telephone number as people write it.
var number = regexp.MustCompile(`^\+?[0-9][0-9 -]{4,24}$`)

// AddContact notes whom to reach. The number may be empty.
func (b *Book) AddContact(ctx context.Context, who access.User, c Contact, phone string) (Contact, error) {
	c.ID, c.Name, c.Since, c.Gone = event.NewID(), strings.TrimSpace(c.Name), time.Now().UTC().Truncate(time.Millisecond), nil
	phone = strings.TrimSpace(phone)
	switch n := utf8.RuneCountInString(c.Name); {
	case n < 2 || n > 40 || utf8.RuneCountInString(c.Post) > 40:
		return c, fmt.Errorf("contact of %s: a name has 2 to 40 characters, a post at most 40", c.Organisation)
	case phone != "" && !number.MatchString(phone):
		return c, fmt.Errorf("contact of %s: that is no telephone number", c.Organisation)
	}
	if err := b.manages(ctx, who, "contact/"+c.ID, "add to "+c.Organisation); err != nil {
		return c, fmt.Errorf("contact of %s: %w", c.Organisation, err)
	}
	c.Phone = ""
	sealed := Sealed{Contact: c}
	if phone != "" {
		var err error
		if sealed.Number, err = b.keys.seal(phone, c.ID); err != nil {
			return c, fmt.Errorf("contact of %s: %w", c.Organisation, err)
		}
		c.Phone = masked(phone)
	}
	if err := b.store.AddContact(ctx, sealed); err != nil {
		return c, fmt.Errorf("contact of %s: %w", c.Organisation, err)
	}
	return c, nil
}

// Contacts returns an organisation's, or all, with masked numbers.
func (b *Book) Contacts(ctx context.Context, organisation string) ([]Contact, error) {
	list, err := b.store.Contacts(ctx, organisation)
	if err != nil {
		return nil, err
	}
	out := make([]Contact, len(list))
	for i, s := range list {
		out[i] = s.Contact
		if s.Number == "" {
			continue
		}
		out[i].Phone = "****"
		if phone, err := b.keys.open(s.Number, s.ID); err == nil {
			out[i].Phone = masked(phone)
		}
	}
	return out, nil
}

// Phone gives a number unmasked to who may see it and says what for; the register
// has a row before the number is given.
func (b *Book) Phone(ctx context.Context, who access.User, id, purpose, reason string) (string, error) {
	if err := b.reg.Use(ctx, who, register.Use{
		Right: access.SeeContacts, On: access.Anywhere, Act: register.View, Object: "contact/" + id, Purpose: purpose, Reason: reason, Fields: []string{"phone"},
	}); err != nil {
		return "", err
	}
	c, err := b.store.Contact(ctx, id)
	if err != nil {
		return "", err
	}
	if c.Number == "" {
		return "", nil
	}
	return b.keys.open(c.Number, c.ID)
}

// Dial gives a number to the machine, which writes to it about an incident; the
// register has a row before. It is empty when the contact has none, or has left.
func (b *Book) Dial(ctx context.Context, id, incident string) (string, error) {
	c, err := b.store.Contact(ctx, id)
	if err != nil || c.Number == "" || c.Gone != nil {
		return "", err
	}
	if err := b.reg.Write(ctx, register.Entry{
		Who: "notify", Act: register.Push, Object: "contact/" + id, Case: incident, Fields: []string{"phone"}, Basis: "message about the incident",
	}); err != nil {
		return "", err
	}
	return b.keys.open(c.Number, c.ID)
}

// Gone notes that a contact has left; it is forgotten some days later.
func (b *Book) Gone(ctx context.Context, who access.User, id string) error {
	if err := b.manages(ctx, who, "contact/"+id, "gone"); err != nil {
		return fmt.Errorf("contact %s: %w", id, err)
	}
	if err := b.store.ContactGone(ctx, id, time.Now().UTC()); err != nil {
		return fmt.Errorf("contact %s: %w", id, err)
	}
	return nil
}

// Sweep forgets contacts who left longer ago than keep, and returns how many.
func (b *Book) Sweep(ctx context.Context, keep time.Duration) (int64, error) {
	return b.store.DropContacts(ctx, time.Now().Add(-keep))
}

// masked shows enough of a number to know it again.
func masked(phone string) string {
	digits := strings.NewReplacer(" ", "", "-", "").Replace(phone)
	if len(digits) < 9 {
		return "****" + digits[len(digits)-2:]
	}
	return digits[:3] + "****" + digits[len(digits)-4:]
}
