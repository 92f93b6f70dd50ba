// Package plot draws trends as SVG for pages that have no script.
//
// It promises that what it draws is well-formed and holds no text that was not
// escaped, that a point which is not known is a gap and never zero, and that the
// same numbers give the same picture.
package plot

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strconv"
	"strings"
)

// A Point is one value with its bounds; what is not known is nil.
type Point struct {
	Label     string // under the axis
	Value     *float64
	Low, High *float64
	Open      bool // it may still change
	Title     string
}

// A Trend is a line of points.
type Trend struct {
	Title  string // for who cannot see it
	Points []Point
	// Goal is drawn as a line of its own with its text; nil draws none.
	Goal     *float64
	GoalText string
	Share    bool // values are 0 to 1 and shown in per cent
}

// The size of a picture, in its own units; pages scale it.
const (
	width, height = 560.0, 240.0
	left, right   = 52.0, 14.0
	top, bottom   = 16.0, 34.0
)

// SVG draws a trend.
func (t Trend) SVG() template.HTML {
	lo, hi := t.span()
	ticks := steps(lo, hi)
	lo, hi = ticks[0], ticks[len(ticks)-1]
	p := pen{lo: lo, hi: hi, n: len(t.Points)}
	fmt.Fprintf(&p.b, `<svg class="plot" viewBox="0 0 %g %g" role="img" aria-label="%s">`, width, height, html.EscapeString(t.Title))
	for _, v := range ticks {
		fmt.Fprintf(&p.b, `<line class="axis" x1="%g" x2="%g" y1="%s" y2="%s"/><text x="%g" y="%s" text-anchor="end">%s</text>`,
			left, width-right, p.y(v), p.y(v), left-6, p.at(p.yOf(v)+4), t.number(v))
	}
	t.labels(&p)
	if t.Goal != nil && *t.Goal >= lo && *t.Goal <= hi {
		fmt.Fprintf(&p.b, `<line class="goal" x1="%g" x2="%g" y1="%s" y2="%s"/><text class="goaltext" x="%g" y="%s">%s</text>`,
			left, width-right, p.y(*t.Goal), p.y(*t.Goal), left+4, p.at(p.yOf(*t.Goal)-5), html.EscapeString(t.GoalText))
	}
	t.draw(&p)
	p.b.WriteString(`</svg>`)
	return template.HTML(p.b.String()) //nolint:gosec // numbers, and texts that were escaped
}

type pen struct {
	b      strings.Builder
	lo, hi float64
	n      int
}

func (p *pen) xOf(n int) float64 {
	return left + (width-left-right)*(float64(n)+0.5)/float64(max(p.n, 1))
}

func (p *pen) yOf(v float64) float64 {
	return top + (height-top-bottom)*(1-(v-p.lo)/(p.hi-p.lo))
}

func (p *pen) at(v float64) string       { return strconv.FormatFloat(v, 'f', 1, 64) }
func (p *pen) x(n int) string            { return p.at(p.xOf(n)) }
func (p *pen) y(v float64) string        { return p.at(p.yOf(v)) }
func (p *pen) clipped(v float64) float64 { return min(max(v, p.lo), p.hi) }

// labels writes what stands under the axis, as many as fit.
func (t Trend) labels(p *pen) {
	every := (len(t.Points) + 6) / 7
	for n, point := range t.Points {
		if (len(t.Points)-1-n)%max(every, 1) == 0 {
			fmt.Fprintf(&p.b, `<text x="%s" y="%g" text-anchor="middle">%s</text>`, p.x(n), height-12, html.EscapeString(point.Label))
		}
	}
}

// draw draws the bounds, the line between neighbours that are known, and the points.
func (t Trend) draw(p *pen) {
	for n, point := range t.Points {
		if point.Low != nil && point.High != nil {
			fmt.Fprintf(&p.b, `<line class="bar1" x1="%s" x2="%s" y1="%s" y2="%s"/>`, p.x(n), p.x(n), p.y(p.clipped(*point.Low)), p.y(p.clipped(*point.High)))
		}
	}
	path, begun := "", false
	for n, point := range t.Points {
		if point.Value == nil {
			begun = false
			continue
		}
		path += map[bool]string{true: "L", false: "M"}[begun] + p.x(n) + " " + p.y(*point.Value)
		begun = true
	}
	if path != "" {
		fmt.Fprintf(&p.b, `<path class="line" d="%s"/>`, path)
	}
	for n, point := range t.Points {
		if point.Value == nil {
			continue
		}
		class := map[bool]string{true: ` class="open"`}[point.Open]
		fmt.Fprintf(&p.b, `<g%s><circle class="dot" cx="%s" cy="%s" r="4.5"><title>%s</title></circle></g>`, class, p.x(n), p.y(*point.Value), html.EscapeString(point.Title))
	}
}

// span is what the axis must show: the values, the goal, and as much of the bounds as
// leaves the values to be seen.
func (t Trend) span() (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	take := func(v *float64) {
		if v != nil && !math.IsNaN(*v) && !math.IsInf(*v, 0) {
			lo, hi = min(lo, *v), max(hi, *v)
		}
	}
	for _, p := range t.Points {
		take(p.Value)
	}
	take(t.Goal)
	if lo > hi {
		return 0, 1
	}
	most := max(hi-lo, math.Abs(hi)*0.2) * 2
	for _, p := range t.Points {
		if p.High != nil && *p.High <= hi+most {
			take(p.High)
		}
		if p.Low != nil && *p.Low >= lo-most {
			take(p.Low)
		}
	}
	if lo > 0 && lo < hi*0.6 {
		lo = 0
	}
	if lo == hi {
		hi = lo + max(math.Abs(lo)*0.2, 1)
	}
	if t.Share {
		hi = min(max(hi, 0), 1)
		lo = max(min(lo, hi-0.05), 0)
	}
	return lo, hi
}

// steps are round numbers from below a span to above it.
func steps(lo, hi float64) []float64 {
	raw := (hi - lo) / 4
	size := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, f := range []float64{1, 2, 2.5, 5, 10} {
		if raw <= f*size*1.0000001 {
			size *= f
			break
		}
	}
	var out []float64
	for k := math.Floor(lo/size + 1e-9); ; k++ {
		out = append(out, k*size)
		if k*size >= hi-size*1e-9 {
			return out
		}
	}
}

// number writes a value of the axis.
func (t Trend) number(v float64) string {
	if t.Share {
		return strconv.FormatFloat(math.Round(v*1000)/10, 'f', -1, 64) + " %"
	}
	return strconv.FormatFloat(math.Round(v*1e6)/1e6, 'f', -1, 64)
}
