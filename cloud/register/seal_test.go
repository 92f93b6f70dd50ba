package register_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"eastgate/cloud/register"
)

func TestAnExportShowsWhatWasChanged(t *testing.T) {
	var rows []register.Entry
	prev := ""
	for n := range int64(3) {
		e := register.Entry{At: time.Date(2026, 11, 25, 3, 4, 5, 6e6, time.UTC), Who: "li", Act: register.View, Object: "incident/1", Reason: "says \"so\", twice\nand again", Fields: []string{"text", "note"}, Result: register.Done}
		e = e.Sealed(n+1, prev)
		rows, prev = append(rows, e), e.Hash
	}
	seal := register.Sealer(bytes.Repeat([]byte{7}, 32))
	var out bytes.Buffer
	if err := register.WriteSigned(&out, rows, seal); err != nil {
		t.Fatal(err)
	}
	n, key, err := register.ReadSigned(out.Bytes())
	if err != nil || n != 3 || key != seal(nil).Key {
		t.Fatalf("%d %s %v", n, key, err)
	}
	other := register.Sealer(bytes.Repeat([]byte{8}, 32))
	for what, text := range map[string]string{
		"a word":      strings.Replace(out.String(), "incident/1", "incident/2", 1),
		"a row":       strings.Join(append(strings.SplitAfter(out.String(), "\n")[:1], strings.SplitAfter(out.String(), "\n")[3:]...), ""),
		"no end":      strings.Join(strings.SplitAfter(out.String(), "\n")[:2], ""),
		"nothing":     "",
		"another key": strings.Replace(out.String(), seal(nil).Key, other(nil).Key, 1),
	} {
		if _, _, err := register.ReadSigned([]byte(text)); !errors.Is(err, register.ErrSeal) {
			t.Errorf("%s was changed: %v", what, err)
		}
	}
	rows[1].Who = "wang" // signed anew by who changed it: the hash still tells
	out.Reset()
	if err := register.WriteSigned(&out, rows, seal); err != nil {
		t.Fatal(err)
	}
	if _, _, err := register.ReadSigned(out.Bytes()); !errors.Is(err, register.ErrSeal) {
		t.Errorf("a row that was changed before the signing: %v", err)
	}
}
