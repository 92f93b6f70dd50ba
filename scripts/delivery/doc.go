// Package delivery holds the tests of the whole way of an event, from a box's outbox
// to the row at the cloud: on every broker that may stand between, each killed in the
// middle; and the measurements of what that way costs:
//
//	go test -run '^$' -bench . -benchtime 1x ./scripts/delivery -events 200000 -steady 60s -backlog 1000000
package delivery
