package channel_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"eastgate/cloud/notify/channel"
	"eastgate/shared/secret"
)

func FuzzCut(f *testing.F) {
	f.Add("火情", 4)
	f.Add("abc", 0)
	f.Fuzz(func(t *testing.T, s string, most int) {
		if !utf8.ValidString(s) || most < 0 {
			return
		}
		if got := channel.Cut(s, most); len(got) > most || !utf8.ValidString(got) {
			t.Errorf("%q cut to %d bytes: %q", s, most, got)
		}
	})
}

// TestFitEnds: whatever the bound, it comes to an end, and the link stays.
func TestFitEnds(t *testing.T) {
	for most := range 400 {
		m := channel.Message{Title: strings.Repeat("题", 20), Lines: []string{"", strings.Repeat("行", 40), "x"}, Link: "https://x/a/y"}
		size := func(m channel.Message) int { return len(m.Title) + len(strings.Join(m.Lines, "\n")) + len(m.Link) }
		got := channel.Fit(m, most, size)
		if got.Link != m.Link || size(got) > max(most, len(m.Link)) {
			t.Errorf("%d bytes: %d, %+v", most, size(got), got)
		}
	}
}

// TestAnAddressIsNotShown: what cannot be used is refused in words that do not hold it.
func TestAnAddressIsNotShown(t *testing.T) {
	for _, word := range []string{"", "key=hush", "http://qyapi.example/send?key=hush", "ftp://hush/", "https://hush\x7f/"} {
		if _, err := channel.Endpoint(secret.New(word)); err == nil || strings.Contains(err.Error(), "hush") {
			t.Errorf("%q: %v", word, err)
		}
	}
	for _, word := range []string{"https://qyapi.example/send?key=hush", "http://127.0.0.1:1/", "http://localhost/"} {
		if _, err := channel.Endpoint(secret.New(word)); err != nil {
			t.Error(err)
		}
	}
}
