package robottest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// most is what is read of a request at all, in bytes.
const most = 1 << 20

// code answers as the platforms do: 200, whatever it says.
func code(w http.ResponseWriter, number, words string, n int, said string) {
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	json.NewEncoder(w).Encode(map[string]any{number: n, words: said})
}

var address = regexp.MustCompile(`https?://[^\s)"<>]+`)

// linked takes links out of a text.
func linked(text string) (rest string, links []string) {
	links = address.FindAllString(text, -1)
	return strings.TrimSpace(text), links
}

// wecom is developer.work.weixin.qq.com/document/path/91770.
func (s *Server) wecom(w http.ResponseWriter, r *http.Request) {
	say := func(n int, said string) { code(w, "errcode", "errmsg", n, said) }
	bot, fault := s.find(WeCom, r.URL.Query().Get("key"))
	switch {
	case bot == nil:
		say(93000, "invalid webhook url, hint: [1700000000], from ip: 10.0.0.1, more info at https://open.work.weixin.qq.com/devtool/query?e=93000")
		return
	case before(w, fault):
		return
	case fault == Busy:
		say(-1, "system busy")
		return
	case fault == Stopped:
		say(93004, "robot is stopped")
		return
	case fault == Echo:
		say(93000, "invalid webhook url key="+bot.Key)
		return
	}
	var b struct {
		Type string `json:"msgtype"`
		Text struct {
			Content string   `json:"content"`
			Users   []string `json:"mentioned_list"`
			Mobiles []string `json:"mentioned_mobile_list"`
		} `json:"text"`
	}
	if json.NewDecoder(io.LimitReader(r.Body, most)).Decode(&b) != nil || b.Type != "text" {
		say(40008, "invalid message type")
		return
	}
	n := len(b.Text.Content)
	switch {
	case n == 0:
		say(44004, "empty content")
	case n > 2048:
		say(40058, "text.content exceed max length 2048. invalid Request Parameter")
	case s.over(bot, 20, time.Minute, time.Minute):
		say(45009, "api freq out of limit")
	default:
		s.count(bot)
		title, rest, _ := strings.Cut(b.Text.Content, "\n")
		m := Message{Title: title, Mention: slices.Concat(b.Text.Users, b.Text.Mobiles), Bytes: n}
		for _, in := range regexp.MustCompile(`<@([^>]+)>`).FindAllStringSubmatch(b.Text.Content, -1) {
			m.Mention = append(m.Mention, in[1])
		}
		m.Text, m.Links = linked(rest)
		s.keep(bot, m)
		if !after(w, r, fault) {
			say(0, "ok")
		}
	}
}

// dingtalk is open.dingtalk.com, custom robots, with its security settings.
func (s *Server) dingtalk(w http.ResponseWriter, r *http.Request) {
	say := func(n int, said string) { code(w, "errcode", "errmsg", n, said) }
	bot, fault := s.find(DingTalk, r.URL.Query().Get("access_token"))
	switch {
	case bot == nil:
		say(300001, "token is not exist")
		return
	case before(w, fault):
		return
	case fault == Busy:
		say(-1, "系统繁忙")
		return
	case fault == Stopped:
		say(400102, "机器人已停用")
		return
	case fault == Echo:
		say(300001, "token "+bot.Key+" is not exist")
		return
	case bot.Secret != "" && !s.signed(bot, r):
		say(310000, "description:机器人发送签名不匹配;solution:请确认签名和生成签名的时间戳必须都放在调用的网址中,sign not match")
		return
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, most))
	var b struct {
		Type     string `json:"msgtype"`
		Markdown struct{ Title, Text string }
		At       struct {
			Users []string `json:"atUserIds"`
			All   bool     `json:"isAtAll"`
		} `json:"at"`
	}
	switch {
	case err != nil || json.Unmarshal(raw, &b) != nil:
		say(40035, "缺少参数 json")
	case b.Type != "markdown":
		say(400105, "不支持的消息类型")
	case len(raw) > 20_000:
		say(460101, "message size exceed limit 20000")
	case bot.Keyword != "" && !strings.Contains(b.Markdown.Title+b.Markdown.Text, bot.Keyword):
		say(310000, "description:关键词不匹配;solution:请联系群管理员查看此机器人的关键词,keywords not in content")
	case s.over(bot, 20, time.Minute, 10*time.Minute):
		say(130101, "send too fast, exceed 20 times per minute")
	default:
		s.count(bot)
		s.keep(bot, marked(b.Markdown.Title, b.Markdown.Text, b.At.Users, b.At.All, len(raw)))
		if !after(w, r, fault) {
			say(0, "ok")
		}
	}
}

// marked is how a phone shows markdown. Who is meant must stand in the text.
func marked(title, text string, users []string, all bool, n int) Message {
	m := Message{Title: title, Bytes: n}
	for _, u := range users {
		if strings.Contains(text, "@"+u) {
			m.Mention = append(m.Mention, u)
		}
	}
	if all {
		m.Mention = append(m.Mention, "all")
	}
	lines := strings.Split(text, "\n\n")
	if len(lines) > 0 && strings.HasPrefix(lines[0], "### ") {
		m.Title, lines = strings.TrimPrefix(lines[0], "### "), lines[1:]
	}
	m.Text, m.Links = linked(strings.Join(lines, "\n"))
	return m
}

// signed checks timestamp and sign: milliseconds, within an hour.
func (s *Server) signed(bot *state, r *http.Request) bool {
	stamp := r.URL.Query().Get("timestamp")
	at, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || s.now().Sub(time.UnixMilli(at)).Abs() > time.Hour {
		return false
	}
	return r.URL.Query().Get("sign") == hashed(bot.Secret, stamp+"\n"+bot.Secret)
}

func hashed(key, text string) string {
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte(text)) //nolint:errcheck // a hash takes everything
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

type feishuBody struct {
	Timestamp, Sign string
	Type            string `json:"msg_type"`
	Content         struct {
		Post struct {
			ZH struct {
				Title   string
				Content [][]struct {
					Tag, Text, Href string
					User            string `json:"user_id"`
				}
			} `json:"zh_cn"`
		}
	}
}

// shown is how a phone shows a post.
func (b feishuBody) shown(n int) Message {
	m := Message{Title: b.Content.Post.ZH.Title, Bytes: n}
	var lines []string
	for _, line := range b.Content.Post.ZH.Content {
		text := ""
		for _, p := range line {
			switch p.Tag {
			case "a":
				m.Links = append(m.Links, p.Href)
				text += fmt.Sprintf("%s %s", p.Text, p.Href)
			case "at":
				m.Mention = append(m.Mention, p.User)
				text += "@" + p.User + " "
			default:
				text += p.Text
			}
		}
		lines = append(lines, text)
	}
	m.Text = strings.Join(lines, "\n")
	return m
}

// feishu is open.feishu.cn, custom bots.
func (s *Server) feishu(w http.ResponseWriter, r *http.Request) {
	say := func(n int, said string) { code(w, "code", "msg", n, said) }
	bot, fault := s.find(Feishu, r.PathValue("token"))
	switch {
	case bot == nil:
		say(19001, "param invalid: incoming webhook access token invalid")
		return
	case before(w, fault):
		return
	case fault == Busy:
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	case fault == Stopped:
		say(19001, "param invalid: incoming webhook access token invalid")
		return
	case fault == Echo:
		say(19001, "param invalid: incoming webhook access token "+bot.Key+" invalid")
		return
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, most))
	var b feishuBody
	if err != nil || json.Unmarshal(raw, &b) != nil || b.Type != "post" {
		say(9499, "Bad Request")
		return
	}
	at, err := strconv.ParseInt(b.Timestamp, 10, 64)
	fresh := err == nil && s.now().Sub(time.Unix(at, 0)).Abs() <= time.Hour
	switch {
	case bot.Secret != "" && (!fresh || b.Sign != hashed(b.Timestamp+"\n"+bot.Secret, "")):
		say(19021, "sign match fail or timestamp is not within one hour from current time")
	case len(raw) > 20<<10:
		say(9499, "Bad Request: body too large")
	case bot.Keyword != "" && !strings.Contains(string(raw), bot.Keyword):
		say(19024, "Key Words Not Found")
	case s.over(bot, 5, time.Second, 0) || s.over(bot, 100, time.Minute, 0):
		say(11232, "frequency limited psm[lark.oapi.app_platform_runtime]appID[1500]")
	default:
		s.count(bot)
		s.keep(bot, b.shown(len(raw)))
		if !after(w, r, fault) {
			say(0, "success")
		}
	}
}
