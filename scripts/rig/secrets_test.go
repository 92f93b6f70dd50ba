package main

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"testing"
)

// TestTheHuntFinds puts a secret where none should be, in each way of writing it.
func TestTheHuntFinds(t *testing.T) {
	const word = "pa/ss+wörd"
	for how, text := range map[string]string{
		"as it is": word, "escaped": url.QueryEscape(word), "in base64": base64.StdEncoding.EncodeToString([]byte(word)), "in hex": hex.EncodeToString([]byte(word)),
	} {
		h := look(map[string]string{"a password": word}, map[string]string{"a log": "said: " + text + ".", "a page": "nothing"})
		if len(h.Found) != 1 || h.Found[0] != "a password ("+how+") stands in a log" {
			t.Errorf("%s: %q", how, h.Found)
		}
	}
	if h := look(map[string]string{"a password": word}, map[string]string{"a log": "***"}); len(h.Found) != 0 || h.Bytes != 3 || h.Secrets != 1 {
		t.Errorf("%+v", h)
	}
}

func TestWhatIsSecretInAnAddress(t *testing.T) {
	for text, want := range map[string]string{
		"just-a-word":                                    "just-a-word",
		"http://h/cgi-bin/send?key=K1234":                "K1234",
		"http://h/robot/send?access_token=T1234":         "T1234",
		"http://h/hook/0123456789abcdef0123456789abcdef": "0123456789abcdef0123456789abcdef",
		"http://h/sms/send":                              "",
	} {
		if got := secretOf(text); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
