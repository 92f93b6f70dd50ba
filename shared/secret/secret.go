// Package secret holds words that must never be printed: passwords and tokens.
// Configuration names where a secret is; only Reveal gives it out.
package secret

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
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
	// Credential is the name of one that systemd gives to the service (LoadCredential=).
	Credential string `yaml:"credential"`
}

// Set reports whether r refers to anything.
func (r Ref) Set() bool { return r != Ref{} }

// Load reads the secret that r refers to, unless its file is open to others. Errors name
// the place, never the word.
func (r Ref) Load() (Value, error) {
	switch r {
	case Ref{}:
		return Value{}, errors.New("secret: neither file, env nor credential is given")
	case Ref{File: r.File}:
		return line(r.File, "file "+r.File)
	case Ref{Env: r.Env}:
		return nonEmpty(os.Getenv(r.Env), "environment variable "+r.Env)
	case Ref{Credential: r.Credential}:
		return credential(r.Credential)
	}
	return Value{}, errors.New("secret: give one of file, env and credential, not both")
}

// credential reads what the service manager put into the unit's own folder.
func credential(name string) (Value, error) {
	dir := os.Getenv("CREDENTIALS_DIRECTORY")
	switch {
	case name != filepath.Base(name) || name == "..":
		return Value{}, fmt.Errorf("secret: credential %q is a name, not a path", name)
	case dir == "":
		return Value{}, fmt.Errorf("secret: credential %s: this program was not started by a unit with LoadCredential=%s", name, name)
	}
	return line(filepath.Join(dir, name), "credential "+name)
}

// line is the first line of a file that is guarded.
func line(file, what string) (Value, error) {
	if err := Guard(file, Grouped); err != nil {
		return Value{}, fmt.Errorf("secret: %w", err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return Value{}, fmt.Errorf("secret: %w", err)
	}
	word, _, _ := strings.Cut(string(b), "\n")
	return nonEmpty(strings.TrimSpace(word), what)
}

func nonEmpty(word, where string) (Value, error) {
	if word == "" {
		return Value{}, fmt.Errorf("secret: %s is empty", where)
	}
	return Value{word}, nil
}
