package robottest

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

var (
	mobile   = regexp.MustCompile(`^\+?[0-9][0-9 -]{4,24}$`)
	template = regexp.MustCompile(`^SMS_[0-9A-Za-z_]+$`)
)

// sms is a provider that takes JSON and answers in the words of Aliyun's SendSms: to
// one number 1 a minute, 5 an hour, 10 a day is its default; here 4 a minute, so that
// a level-1 alarm and its reminders get through as with a provider that was asked.
func (s *Server) sms(w http.ResponseWriter, r *http.Request) {
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	bot, fault := s.find(SMS, token)
	say := func(code, text string) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]string{"Code": code, "Message": text, "RequestId": "F655A8D5"})
	}
	switch {
	case bot == nil:
		say("InvalidAccessKeyId.NotFound", "Specified access key is not found.")
		return
	case before(w, fault):
		return
	case fault == Busy:
		say("isp.SYSTEM_ERROR", "系统出现错误，请重新调用")
		return
	case fault == Stopped:
		say("isv.OUT_OF_SERVICE", "业务停机")
		return
	case fault == Echo:
		say("InvalidAccessKeyId.NotFound", "key "+bot.Key+" is not found")
		return
	}
	var b struct {
		Phone, Sign, Template string
		Params                map[string]string
		Out                   string `json:"out_id"`
	}
	if json.NewDecoder(io.LimitReader(r.Body, most)).Decode(&b) != nil {
		say("isv.INVALID_JSON_PARAM", "JSON参数不合法")
		return
	}
	switch {
	case !mobile.MatchString(b.Phone):
		say("isv.MOBILE_NUMBER_ILLEGAL", "手机号码格式错误")
	case b.Sign == "":
		say("isv.SMS_SIGNATURE_ILLEGAL", "短信签名不合法")
	case !template.MatchString(b.Template):
		say("isv.SMS_TEMPLATE_ILLEGAL", "短信模版不合法")
	case s.tooOften(bot, b.Phone):
		say("isv.BUSINESS_LIMIT_CONTROL", "触发分钟级流控Permits:4")
	default:
		m := Message{To: b.Phone, Key: b.Out, Title: "【" + b.Sign + "】"}
		var said []string
		for _, k := range slices.Sorted(maps.Keys(b.Params)) {
			said = append(said, b.Params[k])
		}
		m.Text, m.Links = linked(strings.Join(said, " "))
		m.Bytes = len(m.Text)
		s.keep(bot, m)
		if !after(w, r, fault) {
			w.Header().Set("Content-Type", "application/json")
			json.NewEncoder(w).Encode(map[string]string{"Code": "OK", "Message": "OK", "BizId": fmt.Sprintf("9006%d^0", s.now().UnixNano())})
		}
	}
}

func (s *Server) tooOften(bot *state, phone string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, m := range s.kept {
		if m.Robot == bot.Name && m.To == phone && s.now().Sub(m.At) < time.Minute {
			n++
		}
	}
	return n >= 4
}

// webhook is a receiver that checks signatures (Standard Webhooks 1.0) and takes an
// id once.
func (s *Server) webhook(w http.ResponseWriter, r *http.Request) {
	bot, fault := s.find(Webhook, r.PathValue("token"))
	if bot == nil {
		http.Error(w, "unknown", http.StatusNotFound)
		return
	}
	if before(w, fault) {
		return
	}
	switch fault {
	case Busy:
		http.Error(w, "busy", http.StatusServiceUnavailable)
		return
	case Stopped:
		http.Error(w, "gone", http.StatusGone)
		return
	case Echo:
		http.Error(w, "forbidden for "+bot.Secret, http.StatusForbidden)
		return
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, most))
	id, stamp := r.Header.Get("Webhook-Id"), r.Header.Get("Webhook-Timestamp")
	at, bad := strconv.ParseInt(stamp, 10, 64)
	var b struct {
		Title   string
		Lines   []string
		Link    string
		Mention []string
	}
	switch {
	case err != nil || len(raw) > 64<<10:
		http.Error(w, "too large", http.StatusRequestEntityTooLarge)
		return
	case bad != nil || s.now().Sub(time.Unix(at, 0)).Abs() > 5*time.Minute || r.Header.Get("Webhook-Signature") != "v1,"+hashed(bot.Secret, id+"."+stamp+"."+string(raw)):
		http.Error(w, "signature", http.StatusUnauthorized)
		return
	case json.Unmarshal(raw, &b) != nil:
		http.Error(w, "no JSON", http.StatusBadRequest)
		return
	case s.over(bot, 120, time.Minute, 0):
		w.Header().Set("Retry-After", "60")
		http.Error(w, "slower", http.StatusTooManyRequests)
		return
	case s.had(bot, id):
		w.WriteHeader(http.StatusConflict)
		return
	}
	s.count(bot)
	m := Message{Title: b.Title, Text: strings.Join(b.Lines, "\n"), Mention: b.Mention, Key: id, Bytes: len(raw)}
	if b.Link != "" {
		m.Links = []string{b.Link}
	}
	s.keep(bot, m)
	if !after(w, r, fault) {
		w.WriteHeader(http.StatusNoContent)
	}
}

func (s *Server) had(bot *state, id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.kept, func(m Message) bool { return m.Robot == bot.Name && m.Key == id })
}
