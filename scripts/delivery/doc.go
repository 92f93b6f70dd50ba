// Package delivery holds the tests of the whole way of an event, from a box's outbox
// to the row at the cloud: on every broker that may stand between, each killed in the
// middle; and the measurements of what that way costs.
package delivery
