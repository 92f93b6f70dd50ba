package configs

import (
	"embed"
	"strings"
)

//go:embed modbus/*.yml
var modbusFiles embed.FS

// Modbus returns the register profiles as they are written, by name.
func Modbus() map[string][]byte {
	out := map[string][]byte{}
	files, _ := modbusFiles.ReadDir("modbus") // part of the program
	for _, f := range files {
		data, _ := modbusFiles.ReadFile("modbus/" + f.Name())
		out[strings.TrimSuffix(f.Name(), ".yml")] = data
	}
	return out
}
