package access

import (
	"sync"
	"time"
)

// tries counts wrong passwords, by name and by address, and locks out who has
// too many. It is kept in memory: a restart forgives.
type tries struct {
	mu   sync.Mutex
	made map[string]*attempts
}

type attempts struct {
	wrong int
	last  time.Time
}

const (
	allowedByName    = 5
	allowedByAddress = 20 // a control room has one
	lockout          = 5 * time.Minute
	maxRemembered    = 10_000
)

func newTries() *tries { return &tries{made: map[string]*attempts{}} }

func (t *tries) locked(name, from string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.over("name "+name, allowedByName) || t.over("from "+from, allowedByAddress)
}

func (t *tries) over(key string, allowed int) bool {
	a := t.made[key]
	if a != nil && time.Since(a.last) > lockout {
		delete(t.made, key)
		return false
	}
	return a != nil && a.wrong >= allowed
}

func (t *tries) failed(name, from string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.made) > maxRemembered {
		for k, a := range t.made {
			if time.Since(a.last) > lockout {
				delete(t.made, k)
			}
		}
	}
	for _, key := range []string{"name " + name, "from " + from} {
		if t.made[key] == nil {
			t.made[key] = &attempts{}
		}
		t.made[key].wrong++
		t.made[key].last = time.Now()
	}
}

func (t *tries) passed(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.made, "name "+name)
}
