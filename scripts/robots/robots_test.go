package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"eastgate/cloud/notify/channel"
	"eastgate/cloud/notify/robottest"
	"eastgate/cloud/notify/wecom"
	"eastgate/shared/secret"
)

func get(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp.Status, err)
	}
	return string(data)
}

func TestThePhoneShowsWhatWasSent(t *testing.T) {
	r, err := parse("wecom:duty:KEY")
	if err != nil {
		t.Fatal(err)
	}
	s := robottest.New(nil)
	s.Add(r)
	web := httptest.NewServer(handler(s))
	defer web.Close()
	bot, err := wecom.New(secret.New(r.URL(web.URL)), channel.NewClient())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(get(t, web.URL+"/"), "还没有消息") {
		t.Error("an empty phone says nothing")
	}
	m := channel.Message{Title: "火情 <b>", Lines: []string{"3号院"}, Link: "http://127.0.0.1:1/a/xyz", Tap: "我来处理", Mention: []string{"duty"}}
	if _, err := bot.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	shown := get(t, web.URL+"/?robot=duty")
	for _, want := range []string{`<a href="http://127.0.0.1:1/a/xyz"`, "火情 &lt;b&gt;", "@duty", "企业微信"} {
		if !strings.Contains(shown, want) {
			t.Errorf("%s is not shown", want)
		}
	}
	var got struct{ Messages []robottest.Message }
	if err := json.Unmarshal([]byte(get(t, web.URL+"/messages?after=0&wait=10s")), &got); err != nil || len(got.Messages) != 1 || got.Messages[0].Mention[0] != "duty" {
		t.Errorf("%+v %v", got, err)
	}
	resp, err := http.Post(web.URL+"/robots/duty/fail?how=stopped&for=1h", "", nil)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp, err)
	}
	resp.Body.Close()
	if _, err := bot.Send(t.Context(), m); err == nil {
		t.Error("it was told to fail and does not")
	}
}

func TestARobotThatCannotBeRead(t *testing.T) {
	for _, arg := range []string{"duty", "wecom:duty", "pager:duty:KEY"} {
		if _, err := parse(arg); err == nil || strings.Contains(err.Error(), "KEY\"") {
			t.Errorf("%s: %v", arg, err)
		}
	}
}
