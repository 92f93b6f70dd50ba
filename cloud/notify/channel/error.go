package channel

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// A Class says what an error means for the message.
type Class string

// The classes.
const (
	Retry     Class = "retry"     // the same later
	Blocked   Class = "blocked"   // nothing is taken for a while
	Permanent Class = "permanent" // somebody must do something first
)

// Advice says what somebody can do.
type Advice string

// What can be done.
const (
	Wait     Advice = "wait"
	Key      Advice = "key"
	Sign     Advice = "sign"
	Keyword  Advice = "keyword"
	Address  Advice = "address"
	Stopped  Advice = "stopped"
	Size     Advice = "size"
	Format   Advice = "format"
	Number   Advice = "number"
	Template Advice = "template"
	Balance  Advice = "balance"
	Login    Advice = "login"
	TLS      Advice = "tls"
	Network  Advice = "network"
	Mailbox  Advice = "mailbox"
)

// advices are the words for people, Chinese and English.
var advices = map[Advice][2]string{
	Wait:     {"对方限流，等待即可，会自动续发", "The platform limits how much is sent: wait, it goes on by itself"},
	Key:      {"机器人地址或密钥不对：在群里重新复制机器人地址，更新密钥文件", "The robot's address or key is wrong: copy it again from the group and renew the secret's file"},
	Sign:     {"加签不对：核对签名密钥，并校准本机时钟", "The signature is refused: check the signing secret, and this machine's clock"},
	Keyword:  {"机器人设了关键词：改用加签，或加入每条消息都有的一个词", "The robot wants a keyword: use a signature instead, or add one that every message has"},
	Address:  {"对方不接受本机 IP：在机器人安全设置里加入本机出口地址", "This machine's address is refused: add it to the robot's allowed addresses"},
	Stopped:  {"机器人被停用或已移出群：在群里重新启用或重新添加", "The robot was stopped or taken out of the group: start it again or add a new one"},
	Size:     {"消息过长：请把这条错误报告给维护人员", "The message is too long: tell who maintains this program"},
	Format:   {"对方不认这种消息：请把这条错误报告给维护人员", "The platform does not take this form: tell who maintains this program"},
	Number:   {"手机号不对或不可达：更新联系人手机号", "The telephone number is wrong or cannot be reached: renew the contact's number"},
	Template: {"短信签名或模板未通过审核：核对 templates 与 sign", "The SMS signature or template is not approved: check templates and sign"},
	Balance:  {"短信账户欠费或额度用完：充值", "The SMS account has no money or quota left: pay it up"},
	Login:    {"用户名或密码不对：更新密钥文件", "Name or password is refused: renew the secret's file"},
	TLS:      {"对方证书不可信或不支持加密：核对地址与证书", "The other side's certificate is not trusted, or it speaks no TLS: check address and certificate"},
	Network:  {"连不上对方：检查本机网络、域名解析与出口防火墙", "It cannot be reached: check the network, name resolution and the firewall"},
	Mailbox:  {"收件地址被拒：核对收件人", "The recipient's address is refused: check it"},
}

// Says returns the advice in Chinese and English.
func (a Advice) Says() (zh, en string) { return advices[a][0], advices[a][1] }

// An Error is why a message was not taken.
type Error struct {
	Class Class
	// Maybe says that the message may have arrived: it went out, and no answer came
	// that can be read.
	Maybe bool
	After time.Duration // of Blocked: for how long
	// One says that only this recipient is meant, not all that the robot sends.
	One  bool
	Code string // the platform's
	Text string // what it said, or what went wrong here
	Do   Advice
}

// Error says what came and what to do, for a log.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(string(e.Class))
	if e.Maybe {
		b.WriteString(", may have arrived")
	}
	if e.After > 0 {
		fmt.Fprintf(&b, " for %s", e.After)
	}
	if e.Code != "" {
		fmt.Fprintf(&b, ", code %s", e.Code)
	}
	if e.Text != "" {
		fmt.Fprintf(&b, ": %s", e.Text)
	}
	if _, en := e.Do.Says(); en != "" {
		fmt.Fprintf(&b, " (%s)", en)
	}
	return b.String()
}

// maxText bounds what is kept of what a platform says.
const maxText = 200

// heard makes a platform's words fit to be kept: short, one line, and without any of
// the secrets, which some platforms repeat.
func heard(text string, secrets ...string) string {
	for _, s := range secrets {
		if s != "" {
			text = strings.ReplaceAll(text, s, "***")
		}
	}
	return Cut(strings.Join(strings.Fields(strings.ToValidUTF8(text, "")), " "), maxText)
}

// Cut shortens a text to at most so many bytes, at the end of a character.
func Cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	const dots = "…"
	end := max(most-len(dots), 0)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	if most < len(dots) {
		return s[:end]
	}
	return s[:end] + dots
}

// Fit shortens a message until its platform's form has at most so many bytes: first
// its lines from the end, then its title. The link stays whole: a link that is cut
// leads nowhere.
func Fit(m Message, most int, size func(Message) int) Message {
	m.Lines = append([]string(nil), m.Lines...)
	for over := size(m) - most; over > 0; over = size(m) - most {
		last := len(m.Lines) - 1
		switch {
		case last >= 0 && len(m.Lines[last]) > over+minLine:
			m.Lines[last] = Cut(m.Lines[last], len(m.Lines[last])-over)
		case last >= 0:
			m.Lines = m.Lines[:last]
		case len(m.Title) > 0:
			m.Title = Cut(m.Title, max(len(m.Title)-over, 0))
		default:
			return m
		}
	}
	return m
}

// minLine is what is left of a line at least, in bytes; a shorter rest says nothing.
const minLine = 12
