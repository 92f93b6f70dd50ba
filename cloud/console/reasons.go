package console

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"eastgate/cloud/api"
)

// A reason is one number that a detector's judgement rests on, in words.
type reason struct{ Name, Amount string }

// inShares are told in hundredths; desk/incident/why.tsx has the same ones.
var inShares = []string{"area", "made", "usual", "sways", "lost", "left", "smeared", "unsharp", "vehicle", "person", "travel"}

// reasons are why a machine told of an incident. A name without words is shown as it
// is: boxes are newer than the centre now and then.
func (o office) reasons(i api.Incident) (out []reason) {
	part, _, _ := strings.Cut(i.Class, ".")
	for _, name := range slices.Sorted(maps.Keys(i.Why)) {
		out = append(out, reason{cmp.Or(o.T["why."+part+"."+name], o.T["why."+name], name), o.measure(name, i.Why[name])})
	}
	return out
}

func (o office) measure(name string, v float64) string {
	switch {
	case strings.HasSuffix(name, "_s"):
		return o.Say("why.seconds", "n", strconv.FormatFloat(v, 'f', 1, 64))
	case slices.Contains(inShares, name):
		return strconv.FormatFloat(100*v, 'f', 1, 64) + " %"
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}
