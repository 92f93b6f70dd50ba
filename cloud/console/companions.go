package console

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"eastgate/cloud/kpi"
)

// short writes a number with four digits, and large ones whole.
func short(x float64) string {
	if math.Abs(x) >= 1000 {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	return strconv.FormatFloat(roundTo(x, 3), 'f', -1, 64)
}

// roundTo keeps some digits that count.
func roundTo(x float64, digits int) float64 {
	if x == 0 {
		return 0
	}
	size := math.Pow(10, float64(digits-1)-math.Floor(math.Log10(math.Abs(x))))
	return math.Round(x*size) / size
}

// A companion is what stands beside a figure, so that it is never shown alone.
type companion struct{ Key, Text string }

// beside lists a figure's companions by their keys.
func (o office) beside(f kpi.Figure) []companion {
	var out []companion
	for _, key := range slices.Sorted(maps.Keys(f.Companions)) {
		out = append(out, companion{o.Word("companion", key), o.plain(key, f.Companions[key])})
	}
	return out
}

// plain writes a companion's numbers in words; what cannot be known is a dash.
func (o office) plain(key string, v any) string {
	text, err := json.Marshal(v)
	if err != nil || string(text) == "null" {
		return "–"
	}
	var x any
	if json.Unmarshal(text, &x) != nil {
		return "–"
	}
	return o.say(key, x)
}

func (o office) say(key string, x any) string {
	switch x := x.(type) {
	case float64:
		if strings.HasSuffix(key, "share") || key == "coverage" || key == "camera_sensitivity" {
			return fmt.Sprintf("%.1f %%", 100*x)
		}
		return short(x)
	case string:
		return o.Word("part", x)
	case map[string]any:
		var parts []string
		for _, k := range slices.Sorted(maps.Keys(x)) {
			if x[k] == nil {
				continue
			}
			name := o.Word("part", k)
			if key == "by_source" {
				name = o.Source(k)
			}
			parts = append(parts, name+" "+o.say(k, x[k]))
		}
		return strings.Join(parts, " · ")
	case []any:
		var parts []string
		for _, one := range x {
			parts = append(parts, o.say("", one))
		}
		return strings.Join(parts, "–")
	}
	return "–"
}

// baseline is the value before that a figure is compared with; nil without one.
func baseline(f kpi.Figure) *float64 {
	for _, key := range []string{"reduction", "effort_baseline"} {
		text, err := json.Marshal(f.Companions[key])
		if err != nil {
			continue
		}
		var r struct{ Before *float64 }
		if json.Unmarshal(text, &r) == nil && r.Before != nil {
			return r.Before
		}
	}
	return nil
}
