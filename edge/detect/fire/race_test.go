//go:build race && !nocv

package fire_test

// raced says that the race detector slows everything down.
const raced = true
