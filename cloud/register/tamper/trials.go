package tamper

import (
	"context"
	"errors"
	"fmt"

	"eastgate/cloud/chain"
)

// A trial does something to the rows, says what in words, and at which row Verify must
// find it.
type trial struct {
	what string
	do   func(ctx context.Context, b *bench) (how string, row int64, err error)
}

var trials = []trial{
	{"a field is changed", change},
	{"a field is emptied", empty},
	{"a field takes another row's words", borrow},
	{"words move from one field to the next", shift},
	{"a row is removed", remove},
	{"a row is removed, and those after it move up", closeGap},
	{"two rows change places", swap},
	{"a row is put in", insert},
	{"the end is cut off", cut},
	{"the end is cut off, and the register says that it ends there", cutClean},
	{"the beginning is cut off, and the register says that it begins there", behead},
	{"a row is changed, and all after it are sealed anew", rewrite},
}

// fields are the columns that can be changed alone; numbers are changed as numbers.
var (
	words   = []string{"who", "person", "unit", "roles", "act", "object", "casenr", "purpose", "reason", "basis", "agreement", "fields", "result", "detail", "address", "prev", "hash"}
	numbers = []string{"position", "at"}
)

func change(ctx context.Context, b *bench) (string, int64, error) {
	row := b.row(1, b.rows)
	if n := b.dice.IntN(len(words) + len(numbers)); n < len(numbers) {
		by := 1_000_000 + b.dice.Int64N(1_000_000)
		return fmt.Sprintf("%s of row %d", numbers[n], row), row, b.exec(ctx, fmt.Sprintf("UPDATE register SET %[1]s = %[1]s + %[2]d WHERE position = %[3]d", numbers[n], by, row))
	}
	column := words[b.dice.IntN(len(words))]
	return fmt.Sprintf("%s of row %d", column, row), row, b.one(ctx, column, row, fmt.Sprintf("%s || '%c'", column, 'a'+rune(b.dice.IntN(26))))
}

// one sets a column of one row to what an expression says; it must become another.
func (b *bench) one(ctx context.Context, column string, row int64, expression string) error {
	r, err := b.db.ExecContext(ctx, fmt.Sprintf("UPDATE register SET %[1]s = %[2]s WHERE position = %[3]d AND %[1]s <> (%[2]s)", column, expression, row))
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n != 1 {
		return errors.Join(errors.New("nothing was changed"), err)
	}
	return nil
}

func empty(ctx context.Context, b *bench) (string, int64, error) {
	row, column := b.row(2, b.rows), words[b.dice.IntN(len(words))] // the first row has no hash before it
	return fmt.Sprintf("%s of row %d", column, row), row, b.one(ctx, column, row, "''")
}

func borrow(ctx context.Context, b *bench) (string, int64, error) {
	row := b.row(2, b.rows)
	from := row - 1
	own := []string{"who", "person", "unit", "roles", "object", "casenr", "purpose", "reason", "basis", "agreement", "fields", "detail", "address", "prev", "hash"} // differ from row to row
	column := own[b.dice.IntN(len(own))]
	return fmt.Sprintf("%s of row %d in row %d", column, from, row), row, b.one(ctx, column, row, fmt.Sprintf("(SELECT k.%s FROM kept k WHERE k.position = %d)", column, from))
}

// shift moves the last letter of one field to the beginning of the next: written one
// behind the other they read the same.
func shift(ctx context.Context, b *bench) (string, int64, error) {
	row, n := b.row(1, b.rows), b.dice.IntN(10)
	from, to := words[n], words[n+1]
	return fmt.Sprintf("%s to %s of row %d", from, to, row), row, b.exec(ctx, fmt.Sprintf(
		"UPDATE register SET %[2]s = substr(%[1]s, length(%[1]s)) || %[2]s, %[1]s = substr(%[1]s, 1, length(%[1]s) - 1) WHERE position = %[3]d", from, to, row))
}

func remove(ctx context.Context, b *bench) (string, int64, error) {
	row := b.row(1, b.rows)
	return fmt.Sprintf("row %d", row), row, b.exec(ctx, fmt.Sprintf("DELETE FROM register WHERE position = %d", row))
}

func closeGap(ctx context.Context, b *bench) (string, int64, error) {
	row := b.row(1, b.rows-1)
	return fmt.Sprintf("row %d", row), row, b.exec(ctx,
		fmt.Sprintf("DELETE FROM register WHERE position = %d", row), // by way of negative numbers, for two rows never have one number
		fmt.Sprintf("UPDATE register SET position = -position WHERE position > %d", row), "UPDATE register SET position = -position - 1 WHERE position < 0",
		"UPDATE register_ends SET position = position - 1")
}

func swap(ctx context.Context, b *bench) (string, int64, error) {
	one := b.row(1, b.rows-1)
	other := b.row(one+1, b.rows)
	return fmt.Sprintf("rows %d and %d", one, other), one, b.exec(ctx,
		fmt.Sprintf("UPDATE register SET position = -1 WHERE position = %d", one),
		fmt.Sprintf("UPDATE register SET position = %d WHERE position = %d", one, other),
		fmt.Sprintf("UPDATE register SET position = %d WHERE position = -1", other))
}

// insert puts a copy of a row behind it.
func insert(ctx context.Context, b *bench) (string, int64, error) {
	row := b.row(1, b.rows)
	return fmt.Sprintf("behind row %d", row), row + 1, b.exec(ctx,
		fmt.Sprintf("UPDATE register SET position = -position WHERE position > %d", row), "UPDATE register SET position = -position + 1 WHERE position < 0",
		fmt.Sprintf("CREATE TEMP TABLE more AS SELECT * FROM kept WHERE position = %d", row), "UPDATE more SET position = position + 1",
		"INSERT INTO register SELECT * FROM more", "DROP TABLE more", "UPDATE register_ends SET position = position + 1")
}

func cut(ctx context.Context, b *bench) (string, int64, error) {
	last := b.row(0, b.rows-1)
	return fmt.Sprintf("after row %d", last), last + 1, b.exec(ctx, fmt.Sprintf("DELETE FROM register WHERE position > %d", last))
}

// cutClean leaves a register that is right in itself: only the anchor tells.
func cutClean(ctx context.Context, b *bench) (string, int64, error) {
	last := b.row(1, b.rows-1)
	return fmt.Sprintf("after row %d", last), b.anchor.Position, b.exec(ctx, fmt.Sprintf("DELETE FROM register WHERE position > %d", last),
		fmt.Sprintf("UPDATE register_ends SET position = %d, hash = (SELECT hash FROM register WHERE position = %[1]d)", last))
}

func behead(ctx context.Context, b *bench) (string, int64, error) {
	first := b.row(1, b.rows-1)
	return fmt.Sprintf("up to row %d", first), first, b.exec(ctx,
		fmt.Sprintf("UPDATE register_ends SET base_position = %d, base_hash = (SELECT hash FROM register WHERE position = %[1]d)", first),
		fmt.Sprintf("DELETE FROM register WHERE position <= %d", first))
}

// rewrite makes a whole new chain, as a program could that knows how rows are sealed:
// only the anchor tells.
func rewrite(ctx context.Context, b *bench) (string, int64, error) {
	row := b.row(1, b.rows)
	if err := b.one(ctx, "who", row, "'nobody'"); err != nil {
		return "", 0, err
	}
	rows, err := b.store.RegisterFrom(ctx, 0, int(b.rows))
	if err != nil {
		return "", 0, err
	}
	prev := chain.First
	for _, e := range rows {
		e = e.Sealed(e.Position, prev)
		prev = e.Hash
		if _, err := b.db.ExecContext(ctx, "UPDATE register SET prev = $1, hash = $2 WHERE position = $3", e.Prev, e.Hash, e.Position); err != nil {
			return "", 0, err
		}
	}
	_, err = b.db.ExecContext(ctx, "UPDATE register_ends SET hash = $1", prev)
	return fmt.Sprintf("who of row %d", row), b.anchor.Position, err
}
