package governance

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"eastgate/shared/event"
)

// categories are the words of CAP 1.2 §3.2.2.
var categories = []string{"Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "CBRNE", "Other"}

var (
	domainKey = regexp.MustCompile(`^(x\.)?[a-z][a-z0-9_]{0,31}$`)
	classKey  = regexp.MustCompile(`^[a-z][a-z0-9]{0,15}(\.[a-z][a-z0-9_]{0,31})+$`)
	codeText  = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z._-]{0,31}$`)
)

// A checker gathers faults.
type checker struct{ faults []error }

func (c *checker) bad(path, format string, a ...any) {
	c.faults = append(c.faults, fmt.Errorf(path+": "+format, a...))
}

// names asks for both names.
func (c *checker) names(path, zh, en string) {
	if strings.TrimSpace(zh) == "" {
		c.bad(path+".zh", "a Chinese name is needed")
	}
	if strings.TrimSpace(en) == "" {
		c.bad(path+".en", "an English name is needed")
	}
}

// check returns every fault of a catalogue's meaning.
func (f file) check() []error {
	var c checker
	if f.Version == "" {
		c.bad("version", "a version is needed")
	}
	c.domains(f)
	c.levels(f)
	for _, key := range slices.Sorted(maps.Keys(f.Classes)) {
		c.class(f, key)
	}
	c.sameNames(f)
	c.groups(f)
	c.codes(f)
	return c.faults
}

func (c *checker) domains(f file) {
	number := map[int]string{}
	for _, key := range slices.Sorted(maps.Keys(f.Domains)) {
		d, path := f.Domains[key], "domains."+key
		c.names(path, d.ZH, d.EN)
		if w := refusedWord(key, d.ZH, d.EN); w != "" {
			c.bad(path, "%q tells of people; domains are of places and things only", w)
		}
		extension := strings.HasPrefix(key, "x.")
		switch {
		case !domainKey.MatchString(key):
			c.bad(path, "a key is a word of a-z, 0-9 and _, with x. before it for an extension")
		case extension && d.Number != 0:
			c.bad(path+".number", "extensions have none")
		case !extension && d.Number < 1:
			c.bad(path+".number", "a domain needs its place, from 1; extensions begin with x.")
		case !extension && number[d.Number] != "":
			c.bad(path+".number", "%d is the number of %s", d.Number, number[d.Number])
		case !extension:
			number[d.Number] = key
		}
	}
}

func (c *checker) levels(f file) {
	for _, name := range slices.Sorted(maps.Keys(f.Levels)) {
		if len(name) != 1 || name < "1" || name > "4" {
			c.bad("levels."+name, "levels are 1 to 4")
		}
		c.limits("levels."+name, f.Levels[name])
	}
	for _, l := range event.Levels {
		if _, ok := f.Levels[levelName(l)]; !ok {
			c.bad("levels."+levelName(l), "is missing")
		}
	}
}

func (c *checker) limits(path string, limits map[Step]Limit) {
	for _, s := range slices.Sorted(maps.Keys(limits)) {
		if !slices.Contains(Steps, s) {
			c.bad(path+"."+string(s), "no such step; steps are %v", Steps)
		}
	}
}

func (c *checker) class(f file, key string) {
	class, path := f.Classes[key], "classes."+key
	if !classKey.MatchString(key) {
		c.bad(path, "a key is words of a-z, 0-9 and _ joined by dots, such as env.waste_heap")
	} else if err := refusal(key, class.ZH, class.EN); err != nil {
		c.bad(path, "%w", err)
	}
	c.names(path, class.ZH, class.EN)
	if _, ok := f.Domains[class.Domain]; !ok {
		c.bad(path+".domain", "%q is no domain; domains are %s", class.Domain, strings.Join(slices.Sorted(maps.Keys(f.Domains)), ", "))
	}
	if class.Level < event.Urgent || class.Level > event.Minor {
		c.bad(path+".level", "%d is not from 1 to 4", class.Level)
	}
	if class.Profile != "" && class.Profile != Incidents && class.Profile != Orders {
		c.bad(path+".profile", "%q is neither %s nor %s", class.Profile, Incidents, Orders)
	}
	if class.CameraObservable && class.Profile == Orders {
		c.bad(path+".camera_observable", "an order is placed by people")
	}
	if class.CameraObservable && strings.HasPrefix(key, "report.") {
		c.bad(path+".camera_observable", "a report is made by people")
	}
	if !slices.Contains(categories, class.CAP) {
		c.bad(path+".cap", "%q is no category of CAP 1.2; they are %s", class.CAP, strings.Join(categories, ", "))
	}
	if a := class.Alarm; a.Method < 0 || a.Method > 7 || a.Type < 0 || a.Method == 0 && a != (Alarm{}) {
		c.bad(path+".gb28181", "a method is 1 to 7, and a type needs a method")
	}
	c.limits(path+".limits", class.Limits)
	c.merge(path+".merge", class.Merge)
}

func (c *checker) merge(path string, m Merge) {
	if m.Window < 0 || m.AtMost < 0 {
		c.bad(path, "time cannot be less than none")
	}
	if m.AtMost > 0 && m.AtMost < m.Window {
		c.bad(path+".at_most", "%v is less than the window of %v", m.AtMost, m.Window)
	}
	if m.Group != "" && !domainKey.MatchString(m.Group) {
		c.bad(path+".group", "%q is no word of a-z, 0-9 and _", m.Group)
	}
	if m.Group != "" && m.Window == 0 && !m.UntilEnd {
		c.bad(path+".group", "%q joins nothing: it has neither window nor until_end", m.Group)
	}
}

// sameNames finds classes that people could not tell apart.
func (c *checker) sameNames(f file) {
	zh, en := map[string]string{}, map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(f.Classes)) {
		class := f.Classes[key]
		for _, n := range []struct {
			seen       map[string]string
			name, lang string
		}{{zh, class.ZH, "zh"}, {en, class.EN, "en"}} {
			if other := n.seen[n.name]; other != "" && n.name != "" {
				c.bad("classes."+key+"."+n.lang, "%q is the name of %s", n.name, other)
			}
			n.seen[n.name] = key
		}
	}
}

// groups finds classes that join each other under different rules.
func (c *checker) groups(f file) {
	first := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(f.Classes)) {
		m := f.Classes[key].Merge
		if m.Group == "" {
			continue
		}
		if _, ok := f.Classes[m.Group]; ok {
			c.bad("classes."+key+".merge.group", "%q is a class", m.Group)
		}
		if other, ok := first[m.Group]; !ok {
			first[m.Group] = key
		} else if f.Classes[other].Merge != m {
			c.bad("classes."+key+".merge", "group %q has other windows at %s", m.Group, other)
		}
	}
}
