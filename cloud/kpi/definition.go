package kpi

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"time"

	"eastgate/shared/strict"
)

//go:embed definition.yml
var builtIn []byte

// A Definition says what the figures mean.
type Definition struct {
	Version  string              `yaml:"version"`
	Timezone string              `yaml:"timezone"`
	Settled  time.Duration       `yaml:"settled_after"`
	Classes  map[string][]string `yaml:"classes"`

	ExcludedVerdicts []string `yaml:"excluded_verdicts"`
	ExcludedClasses  []string `yaml:"excluded_classes"`

	MergeWindows map[string]time.Duration `yaml:"merge_windows"` // by class, to say what another window would do
	Figures      []FigureDefinition       `yaml:"figures"`

	zone *time.Location
}

// A FigureDefinition is one KPI.
type FigureDefinition struct {
	ID         string   `yaml:"id" json:"id"`
	ZH         string   `yaml:"zh" json:"zh"`
	EN         string   `yaml:"en" json:"en"`
	Says       Words    `yaml:"says" json:"says"` // what it means, in words
	Formula    string   `yaml:"formula" json:"formula"`
	Sources    []string `yaml:"sources" json:"sources,omitempty"`
	Classes    string   `yaml:"classes" json:"classes"` // a key of Definition.Classes, or "all"
	Unit       string   `yaml:"unit" json:"unit"`
	Interval   Interval `yaml:"interval" json:"interval"`
	Target     Target   `yaml:"target" json:"target"`
	Companions []string `yaml:"companions" json:"companions"`
}

// Words are a text in both languages.
type Words struct {
	ZH string `yaml:"zh" json:"zh"`
	EN string `yaml:"en" json:"en"`
}

// An Interval says how uncertain a figure is, at a level such as 0.95.
type Interval struct {
	Method string  `yaml:"method" json:"method"` // wilson, poisson_exact, bootstrap_week
	Level  float64 `yaml:"level" json:"level"`
}

// A Target is what a figure is judged by. At most one is given.
type Target struct {
	AtLeast   float64 `yaml:"at_least" json:"at_least,omitempty"`
	Reduction float64 `yaml:"reduction" json:"reduction,omitempty"` // 1 - after/before
	None      bool    `yaml:"none" json:"none,omitempty"`           // nothing at all is wanted
}

// Default is the definition that is built in.
func Default() (*Definition, error) { return Parse(builtIn) }

// Parse reads a definition and reports every fault with its path.
func Parse(data []byte) (*Definition, error) {
	d := &Definition{}
	faults := strict.Decode(data, d)
	if strict.Unreadable(faults) {
		return nil, errors.Join(faults...)
	}
	if err := errors.Join(append(faults, d.validate()...)...); err != nil {
		return nil, fmt.Errorf("definition of figures: %w", err)
	}
	return d, nil
}

func (d *Definition) validate() []error {
	var faults []error
	bad := func(format string, a ...any) { faults = append(faults, fmt.Errorf(format, a...)) }
	if d.Version == "" {
		bad("version: is missing")
	}
	var err error
	if d.zone, err = time.LoadLocation(d.Timezone); err != nil || d.Timezone == "" {
		bad("timezone: %q is not known", d.Timezone)
	}
	if d.Settled <= 0 {
		bad("settled_after: must be positive")
	}
	seen := map[string]bool{}
	for n, f := range d.Figures {
		at := fmt.Sprintf("figures[%d]", n)
		if f.ID == "" || seen[f.ID] || f.ZH == "" || f.EN == "" || f.Says.ZH == "" || f.Says.EN == "" {
			bad("%s: id %q, zh, en and says must be there, once", at, f.ID)
		}
		seen[f.ID] = true
		if formulas[f.Formula] == nil {
			bad("%s.formula: %q is not one of those that doc.go lists", at, f.Formula)
		}
		if _, known := d.Classes[f.Classes]; !known && f.Classes != "all" {
			bad("%s.classes: %q is no group of classes", at, f.Classes)
		}
		if !slices.Contains([]string{"wilson", "poisson_exact", "bootstrap_week"}, f.Interval.Method) || f.Interval.Level <= 0 || f.Interval.Level >= 1 {
			bad("%s.interval: %q at %v is not known", at, f.Interval.Method, f.Interval.Level)
		}
		for _, c := range f.Companions {
			if companions[c] == nil {
				bad("%s.companions: %q is not known, and a figure is never shown without its companions", at, c)
			}
		}
	}
	return faults
}

// classesOf lists the classes a figure counts; nil means all that are not excluded.
func (d *Definition) classesOf(f FigureDefinition) []string { return d.Classes[f.Classes] }

// figure finds a definition by its id.
func (d *Definition) figure(id string) (FigureDefinition, bool) {
	n := slices.IndexFunc(d.Figures, func(f FigureDefinition) bool { return f.ID == id })
	if n < 0 {
		return FigureDefinition{}, false
	}
	return d.Figures[n], true
}

// Month is the period of a month such as "2025-06", and when it is settled.
func (d *Definition) Month(s string) (Period, error) {
	from, err := time.ParseInLocation("2006-01", s, d.zone)
	if err != nil {
		return Period{}, fmt.Errorf("month %.20q: want YYYY-MM", s)
	}
	to := from.AddDate(0, 1, 0)
	return Period{From: from, To: to, AsOf: to.Add(d.Settled)}, nil
}
