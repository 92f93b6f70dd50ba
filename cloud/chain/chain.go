// Package chain makes changes to old rows visible: each row carries a hash over
// itself and the hash of the row before it.
//
// It promises that the hash is over exactly the fields, in their order, with their
// borders. Who can write the database can make a whole new chain; only a hash that
// was kept elsewhere, an anchor, shows that.
package chain

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// First is what stands before the first row.
const First = ""

// Link returns the hash of a row: SHA-256, in hex, over the hash before it and its
// fields, each behind its length in bytes, so that no two rows read the same.
func Link(prev string, fields ...string) string {
	h := sha256.New()
	var n [8]byte
	for _, f := range append([]string{prev}, fields...) {
		binary.BigEndian.PutUint64(n[:], uint64(len(f)))
		h.Write(n[:])
		h.Write([]byte(f))
	}
	return hex.EncodeToString(h.Sum(nil))
}
