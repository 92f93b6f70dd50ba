package sensor

import (
	_ "embed"
	"errors"

	"eastgate/shared/strict"
)

//go:embed models.yml
var modelsFile []byte

// Models are the profiles that are built in; models.yml says where each is from.
func Models() map[string]Model {
	var f struct {
		Models map[string]Model `yaml:"models"`
	}
	if faults := strict.Decode(modelsFile, &f); len(faults) > 0 {
		panic(errors.Join(faults...)) // part of the program
	}
	return f.Models
}
