package store_test

import (
	"errors"
	"testing"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/handover"
	"eastgate/cloud/store"
	"eastgate/cloud/store/storetest"
)

func TestAShiftHandsOver(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		b := handover.New(s, time.Now)
		li, wang := access.User{Name: "li", Person: "Li"}, access.User{Name: "wang", Person: "Wang"}
		armed := 1
		facts := handover.Facts{
			At: time.Now().UTC().Truncate(time.Millisecond), Open: map[string]int{"1": 1, "3": 4}, Armed: &armed, Police: "off", Messages: "off",
			Urgent: []handover.Matter{{ID: "A", Number: "20261125-0001", Level: 1}, {ID: "B", Number: "20261125-0002", Level: 2}},
		}
		sheet, err := b.Sign(ctx, li, facts, " keys are in the drawer ")
		if err != nil || sheet.Text != "keys are in the drawer" || sheet.In != nil || !sheet.Whole {
			t.Fatalf("%+v %v", sheet, err)
		}
		if _, err := b.Take(ctx, li, sheet.ID, ""); !errors.Is(err, access.ErrSelf) {
			t.Errorf("who goes takes over himself: %v", err)
		}
		if _, err := b.Take(ctx, wang, sheet.ID, ""); !errors.Is(err, handover.ErrUnread) {
			t.Errorf("unread: %v", err)
		}
		for _, id := range []string{"A", "A", "B", "elsewhere"} {
			if err := b.Opened(ctx, wang, sheet.ID, id); err != nil {
				t.Fatal(err)
			}
		}
		taken, err := b.Take(ctx, wang, sheet.ID, "seen")
		if err != nil || taken.In == nil || taken.In.Who != "wang" || len(taken.Read) != 2 || !taken.Whole {
			t.Fatalf("%+v %v", taken, err)
		}
		if _, err := b.Take(ctx, access.User{Name: "zhao", Person: "Zhao"}, sheet.ID, ""); !errors.Is(err, handover.ErrTaken) {
			t.Errorf("twice: %v", err)
		}
		if _, err := b.Sheet(ctx, li, "none"); !errors.Is(err, handover.ErrNotFound) {
			t.Errorf("none: %v", err)
		}
		second, err := b.Sign(ctx, wang, facts, "")
		if err != nil {
			t.Fatal(err)
		}
		list, err := b.Sheets(ctx, li, "", 10)
		if err != nil || len(list) != 2 || list[0].ID != second.ID || list[1].In == nil {
			t.Errorf("%+v %v", list, err)
		}
		if list, err = b.Sheets(ctx, li, second.ID, 10); err != nil || len(list) != 1 || list[0].ID != sheet.ID {
			t.Errorf("the page after: %+v %v", list, err)
		}
		rows, err := s.Handover(ctx, sheet.ID)
		if err != nil || len(rows) != 4 || rows[3].Prev != rows[2].Hash {
			t.Errorf("%+v %v", rows, err)
		}
	})
}
