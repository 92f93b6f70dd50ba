package evidence

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"eastgate/shared/retry"
)

// chunk is how much is sent in one request: what is lost when the line breaks, and
// how long an urgent event may have to share the line.
const chunk = 256 << 10

// An outcome says what one attempt led to, and with it what to do next.
type outcome string

const (
	done        outcome = "done"
	away        outcome = "away"        // no answer, or the cloud has trouble of its own
	refused     outcome = "refused"     // the cloud does not know us
	misdirected outcome = "misdirected" // there is no such place at that address
	unwanted    outcome = "unwanted"    // the cloud knows us but not this file
	more        outcome = "more"        // it has taken a part and wants the rest
	elsewhere   outcome = "elsewhere"   // it goes on from another place than we thought
	outranked   outcome = "outranked"   // something more urgent has come; the rest follows later
)

// send brings a file to the cloud: a small one at once, a large one in parts that
// go on where they broke off.
func (u *Uploader) send(ctx context.Context, item Item, data []byte) (outcome, error) {
	if len(data) > chunk {
		return u.resume(ctx, item, data)
	}
	if err := u.clearance(ctx, len(data)); err != nil {
		return away, err
	}
	header := http.Header{"Content-Type": {item.Type}, "Expect": {"100-continue"}} // nothing is sent for a cloud that has it or does not want it
	a, err := u.ask(ctx, http.MethodPut, item, header, data)
	if err != nil {
		return away, err
	}
	return judge(a)
}

// resume sends a file in parts after the Internet-Draft "Resumable Uploads for
// HTTP" (draft-ietf-httpbis-resumable-upload): HEAD says how much the cloud has,
// PATCH appends to it. The file's address is known by its hash, so that there is
// nothing to create first. The cloud alone knows how far it is; a restart of either
// side loses nothing.
func (u *Uploader) resume(ctx context.Context, item Item, data []byte) (outcome, error) {
	var err error
	for range 3 { // a part whose answer was lost moves the offset; more than that is trouble
		var out outcome
		var offset int64
		if offset, out, err = u.offset(ctx, item); out != more {
			return out, err
		}
		for out == more {
			if u.folder.outranked(item) {
				return outranked, nil
			}
			if offset, out, err = u.part(ctx, item, data, offset); out == done {
				return done, nil
			}
		}
		if out != elsewhere {
			return out, err
		}
	}
	return away, err
}

// offset asks how much of a file the cloud has.
func (u *Uploader) offset(ctx context.Context, item Item) (int64, outcome, error) {
	if err := u.clearance(ctx, 0); err != nil {
		return 0, away, err
	}
	a, err := u.ask(ctx, http.MethodHead, item, nil, nil)
	if err != nil {
		return 0, away, err
	}
	if out, err := judge(a); out != done {
		return 0, out, err
	}
	if a.header.Get("Upload-Complete") == "?1" {
		return 0, done, nil
	}
	return uploadOffset(a, item)
}

func uploadOffset(a answer, item Item) (int64, outcome, error) {
	n, err := strconv.ParseInt(a.header.Get("Upload-Offset"), 10, 64)
	if err != nil || n < 0 || n > item.Bytes {
		return 0, misdirected, fmt.Errorf("%s: answers no Upload-Offset from 0 to %d: is that an Eastgate cloud?", a.to, item.Bytes)
	}
	return n, more, nil
}

// part sends the next part and returns where the one after it begins.
func (u *Uploader) part(ctx context.Context, item Item, data []byte, offset int64) (int64, outcome, error) {
	body, complete := data[offset:], "?1"
	if len(body) > chunk {
		body, complete = body[:chunk], "?0"
	}
	if err := u.clearance(ctx, len(body)); err != nil {
		return 0, away, err
	}
	a, err := u.ask(ctx, http.MethodPatch, item, http.Header{
		"Content-Type":    {"application/partial-upload"},
		"Upload-Offset":   {strconv.FormatInt(offset, 10)},
		"Upload-Length":   {strconv.Itoa(len(data))},
		"Upload-Complete": {complete},
	}, body)
	switch {
	case err != nil:
		return 0, away, err
	case a.code == http.StatusConflict:
		return 0, elsewhere, errors.New("the cloud goes on from another place")
	case a.code == http.StatusNoContent && complete == "?0":
		u.backoff.Reset() // a line that breaks often still gets on
		return uploadOffset(a, item)
	}
	out, err := judge(a)
	return 0, out, err
}

// clearance waits while urgent events do, and until the budget holds n bytes.
func (u *Uploader) clearance(ctx context.Context, n int) error {
	for u.events.Urgent() {
		u.m.paused.Set(1)
		if retry.Sleep(ctx, u.calm); ctx.Err() != nil {
			return ctx.Err()
		}
	}
	u.m.paused.Set(0)
	return u.budget.WaitN(ctx, n)
}

// An answer is what the cloud said to a request.
type answer struct {
	to     string // method and address of the request
	status string
	code   int
	header http.Header
}

func (u *Uploader) ask(ctx context.Context, method string, item Item, header http.Header, body []byte) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, u.base.JoinPath(item.SHA256).String(), bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if header != nil {
		req.Header = header
	}
	if u.secret != "" { // else our certificate says who we are
		req.SetBasicAuth(u.user, u.secret)
	}
	resp, err := u.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10) // read to its end, the connection serves the next one
	return answer{method + " " + req.URL.String(), resp.Status, resp.StatusCode, resp.Header}, nil
}

// judge reads the cloud's answer. Conflict means that it has the file already.
func judge(a answer) (outcome, error) {
	said := fmt.Errorf("%s: %s", a.to, a.status)
	switch code := a.code; {
	case code == http.StatusOK, code == http.StatusCreated, code == http.StatusNoContent, code == http.StatusConflict:
		return done, nil
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return refused, fmt.Errorf("%w: the cloud does not accept this box; check site, box and cloud.secret, or enrol it again", said)
	case code == http.StatusNotFound, code == http.StatusMethodNotAllowed, code >= 300 && code < 400:
		return misdirected, fmt.Errorf("%w: that is no address for evidence; check cloud.evidence", said)
	case code == http.StatusRequestTimeout, code == http.StatusTooManyRequests, code >= 500:
		return away, said
	default:
		return unwanted, said
	}
}
