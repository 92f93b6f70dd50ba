package register

import (
	"bytes"
	"crypto/ed25519"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Columns are those of an export, in order. Prev and hash let anybody see that rows
// which follow each other are as they were written.
var Columns = []string{"position", "at", "who", "person", "unit", "roles", "act", "object", "case", "purpose", "reason", "basis", "agreement", "fields", "result", "detail", "from", "prev_hash", "hash"}

func (e Entry) cells() []string {
	return []string{
		strconv.FormatInt(e.Position, 10), e.At.UTC().Format("2006-01-02T15:04:05.000Z"), e.Who, e.Person, e.Unit, e.Roles, string(e.Act), e.Object, e.Case, e.Purpose,
		e.Reason, e.Basis, e.Agreement, strings.Join(e.Fields, ","), string(e.Result), e.Detail, e.From, e.Prev, e.Hash,
	}
}

// A Signature is of an export, in hex: Ed25519 (RFC 8032).
type Signature struct{ Key, Signature string }

// Sealer returns what signs exports with one key, made of a secret of 32 bytes.
func Sealer(seed []byte) func([]byte) Signature {
	key := ed25519.NewKeyFromSeed(seed)
	public, _ := key.Public().(ed25519.PublicKey)
	return func(text []byte) Signature {
		return Signature{hex.EncodeToString(public), hex.EncodeToString(ed25519.Sign(key, text))}
	}
}

// signed begins the last line of an export.
const signed = "ed25519"

// WriteSigned writes rows as CSV (RFC 4180), and as its last line the signature over
// all before it. Cells are as they were written: open it as text in a spreadsheet.
func WriteSigned(w io.Writer, rows []Entry, seal func([]byte) Signature) error {
	var text bytes.Buffer
	out := csv.NewWriter(&text)
	if err := out.Write(Columns); err != nil {
		return err
	}
	for _, e := range rows {
		if err := out.Write(e.cells()); err != nil {
			return err
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return err
	}
	s := seal(text.Bytes())
	_, err := fmt.Fprintf(w, "%s%s,%s,%s\n", text.Bytes(), signed, s.Key, s.Signature)
	return err
}

// ErrSeal says that an export is not what was signed.
var ErrSeal = errors.New("the file is not what was signed")

// ReadSigned checks an export: its signature, and the hash of every row. It returns
// how many rows there are and the key that signed them, which must be compared with
// the cloud's own.
func ReadSigned(text []byte) (rows int, key string, err error) {
	cut := bytes.LastIndex(bytes.TrimRight(text, "\n"), []byte("\n"+signed+","))
	if cut < 0 {
		return 0, "", fmt.Errorf("%w: it has no signature at its end", ErrSeal)
	}
	body := text[:cut+1]
	last := strings.Split(strings.TrimSpace(string(text[cut+1:])), ",")
	if len(last) != 3 {
		return 0, "", fmt.Errorf("%w: its last line is no signature", ErrSeal)
	}
	public, err1 := hex.DecodeString(last[1])
	sum, err2 := hex.DecodeString(last[2])
	if err1 != nil || err2 != nil || len(public) != ed25519.PublicKeySize || !ed25519.Verify(public, body, sum) {
		return 0, "", fmt.Errorf("%w: the signature does not fit", ErrSeal)
	}
	lines, err := csv.NewReader(bytes.NewReader(body)).ReadAll()
	if err != nil {
		return 0, "", fmt.Errorf("%w: %w", ErrSeal, err)
	}
	for n, cells := range lines[1:] {
		e, err := entry(cells)
		if err != nil || e.Hash != e.link() {
			return 0, "", fmt.Errorf("%w: row %d is not what was written", ErrSeal, n+1)
		}
	}
	return len(lines) - 1, last[1], nil
}

// entry reads cells back.
func entry(c []string) (Entry, error) {
	if len(c) != len(Columns) {
		return Entry{}, errors.New("wrong number of cells")
	}
	position, err1 := strconv.ParseInt(c[0], 10, 64)
	at, err2 := time.Parse(time.RFC3339, c[1])
	e := Entry{
		Position: position, At: at, Who: c[2], Person: c[3], Unit: c[4], Roles: c[5], Act: Act(c[6]), Object: c[7], Case: c[8], Purpose: c[9], Reason: c[10],
		Basis: c[11], Agreement: c[12], Result: Result(c[14]), Detail: c[15], From: c[16], Prev: c[17], Hash: c[18],
	}
	if c[13] != "" {
		e.Fields = strings.Split(c[13], ",")
	}
	return e, errors.Join(err1, err2)
}
