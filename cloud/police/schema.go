package police

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// schemas are the contract in JSON Schema 2020-12: closed, so that what it does not
// name can neither go out nor come in. They are handed to the police with it.
//
//go:embed schema/*.json
var schemas embed.FS

// checks are the compiled schemas by the type of an envelope, as cs.incident.v1.
var checks = sync.OnceValue(func() map[string]*jsonschema.Schema {
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	out := map[string]*jsonschema.Schema{}
	names, err := fs.Glob(schemas, "schema/*.json")
	if err != nil {
		panic(err) // the pattern is ours
	}
	for _, name := range names {
		text, err := schemas.ReadFile(name)
		if err != nil {
			panic(err) // it is embedded
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err == nil {
			err = c.AddResource(name, doc)
		}
		if err != nil {
			panic(fmt.Errorf("%s: %w", name, err)) // a test loads them
		}
		out["cs."+strings.TrimSuffix(strings.TrimPrefix(name, "schema/"), ".json")+".v1"] = c.MustCompile(name)
	}
	return out
})

// MaxBytes bounds a message in both directions (contract §5.2, rule 2).
const MaxBytes = 64 << 10

// Check holds a message against the schema of its type.
func Check(body []byte) error {
	if len(body) > MaxBytes {
		return fmt.Errorf("%d bytes, at most %d are allowed", len(body), MaxBytes)
	}
	if !utf8.Valid(body) {
		return errors.New("no UTF-8")
	}
	var head struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(body, &head); err != nil {
		return fmt.Errorf("no JSON: %w", err)
	}
	schema, ok := checks()[head.Type]
	if !ok {
		return fmt.Errorf("type %.60q is in no contract", head.Type)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("no JSON: %w", err)
	}
	return schema.Validate(v)
}
