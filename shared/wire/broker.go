package wire

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Brokers splits a list of addresses, separated by commas: mqtt://host:1883, or
// mqtts://host:8883 for TLS. The members of a cluster are tried in their order. An
// address holds no password, so that it can be printed.
func Brokers(list string) ([]string, error) {
	all := strings.Split(list, ",")
	var faults []error
	for i, address := range all {
		all[i] = strings.TrimSpace(address)
		u, err := url.Parse(all[i])
		switch {
		case err != nil || u.Host == "" || !slices.Contains([]string{"mqtt", "mqtts"}, u.Scheme):
			faults = append(faults, fmt.Errorf("%q is no address such as mqtt://host:1883", all[i]))
		case u.User != nil:
			faults = append(faults, errors.New("holds a password; give it as a secret"))
		}
	}
	return all, errors.Join(faults...)
}
