package plot_test

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"eastgate/cloud/console/plot"
)

func num(v float64) *float64 { return &v }

// read fails t unless text is well-formed, and counts its elements by class.
func read(t *testing.T, text string) map[string]int {
	t.Helper()
	out := map[string]int{}
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if e, ok := token.(xml.StartElement); ok {
			for _, a := range e.Attr {
				if a.Name.Local == "class" {
					out[a.Value]++
				}
			}
		}
	}
}

func TestWhatIsNotKnownIsAGap(t *testing.T) {
	svg := string(plot.Trend{Title: `share "a" <b>`, Share: true, Goal: num(0.8), GoalText: "≥ 80 %", Points: []plot.Point{
		{Label: "01", Value: num(0.7), Low: num(0.6), High: num(0.8)}, {Label: "02"}, {Label: "03", Value: num(0.82), Title: "<script>"}, {Label: "04", Value: num(0.85), Open: true},
	}}.SVG())
	got := read(t, svg)
	if got["dot"] != 3 || got["bar1"] != 1 || got["goal"] != 1 || got["open"] != 1 || strings.Contains(svg, "<script>") {
		t.Errorf("%v\n%s", got, svg)
	}
	_, path, _ := strings.Cut(svg, ` d="`)
	path, _, _ = strings.Cut(path, `"`)
	if strings.Count(path, "M") != 2 || strings.Count(path, "L") != 1 {
		t.Errorf("the line goes over what is not known: %s", path)
	}
}

func TestAnyNumbersAreDrawn(t *testing.T) {
	for name, points := range map[string][]plot.Point{
		"none": nil, "unknown": {{Label: "01"}}, "one": {{Label: "01", Value: num(5)}}, "zeros": {{Value: num(0)}, {Value: num(0)}},
		"wide": {{Value: num(1), Low: num(-1e9), High: num(1e9)}, {Value: num(2)}}, "small": {{Value: num(1e-7)}, {Value: num(3e-7)}}, "below": {{Value: num(-4)}, {Value: num(3)}},
	} {
		svg := string(plot.Trend{Title: name, Points: points}.SVG())
		read(t, svg)
		if strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
			t.Errorf("%s: %s", name, svg)
		}
	}
}
