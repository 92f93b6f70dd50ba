package config

import (
	"fmt"

	"eastgate/shared/secret"
)

// Open311 is how other systems report (Open311 GeoReport v2). Anybody may read how
// far reports are.
type Open311 struct {
	Jurisdiction string     `yaml:"jurisdiction_id"`
	Keys         []Reporter `yaml:"api_keys"` // without one, nobody reports this way
}

// A Reporter is another system with its api_key.
type Reporter struct {
	Name string     `yaml:"name"` // stands in what it reports: it stays when the key changes
	Key  secret.Ref `yaml:"key"`
}

func (o Open311) validate() []error {
	var faults []error
	seen := map[string]bool{}
	for i, k := range o.Keys {
		switch {
		case k.Name == "":
			faults = append(faults, fmt.Errorf("open311.api_keys[%d].name: is needed", i))
		case seen[k.Name]:
			faults = append(faults, fmt.Errorf("open311.api_keys[%d].name: %q is there twice", i, k.Name))
		}
		if !k.Key.Set() {
			faults = append(faults, fmt.Errorf("open311.api_keys[%d].key: want {file: PATH} or {env: NAME}", i))
		}
		seen[k.Name] = true
	}
	return faults
}

// Load reads the keys, by the names of who holds them.
func (o Open311) Load() (map[string]secret.Value, error) {
	out := map[string]secret.Value{}
	for _, k := range o.Keys {
		word, err := k.Key.Load()
		if err != nil {
			return nil, fmt.Errorf("open311.api_keys of %s: %w", k.Name, err)
		}
		out[k.Name] = word
	}
	return out, nil
}
