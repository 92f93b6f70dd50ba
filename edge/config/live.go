package config

import "fmt"

// Live says how much of the line people may take who watch.
type Live struct {
	// Uploads is how many cameras may be watched at once; 0 turns live pictures off.
	Uploads int `yaml:"uploads"`
}

// mostUploads is what one box can be asked for.
const mostUploads = 32

func (l Live) validate() []error {
	if l.Uploads < 0 || l.Uploads > mostUploads {
		return []error{fmt.Errorf("live.uploads: %d is not 0 to %d", l.Uploads, mostUploads)}
	}
	return nil
}
