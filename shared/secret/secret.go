// Package secret holds words that must never be printed: passwords and tokens.
// Configuration names where a secret is; only Reveal gives it out.
package secret

import (
	"fmt"
	"os"
	"strings"
)

// A Value is a secret. However it is printed, logged or encoded, it shows stars.
type Value struct{ word string }

// New wraps a secret.
func New(word string) Value { return Value{word} }

const stars = "***"

// Reveal returns the secret itself, for the one call that needs it.
func (v Value) Reveal() string { return v.word }

// Empty reports whether there is no secret.
func (v Value) Empty() bool { return v.word == "" }

// String shows stars, to fmt and slog alike.
func (v Value) String() string { return stars }

// GoString shows stars to %#v.
func (v Value) GoString() string { return stars }

// MarshalText shows stars to every encoder.
func (v Value) MarshalText() ([]byte, error) { return []byte(stars), nil }

// A Ref says where a secret is kept. Exactly one field is set.
type Ref struct {
	File string `yaml:"file"` // first line of a file
	Env  string `yaml:"env"`  // an environment variable
}

// Set reports whether r refers to anything.
func (r Ref) Set() bool { return r != Ref{} }

// Load reads the secret that r refers to. Errors name the place, never the word.
func (r Ref) Load() (Value, error) {
	switch {
	case r.File != "" && r.Env != "":
		return Value{}, fmt.Errorf("secret: give file or env, not both")
	case r.File != "":
		b, err := os.ReadFile(r.File)
		if err != nil {
			return Value{}, fmt.Errorf("secret: %w", err)
		}
		word, _, _ := strings.Cut(string(b), "\n")
		return nonEmpty(strings.TrimSpace(word), "file "+r.File)
	case r.Env != "":
		return nonEmpty(os.Getenv(r.Env), "environment variable "+r.Env)
	}
	return Value{}, fmt.Errorf("secret: neither file nor env is given")
}

func nonEmpty(word, where string) (Value, error) {
	if word == "" {
		return Value{}, fmt.Errorf("secret: %s is empty", where)
	}
	return Value{word}, nil
}
