package access

import (
	"slices"
	"sync"
	"time"
)

// tries counts wrong passwords and codes, by name and address, by address alone and by
// name alone, and locks out who has too many. It is kept in memory: a restart forgives.
//
// Nobody can lock a person out for good by guessing at his name: where he came in from
// before, only wrong words from that very address count, and every lock ends after five
// minutes without a guess that was counted. Guesses during a lock are not counted.
type tries struct {
	mu    sync.Mutex
	made  map[string]*attempts
	known map[string][]string // the addresses that each name came in from last
	now   func() time.Time
}

type attempts struct {
	wrong int
	last  time.Time
}

const (
	allowedByPair    = 5
	allowedByAddress = 20 // a control room has one
	allowedByName    = 15 // from wherever
	lockout          = 5 * time.Minute
	maxRemembered    = 10_000
	maxKnown         = 8 // addresses of one name
)

func newTries() *tries {
	return &tries{made: map[string]*attempts{}, known: map[string][]string{}, now: time.Now}
}

// counts are what an attempt is counted under, with how many are allowed.
func counts(name, from string) map[string]int {
	return map[string]int{"pair " + name + " " + from: allowedByPair, "from " + from: allowedByAddress, "name " + name: allowedByName}
}

func (t *tries) locked(name, from string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.isLocked(name, from)
}

func (t *tries) isLocked(name, from string) bool {
	for key, allowed := range counts(name, from) {
		if key == "name "+name && slices.Contains(t.known[name], from) {
			continue
		}
		if t.over(key, allowed) {
			return true
		}
	}
	return false
}

func (t *tries) over(key string, allowed int) bool {
	a := t.made[key]
	if a != nil && t.now().Sub(a.last) > lockout {
		delete(t.made, key)
		return false
	}
	return a != nil && a.wrong >= allowed
}

// failed counts, and reports whether that locks.
func (t *tries) failed(name, from string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for key := range counts(name, from) {
		if t.made[key] == nil {
			t.makeRoom()
			t.made[key] = &attempts{}
		}
		t.made[key].wrong++
		t.made[key].last = t.now()
	}
	return t.isLocked(name, from)
}

// makeRoom forgets whatever comes first: memory is bounded, and who can fill it from so
// many addresses is not stopped by counting.
func (t *tries) makeRoom() {
	for key := range t.made {
		if len(t.made) < maxRemembered {
			return
		}
		delete(t.made, key)
	}
}

func (t *tries) passed(name, from string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.made, "pair "+name+" "+from)
	delete(t.made, "name "+name)
	if !slices.Contains(t.known[name], from) {
		t.known[name] = append(t.known[name], from)
		if n := len(t.known[name]); n > maxKnown {
			t.known[name] = t.known[name][n-maxKnown:]
		}
	}
}
