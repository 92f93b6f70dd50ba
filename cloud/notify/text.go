package notify

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"

	"eastgate/cloud/governance"
	"eastgate/cloud/notify/channel"
)

//go:embed text/*.json
var files embed.FS

// A text puts messages into words. They say what, where and when, and never whom it
// concerns: chats are on other people's servers.
type text struct {
	english   bool
	words     map[string]string
	catalogue *governance.Catalogue
}

func newText(language string, c *governance.Catalogue) text {
	if language != "en" {
		language = "zh-CN"
	}
	t := text{language == "en", map[string]string{}, c}
	data, err := files.ReadFile("text/" + language + ".json")
	if err == nil {
		err = json.Unmarshal(data, &t.words)
	}
	if err != nil {
		panic(err) // it is built in
	}
	return t
}

// class is what a class is called; of restricted ones only that they are.
func (t text) class(key string) string {
	c, ok := t.catalogue.Class(key)
	switch {
	case !ok:
		return key
	case c.Restricted:
		return t.words["restricted"]
	case t.english:
		return c.EN
	}
	return c.ZH
}

func place(m Message) string {
	if m.PlaceName != "" {
		return m.PlaceName
	}
	return m.Place
}

// marks stand before everything else.
func (t text) marks(m Message) string {
	out := ""
	switch {
	case m.Exercise:
		out += t.words["mark.exercise"]
	case m.Test:
		out += t.words["mark.test"]
	}
	if m.Repeat {
		out += t.words["mark.repeat"]
	}
	return out
}

func (t text) level(m Message) string { return t.words[fmt.Sprintf("level.%d", m.Level)] }

// one says a single message.
func (t text) one(m Message, link string) channel.Message {
	kind := string(m.Kind)
	title := fmt.Sprintf("%s%s%s · %s · %s", t.marks(m), t.words["kind."+kind], t.class(m.Class), t.level(m), place(m))
	when := m.Seen.In(governance.Shanghai).Format("01-02 15:04:05")
	if m.Late {
		when += " " + t.words["late"]
	}
	lines := []string{fmt.Sprintf("%s %s · %s %s", t.words["number"], m.Number, t.words["seen"], when)}
	if said := t.words["say."+kind]; said != "" {
		lines = append(lines, said)
	}
	if detail := t.detail(m); detail != "" {
		lines = append(lines, detail)
	}
	tap := t.words["tap.look"]
	if strings.Contains(link, "/a/") {
		tap = t.words["tap.take"]
	}
	return channel.Message{
		Level: m.Level, Title: title, Lines: lines, Link: link, Tap: tap, Template: kind, Fields: m,
		Params: map[string]string{
			"number": m.Number, "what": t.marks(m) + t.words["kind."+kind] + t.class(m.Class), "place": place(m), "code": code(m.Place), "link": link,
		},
	}
}

// code is the end of a path, which people know from the walls.
func code(path string) string {
	parts := strings.Split(path, "/")
	return strings.Join(parts[max(len(parts)-2, 0):], "/")
}

func (t text) detail(m Message) string {
	switch m.Kind {
	case Taken:
		return fmt.Sprintf(t.words["detail.taken"], m.Detail)
	case Over:
		return t.words["verdict."+m.Detail]
	case Remind, Overdue:
		return fmt.Sprintf(t.words["detail.step"], t.words["step."+m.Detail])
	}
	return ""
}

// shown is how many messages of a digest are named.
const shown = 10

// digest says many in one.
func (t text) digest(some []Message, publicURL string) channel.Message {
	worst := some[0].Level
	var lines []string
	rest := map[string]int{}
	var order []string
	for n, m := range some {
		worst = min(worst, m.Level)
		if n < shown {
			lines = append(lines, fmt.Sprintf("%s%s%s · %s · %s", t.marks(m), t.words["kind."+string(m.Kind)], t.class(m.Class), place(m), m.Number))
			continue
		}
		if rest[place(m)]++; rest[place(m)] == 1 {
			order = append(order, place(m))
		}
	}
	for _, p := range order {
		lines = append(lines, fmt.Sprintf(t.words["digest.rest"], rest[p], p))
	}
	title := fmt.Sprintf(t.words["digest.title"], len(some), t.words[fmt.Sprintf("level.%d", worst)])
	return channel.Message{
		Level: worst, Title: title, Lines: lines, Link: publicURL + "/", Tap: t.words["tap.look"], Template: "digest", Fields: some,
		Params: map[string]string{"number": fmt.Sprint(len(some)), "what": title, "place": place(some[0]), "code": code(some[0].Place), "link": publicURL + "/"},
	}
}
