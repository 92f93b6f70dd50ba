package identity

import "time"

// Clock has the book take the time from now.
func (b *Book) Clock(now func() time.Time) { b.now = now }

// Life has certificates live so long.
func (b *Book) Life(d time.Duration) { b.life = d }
