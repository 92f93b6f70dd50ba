package api_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"eastgate/cloud/command"
	"eastgate/cloud/register"
	"eastgate/shared/wire"
)

func (w *world) order(t *testing.T, who, key, name string, args map[string]any, more ...any) (command.Command, int) {
	t.Helper()
	body := map[string]any{"name": name, "args": args}
	for i := 0; i < len(more); i += 2 {
		body[more[i].(string)] = more[i+1]
	}
	a := w.ask(t, who, "POST", "/api/v1/boxes/garden/gate-1/commands", body, "Idempotency-Key", "command-"+key)
	var c command.Command
	if a.Status == http.StatusAccepted {
		a.Into(t, &c)
	}
	return c, a.Status
}

func TestCommandsNeedTheirRight(t *testing.T) {
	w := open(t)
	yard := map[string]any{"camera": "courtyard"}
	rule := map[string]any{"camera": "courtyard", "rule": "motion", "seconds": 60}
	for i, c := range []struct {
		who, name string
		args      map[string]any
		more      []any
		want      int
	}{
		{"watch", "snapshot", yard, nil, http.StatusAccepted},
		{"reporter", "snapshot", yard, nil, http.StatusForbidden},
		{"sysadmin", "snapshot", yard, nil, http.StatusForbidden},
		{"handler", "snapshot", yard, nil, http.StatusAccepted}, // of that compound
		{"handler", "snapshot", map[string]any{"camera": "elsewhere"}, nil, http.StatusForbidden},
		{"watch", "clip", yard, []any{"purpose", "verify", "reason", "smoke?"}, http.StatusForbidden},
		{"duty", "clip", yard, nil, http.StatusUnprocessableEntity}, // says not why
		{"duty", "clip", yard, []any{"purpose", "verify", "reason", "smoke?"}, http.StatusAccepted},
		{"watch", "disarm", rule, nil, http.StatusAccepted},
		{"grid", "disarm", rule, nil, http.StatusForbidden},
		{"duty", "snapshot", map[string]any{}, nil, http.StatusUnprocessableEntity},
		{"duty", "reboot", yard, nil, http.StatusUnprocessableEntity},
	} {
		if _, got := w.order(t, c.who, fmt.Sprint("right-", i), c.name, c.args, c.more...); got != c.want {
			t.Errorf("%s by %s with %v: %d, want %d", c.name, c.who, c.args, got, c.want)
		}
	}
	if a := w.ask(t, "watch", "POST", "/api/v1/boxes/garden/none/commands", map[string]any{"name": "snapshot", "args": yard}, "Idempotency-Key", "no-such-box"); a.Status != http.StatusNotFound {
		t.Errorf("a box that is not: %d", a.Status)
	}
	rows, err := w.Store().Register(t.Context(), register.Query{Object: "camera/garden/gate-1/courtyard", Limit: 100})
	if err != nil || len(rows) != 5 { // two snapshots, a clip, two refusals; no arming, and who has no such right is refused before
		t.Errorf("%d rows of the register, %v: want 5", len(rows), err)
	}
}

// TestWhatABoxAnswersIsSeen plays the box: it answers one command, and leaves another.
func TestWhatABoxAnswersIsSeen(t *testing.T) {
	w := open(t)
	c, _ := w.order(t, "watch", "picture", "snapshot", map[string]any{"camera": "courtyard"})
	if again, _ := w.order(t, "watch", "picture", "snapshot", map[string]any{"camera": "courtyard"}); again.ID != c.ID {
		t.Errorf("the same key made another command")
	}
	path := "/api/v1/commands/" + c.ID
	var got command.Command
	if w.ask(t, "watch", "GET", path, nil).Into(t, &got); got.State != command.Waiting {
		t.Errorf("%+v: want that it waits", got)
	}
	sum := w.Picture(t)
	r := wire.BoxResult{ID: c.ID, State: wire.Done, Data: fmt.Appendf(nil, `{"sha256":%q,"type":"image/jpeg"}`, sum)}
	if ended, err := w.Store().EndCommand(t.Context(), "garden", "gate-2", r, time.Now()); err != nil || ended {
		t.Errorf("another box ended it: %v, %v", ended, err)
	}
	if ended, err := w.Store().EndCommand(t.Context(), "garden", "gate-1", r, time.Now()); err != nil || !ended {
		t.Fatalf("not ended: %v, %v", ended, err)
	}
	if w.ask(t, "watch", "GET", path+"?wait=20", nil).Into(t, &got); got.State != wire.Done || got.Ended == nil {
		t.Errorf("%+v: want it done", got)
	}
	var page struct{ Commands []command.Command }
	if w.ask(t, "watch", "GET", "/api/v1/boxes/garden/gate-1/commands", nil).Into(t, &page); len(page.Commands) != 1 {
		t.Errorf("%d are listed: want 1", len(page.Commands))
	}
	for _, at := range []string{path, "/api/v1/boxes/garden/gate-1/commands"} {
		if a := w.ask(t, "reporter", "GET", at, nil); a.Status != http.StatusForbidden {
			t.Errorf("who may not ask sees %s: %d", at, a.Status)
		}
	}
	for who, want := range map[string]int{"watch": http.StatusOK, "handler": http.StatusOK, "reporter": http.StatusNotFound, "sysadmin": http.StatusNotFound} {
		if a := w.who(t, who).Do(t, "GET", "/evidence/"+sum+"?command="+c.ID, nil); a.Status != want {
			t.Errorf("the picture for %s: %d, want %d", who, a.Status, want)
		}
	}
	if a := w.who(t, "watch").Do(t, "GET", "/evidence/"+w.Picture(t)[:63]+"0?command="+c.ID, nil); a.Status != http.StatusNotFound {
		t.Errorf("another picture by this command: %d", a.Status)
	}
}
