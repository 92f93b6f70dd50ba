package wire

import "strings"

// root is the first two levels of every topic: the system and its version.
const root = "eastgate/v1/"

// The last level of a topic: what is said.
const (
	Event   = "event"   // up: batches of events
	Status  = "status"  // up, retained: online or offline with epoch and version
	Health  = "health"  // up: state of cameras and stages
	Hello   = "hello"   // up: where the box's streams stand
	Result  = "result"  // up: the outcome of a command
	Acks    = "ack"     // down: what the cloud has committed
	Command = "command" // down: what a box shall do
)

// Topic returns "eastgate/v1/{site}/{box}/{what}".
func Topic(site, box, what string) string { return root + site + "/" + box + "/" + what }

// Filter returns the filter that matches what every box says.
func Filter(what string) string { return root + "+/+/" + what }

// ParseTopic returns the names in a topic made by Topic.
func ParseTopic(topic string) (site, box, what string, ok bool) {
	rest, ok := strings.CutPrefix(topic, root)
	if !ok {
		return "", "", "", false
	}
	parts := strings.Split(rest, "/")
	if len(parts) != 3 || parts[0] == "" || parts[1] == "" || parts[2] == "" {
		return "", "", "", false
	}
	return parts[0], parts[1], parts[2], true
}
