// Package dnn asks our small networks about places in pictures: is that flame,
// is that a vehicle? Networks are for candidates that a detector has already
// found, not for whole pictures: README.md in folder models says what one look
// costs.
package dnn
