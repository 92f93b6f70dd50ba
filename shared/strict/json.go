package strict

import (
	"encoding/json"
	"fmt"

	"gopkg.in/yaml.v3"
)

// JSON returns v as JSON under the names of its yaml tags, so that Decode reads it
// again: time.Duration as "10s", and what has a text form as its text.
func JSON(v any) (json.RawMessage, error) {
	text, err := yaml.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("as JSON: %w", err)
	}
	var plain any
	if err := yaml.Unmarshal(text, &plain); err != nil {
		return nil, fmt.Errorf("as JSON: %w", err)
	}
	return json.Marshal(plain)
}
