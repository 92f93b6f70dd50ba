//go:build !race && !nocv

package fire_test

const raced = false
