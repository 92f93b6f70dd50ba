//go:build !linux

package contact

import "errors"

func openChip(Config, []int) (port, error) {
	return nil, errors.New("contacts need Linux")
}
