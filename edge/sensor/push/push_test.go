package push

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"eastgate/edge/sensor"
	"eastgate/shared/event"
	"eastgate/shared/secret"
)

const (
	patience = 30 * time.Second
	imei     = "866156050012345"
	number   = "44d0b9e48d404094bbbcf889e4e64ece"
)

var (
	config = Config{Listen: "127.0.0.1:0", Senders: map[string]Sender{
		"telecom": {Speaks: "aep", Token: secret.Ref{Env: "X"}}, "mobile": {Speaks: "onenet", Token: secret.Ref{Env: "X"}}, "own": {Speaks: "eastgate", Token: secret.Ref{Env: "X"}},
	}}
	tokens  = map[string]secret.Value{"telecom": secret.New("telecom-word"), "mobile": secret.New("mobile-word"), "own": secret.New("own-word")}
	devices = map[string]sensor.Device{
		"by-imei": {Kind: "smoke", Source: Source, Address: "telecom/" + imei}, "by-number": {Kind: "smoke", Source: Source, Address: "mobile/2016617"},
		"mine": {Kind: "smoke", Source: Source, Address: "own/d1"},
	}
)

// A listener is the adapter at a free port, and the core's end of it.
type listener struct {
	t   *testing.T
	at  string
	out chan sensor.Reading
	m   *Metrics
}

func listen(t *testing.T) *listener {
	t.Helper()
	l, err := net.Listen("tcp", config.Listen)
	if err != nil {
		t.Fatal(err)
	}
	s := &listener{t: t, at: "http://" + l.Addr().String(), out: make(chan sensor.Reading), m: NewMetrics(prometheus.NewRegistry())}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- New(config, tokens, devices, s.m).serve(ctx, l, s.out) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	if r := <-s.out; r.What != sensor.Linked {
		t.Errorf("first is %v", r)
	}
	return s
}

// post posts and takes in, as the core would, whatever is told.
func (s *listener) post(path, body string, headers ...string) (code int, told []sensor.Reading) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.at+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	answered := make(chan int, 1)
	go func() {
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			answered <- 0
			return
		}
		defer resp.Body.Close()
		io.Copy(io.Discard, resp.Body)
		answered <- resp.StatusCode
	}()
	for {
		select {
		case code := <-answered:
			return code, told
		case r := <-s.out:
			told = append(told, r)
			r.Done()
		case <-time.After(patience):
			s.t.Fatal("no answer")
		}
	}
}

// words are readings in short, without what is always there.
func words(told []sensor.Reading) string {
	var out []string
	for _, r := range told {
		w := fmt.Sprintf("%s %v", r.Device, r.What)
		if r.Kind != "" {
			w += " " + string(r.Kind)
		}
		if r.What == sensor.Battery {
			w += fmt.Sprint(" ", r.Percent)
		}
		out = append(out, w)
	}
	return strings.Join(out, ", ")
}

// golden is a message of testdata with a time that is so long ago.
func golden(t *testing.T, name string, ago time.Duration) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	m["timestamp"] = time.Now().Add(-ago).UnixMilli()
	data, err = json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestAEP(t *testing.T) {
	devices["by-own-number"] = sensor.Device{Kind: "smoke", Source: Source, Address: "telecom/" + number}
	t.Cleanup(func() { delete(devices, "by-own-number") })
	s := listen(t)
	for i, c := range []struct{ file, want string }{
		{"aep-event", "by-imei heartbeat, by-imei alarm"},
		{"aep-data", "by-imei heartbeat, by-imei battery 87, by-imei restore"},
		{"aep-binary", "by-imei heartbeat"},
		{"aep-offline", "by-own-number offline"},
		{"aep-answer", ""},
	} {
		body := golden(t, c.file, time.Minute-time.Duration(i)*time.Second)
		code, told := s.post("/push/telecom/telecom-word", body)
		if code != http.StatusOK || words(told) != c.want {
			t.Errorf("%s: %d, %q, want %q", c.file, code, words(told), c.want)
		}
	}
	if n := testutil.ToFloat64(s.m.messages.WithLabelValues("telecom", "strange")); n != 1 {
		t.Errorf("%v strange messages, want the binary one", n)
	}
}

// TestWhatComesTwiceOrLateTellsNothing: clouds repeat what they think was lost.
func TestWhatComesTwiceOrLateTellsNothing(t *testing.T) {
	s := listen(t)
	alarm, later := golden(t, "aep-event", time.Minute), golden(t, "aep-data", time.Second)
	s.post("/push/telecom/telecom-word", alarm)
	for _, again := range []string{alarm, later, alarm, later} {
		code, told := s.post("/push/telecom/telecom-word", again)
		if code != http.StatusOK || again == alarm && len(told) > 0 {
			t.Errorf("%d, %q", code, words(told))
		}
	}
	code, told := s.post("/push/telecom/telecom-word", "["+golden(t, "aep-event", 0)+","+golden(t, "aep-data", -time.Second)+"]")
	if want := "by-imei heartbeat, by-imei alarm, by-imei heartbeat, by-imei battery 87, by-imei restore"; code != http.StatusOK || words(told) != want {
		t.Errorf("a list: %d, %q", code, words(told))
	}
	fresh := listen(t)
	if code, told := fresh.post("/push/telecom/telecom-word", golden(t, "aep-event", 3*24*time.Hour)); code != http.StatusOK || words(told) != "by-imei heartbeat" {
		t.Errorf("of three days ago: %d, %q", code, words(told))
	}
}

func TestOneNET(t *testing.T) {
	s := listen(t)
	body := func(msg, word string) string {
		b, err := json.Marshal(map[string]any{"msg": msg, "nonce": "abcd", "signature": oneNETSign(secret.New(word), "abcd", []byte(msg))})
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	at := time.Now().Add(-time.Minute).UnixMilli()
	msg := fmt.Sprintf(`{"type":1,"dev_id":2016617,"ds_id":"smoke_state","at":%d,"value":1}`, at)
	if code, told := s.post("/push/mobile", body(msg, "mobile-word")); code != http.StatusOK || words(told) != "by-number heartbeat, by-number alarm" {
		t.Errorf("%d, %q", code, words(told))
	}
	raw := fmt.Sprintf(`{"type":2,"dev_id":2016617,"status":0,"at":%d}`, at+1)
	old := fmt.Sprintf(`{"msg":%s,"msg_signature":%q,"nonce":"n"}`, raw, oneNETSign(secret.New("mobile-word"), "n", []byte(raw)))
	if code, told := s.post("/push/mobile", old); code != http.StatusOK || words(told) != "by-number offline" {
		t.Errorf("the older form: %d, %q", code, words(told))
	}
	if code, told := s.post("/push/mobile", body(msg, "wrong")); code != http.StatusUnauthorized || len(told) > 0 {
		t.Errorf("a wrong signature: %d", code)
	}
	// Its question whether the address is ours.
	q := url.Values{"msg": {"hello"}, "nonce": {"n"}, "signature": {oneNETSign(secret.New("mobile-word"), "n", []byte("hello"))}}
	resp, err := http.Get(s.at + "/push/mobile?" + q.Encode()) //nolint:noctx // short
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if b, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK || string(b) != "hello" {
		t.Errorf("greeted with %d %q", resp.StatusCode, b)
	}
	// printf 'abc123xyz' | openssl md5 -binary | base64
	if got := oneNETSign(secret.New("abc"), "123", []byte("xyz")); got != "ZYFsScTsrRvcuHDK+LIoUw==" {
		t.Error("signature", got)
	}
}

func plainBody(t *testing.T, ago time.Duration, fields string) string {
	t.Helper()
	return fmt.Sprintf(`{"device":"d1","time":%q,"fields":%s}`, time.Now().Add(-ago).Format(time.RFC3339Nano), fields)
}

func TestFields(t *testing.T) {
	for fields, want := range map[string]string{
		`{"smoke_sensor_status":"alarm","temper_alarm":true}`:     "mine heartbeat, mine alarm, mine alarm " + string(event.Tamper),
		`{"smoke_sensor_status":"normal","battery_percentage":7}`: "mine heartbeat, mine battery 7, mine restore",
		`{"checking_result":"checking","smoke_state":1}`:          "mine test, mine heartbeat, mine alarm",
		`{"checking_result":"check_success"}`:                     "mine heartbeat, mine test over",
		`{"checking_result":"check_failure"}`:                     "mine heartbeat, mine fault",
		`{"battery_state":"low","fault":0}`:                       "mine heartbeat, mine fault over, mine fault " + string(event.BatteryLow),
		`{"smoke":0,"alarm":"1"}`:                                 "mine heartbeat, mine alarm",
		`{"face":"x","smoke":{"deep":1},"battery":900}`:           "mine heartbeat",
	} {
		if code, told := listen(t).post("/push/own", plainBody(t, time.Second, fields), "Authorization", "Bearer own-word"); code != http.StatusOK || words(told) != want {
			t.Errorf("%s: %d, %q, want %q", fields, code, words(told), want)
		}
	}
}

func TestRefusals(t *testing.T) {
	s := listen(t)
	good := plainBody(t, time.Second, `{"smoke":1}`)
	bearer := []string{"Authorization", "Bearer own-word"}
	for name, c := range map[string]struct {
		path, body string
		headers    []string
		want       int
	}{
		"no token":         {"/push/own", good, nil, http.StatusUnauthorized},
		"another's token":  {"/push/own/telecom-word", good, nil, http.StatusUnauthorized},
		"no such sender":   {"/push/nobody/own-word", good, nil, http.StatusUnauthorized},
		"no such page":     {"/", good, bearer, http.StatusNotFound},
		"no JSON":          {"/push/own", "smoke!", bearer, http.StatusBadRequest},
		"no time":          {"/push/own", `{"device":"d1","fields":{"smoke":1}}`, bearer, http.StatusBadRequest},
		"a time to come":   {"/push/own", plainBody(t, -time.Hour, `{"smoke":1}`), bearer, http.StatusBadRequest},
		"too large":        {"/push/own", `{"device":"` + strings.Repeat("x", maxBody) + `"}`, bearer, http.StatusRequestEntityTooLarge},
		"too many at once": {"/push/own", "[" + strings.Repeat("{},", maxTogether) + "{}]", bearer, http.StatusBadRequest},
		"another's device": {"/push/own", strings.Replace(good, "d1", imei, 1), bearer, http.StatusOK},
	} {
		if code, told := s.post(c.path, c.body, c.headers...); code != c.want || len(told) > 0 {
			t.Errorf("%s: %d, %q, want %d", name, code, words(told), c.want)
		}
	}
	if n := testutil.ToFloat64(s.m.messages.WithLabelValues("own", "unknown")); n != 1 {
		t.Errorf("%v messages of devices that are not its own", n)
	}
}

func TestTooManyRequests(t *testing.T) {
	s := listen(t)
	for range 2 * strangers { // whoever guesses is slowed down,
		s.post("/push/own/guess", "")
	}
	if code, _ := s.post("/push/own/guess", ""); code != http.StatusTooManyRequests {
		t.Errorf("guessing: %d", code)
	}
	body := plainBody(t, time.Minute, `{"smoke":1}`)
	if code, told := s.post("/push/own/own-word", body); code != http.StatusOK || len(told) == 0 { // who has a token is not
		t.Errorf("%d, %q", code, words(told))
	}
	limited := false
	for range 3 * burst {
		code, _ := s.post("/push/own/own-word", body)
		limited = limited || code == http.StatusTooManyRequests
	}
	if !limited {
		t.Error("a sender may post without end")
	}
}

// TestWhatIsNotKeptIsAskedForAgain: the core hears the reading and never says done.
func TestWhatIsNotKeptIsAskedForAgain(t *testing.T) {
	s := listen(t)
	body := plainBody(t, time.Second, `{"smoke":1}`)
	answered := make(chan int, 1)
	go func() {
		resp, err := http.Post(s.at+"/push/own/own-word", "application/json", bytes.NewReader([]byte(body))) //nolint:noctx // short
		if err != nil {
			answered <- 0
			return
		}
		resp.Body.Close()
		answered <- resp.StatusCode
	}()
	for range 2 {
		<-s.out
	}
	if code := <-answered; code != http.StatusServiceUnavailable {
		t.Errorf("%d", code)
	}
	if code, told := s.post("/push/own/own-word", body); code != http.StatusOK || words(told) != "mine heartbeat, mine alarm" {
		t.Errorf("when it comes again: %d, %q", code, words(told))
	}
}

func TestFaultsOfAConfiguration(t *testing.T) {
	for want, c := range map[string]Config{
		"listen":          {Listen: "here"},
		"key_file both":   {Listen: "127.0.0.1:1", CertFile: "x"},
		"in clear":        {Listen: "0.0.0.0:1"},
		"no name":         {Listen: "[::1]:1", Senders: map[string]Sender{"A B": {Speaks: "aep", Token: secret.Ref{Env: "X"}}}},
		"speaks":          {Listen: "localhost:1", Senders: map[string]Sender{"a": {Speaks: "xml", Token: secret.Ref{Env: "X"}}}},
		"senders.a.token": {Listen: "localhost:1", Senders: map[string]Sender{"a": {Speaks: "aep"}}},
	} {
		if got := c.Validate(); len(got) != 1 || !strings.Contains(got[0].Error(), want) {
			t.Errorf("%s: %v", want, got)
		}
	}
	if got := config.Validate(); got != nil {
		t.Error(got)
	}
	for _, d := range []sensor.Device{{Address: "own"}, {Address: "nobody/1"}, {Address: "own/1", Input: "x"}} {
		if got := Check(d, config); len(got) != 1 {
			t.Errorf("%+v: %v", d, got)
		}
	}
}

func FuzzFormats(f *testing.F) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		f.Fatal("no messages", err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"msg":{"type":1},"nonce":"","signature":""}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		for name, read := range formats {
			messages, err := read(data, secret.New("word"))
			if err == nil && len(messages) > maxTogether {
				t.Errorf("%s: %d messages", name, len(messages))
			}
			for _, m := range messages {
				if told, _ := m.readings("x"); len(told) == 0 {
					t.Errorf("%s: a message tells not even that the device lives", name)
				}
				m.hash()
			}
		}
	})
}
