package outbox

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"time"
)

// A record is a message as it lies in the file:
//
//	version 1 byte · CRC-32C 4 · put at, Unix ms, 8 · length of ID 1 · ID · body
//
// in big endian; the checksum covers all that follows it. bbolt checks its meta
// pages only, so a bit that flips in a body is found here.
type record struct {
	PutAt time.Time
	ID    string
	Body  []byte
}

const (
	recordVersion = 1
	recordHead    = 1 + 4 + 8 + 1
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var errRecord = errors.New("record is damaged")

func appendRecord(dst []byte, r record) []byte {
	start := len(dst)
	dst = append(dst, recordVersion, 0, 0, 0, 0)
	dst = binary.BigEndian.AppendUint64(dst, uint64(r.PutAt.UnixMilli()))
	dst = append(dst, byte(len(r.ID)))
	dst = append(dst, r.ID...)
	dst = append(dst, r.Body...)
	binary.BigEndian.PutUint32(dst[start+1:], crc32.Checksum(dst[start+5:], castagnoli))
	return dst
}

// decodeRecord returns copies: v is the file's memory.
func decodeRecord(v []byte) (record, error) {
	if len(v) < recordHead || v[0] != recordVersion ||
		binary.BigEndian.Uint32(v[1:]) != crc32.Checksum(v[5:], castagnoli) {
		return record{}, errRecord
	}
	id := int(v[recordHead-1])
	if len(v) < recordHead+id {
		return record{}, errRecord
	}
	return record{
		PutAt: putAt(v),
		ID:    string(v[recordHead : recordHead+id]),
		Body:  append([]byte{}, v[recordHead+id:]...),
	}, nil
}

// putAt reads the time of a record that is at least recordHead long.
func putAt(v []byte) time.Time {
	return time.UnixMilli(int64(binary.BigEndian.Uint64(v[5:]))).UTC()
}

// size is what a record takes: its key, its value, and bbolt's own head of each.
func size(value []byte) int64 { return int64(8 + len(value) + 16) }

func key(seq uint64) []byte { return binary.BigEndian.AppendUint64(nil, seq) }
