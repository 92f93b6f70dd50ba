package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"eastgate/cloud/access"
	"eastgate/cloud/camera"
	"eastgate/cloud/console/consoletest"
	"eastgate/edge/camera/cameratest"
)

// shows waits until an expression is true on the page.
func shows(expression string) chromedp.Action {
	return chromedp.Poll(expression, nil, chromedp.WithPollingTimeout(60*time.Second))
}

func says(words string) chromedp.Action {
	return shows(fmt.Sprintf("document.body.innerText.includes(%q)", words))
}

// still is true once the picture is in the middle and stays where it is.
const still = `(() => { const e = document.querySelector('.editor'); e.scrollIntoView({block: 'center'}); const r = e.getBoundingClientRect();
	const now = [r.left, r.top, r.width, r.height].join(), same = now === window.before; window.before = now; return same && now })()`

// on returns where points of the picture are on the page.
func on(ctx context.Context, points ...[2]float64) (out [][2]float64, err error) {
	var at string
	if err := chromedp.Poll(still, &at, chromedp.WithPollingTimeout(60*time.Second)).Do(ctx); err != nil {
		return nil, err
	}
	var left, top, width, height float64
	_, err = fmt.Sscanf(at, "%g,%g,%g,%g", &left, &top, &width, &height)
	for _, p := range points {
		out = append(out, [2]float64{left + p[0]*width, top + p[1]*height})
	}
	return out, err
}

// clicks clicks points of the picture, one after the other.
func clicks(points ...[2]float64) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		for _, p := range points {
			at, err := on(ctx, p)
			if err == nil {
				err = chromedp.MouseClickXY(at[0][0], at[0][1]).Do(ctx)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// drags moves the mouse from one point of the picture to another, held down.
func drags(from, to [2]float64) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		where, err := on(ctx, from, to)
		if err != nil {
			return err
		}
		x, y, u, v := where[0][0], where[0][1], where[1][0], where[1][1]
		for _, e := range []*input.DispatchMouseEventParams{
			input.DispatchMouseEvent(input.MousePressed, x, y), input.DispatchMouseEvent(input.MouseMoved, (x+u)/2, (y+v)/2),
			input.DispatchMouseEvent(input.MouseMoved, u, v), input.DispatchMouseEvent(input.MouseReleased, u, v),
		} {
			if err := e.WithButton(input.Left).WithButtons(1).WithClickCount(1).Do(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

const (
	motions = `document.querySelectorAll('.editor polygon.motion').length`
	corners = `document.querySelectorAll('.editor .grip').length`
)

// pictured is true once the box's picture is there; it asks again where the box had none.
const pictured = `document.querySelector('.editor img')?.naturalWidth === 640 || (document.querySelector('[data-do=still]:not(:disabled)')?.click(), false)`

// tried is true once a trial has seen movement in the zone; it asks again while the
// box has not seen enough of the picture.
const tried = `document.querySelector('[data-case="security.motion zone-1"]') !== null || (document.querySelector('[data-do=try]:not(:disabled)')?.click(), false)`

// outline is the outline of the motion zone, as the page draws it.
func outline(t *testing.T, tab context.Context) (points string) {
	t.Helper()
	if err := chromedp.Run(tab, chromedp.Evaluate(`document.querySelector('.editor polygon.motion').getAttribute('points')`, &points)); err != nil {
		t.Fatal(err)
	}
	return points
}

// TestZonesAreDrawnTriedAndConfirmed runs camera, box and cloud in this process and an
// officer in a real browser: drawn with the mouse and with the keyboard, taken back,
// tried on the newest seconds, saved, and confirmed by the box itself.
func TestZonesAreDrawnTriedAndConfirmed(t *testing.T) {
	server, _ := cameratest.Start(t, cameratest.Config{}, cameratest.Record(t, "640x360", 10, 4, "-c:v", "libx264", "-g", "10", "-preset", "ultrafast", "-threads", "1"))
	cloud, _, _ := startCloud(t)
	password := access.NewPassword()
	if err := cloud.People().Add(t.Context(), "officer", access.DutyOfficer, password); err != nil {
		t.Fatal(err)
	}
	startBox(t, cloud, server.URL("cam"))
	tab := consoletest.Browser(t)
	do := func(what string, steps ...chromedp.Action) {
		t.Helper()
		if err := chromedp.Run(tab, steps...); err != nil {
			var seen string
			chromedp.Run(tab, chromedp.Evaluate(`document.body.innerText`, &seen)) //nolint:errcheck // a help, no more
			t.Fatalf("%s: %v\n%s", what, err, seen)
		}
	}
	address := "http://" + cloud.Addr()
	do("open the camera's page", consoletest.Login(address, "officer", password), shows(`fetch('/api/v1/cameras/states').then(r => r.json()).then(l => l.length === 1 && l[0].state === 'online')`),
		chromedp.Navigate(address+"/camera/garden/gate-1/cam"), says("seeing"), says("the box looks with its own file"))
	do("a still comes from the box", chromedp.SendKeys(`[name=reason]`, "bins were moved", chromedp.ByQuery), chromedp.Click(`[data-do=still]`, chromedp.ByQuery),
		shows(pictured))

	do("draw with the mouse", chromedp.Click(`[data-draw=motion]`, chromedp.ByQuery),
		clicks([2]float64{0.2, 0.2}, [2]float64{0.8, 0.2}, [2]float64{0.8, 0.8}, [2]float64{0.2, 0.8}, [2]float64{0.2, 0.2}), shows(motions+" === 1"), shows(corners+" === 4"))
	do("take it back, and again", chromedp.Click(`[data-do=undo]`, chromedp.ByQuery), shows(motions+" === 0"), chromedp.Click(`[data-do=redo]`, chromedp.ByQuery), shows(motions+" === 1"))
	before := outline(t, tab)
	do("drag a corner, put a point on a side", shows(corners+" === 4"),
		drags([2]float64{0.8, 0.8}, [2]float64{0.7, 0.9}), drags([2]float64{0.5, 0.2}, [2]float64{0.5, 0.1}), shows(corners+" === 5"))
	whole := outline(t, tab)
	if whole == before {
		t.Error("nothing moved")
	}
	do("crossing itself is shown and not taken", drags([2]float64{0.2, 0.2}, [2]float64{0.95, 0.5}), shows(`document.querySelector('.crossed') !== null && document.querySelector('.crossing') !== null`))
	if now := outline(t, tab); now != whole {
		t.Errorf("an outline that crosses itself was taken: %s, was %s", now, whole)
	}
	do("undo goes by time", chromedp.KeyEvent("z"), shows(corners+" === 4"), chromedp.KeyEvent("z"), shows(fmt.Sprintf(`document.querySelector('.editor polygon.motion').getAttribute('points') === %q`, before)))
	do("a corner by keyboard", chromedp.Focus(`.editor .grip`, chromedp.ByQuery), chromedp.KeyEvent(kb.ArrowRight), shows(fmt.Sprintf(`document.querySelector('.editor polygon.motion').getAttribute('points') !== %q`, before)),
		chromedp.KeyEvent("i"), shows(corners+" === 5"), chromedp.KeyEvent(kb.Delete), shows(corners+" === 4"))
	arrows := func(key string, n int) (steps chromedp.Tasks) {
		for range n {
			steps = append(steps, chromedp.KeyEvent(key))
		}
		return append(steps, chromedp.KeyEvent(" "))
	}
	do("draw with the keyboard alone", chromedp.Focus(`[data-draw=privacy]`, chromedp.ByQuery), chromedp.KeyEvent("\r"), shows(`document.activeElement.closest('.editor svg') !== null`),
		chromedp.KeyEvent(" "), arrows(kb.ArrowRight, 6), arrows(kb.ArrowDown, 6), chromedp.KeyEvent("\r"), shows(`document.querySelectorAll('.editor polygon.privacy').length === 2`), shows(corners+" === 3"))

	do("try it on", shows(tried))
	do("save; the box confirms it", chromedp.Click(`[data-do=save]`, chromedp.ByQuery), says("confirmed by the box v1"), says("the box looks with v1"))
	kept, err := cloud.Store().CameraSettings(t.Context(), camera.Name{Site: "garden", Box: "gate-1", Camera: "cam"}, 0)
	if err != nil || len(kept) != 1 || kept[0].State != camera.Done || kept[0].Who != "officer" || kept[0].Why != "bins were moved" {
		t.Errorf("in the database: %+v %v", kept, err)
	}

	do("somebody else is faster", chromedp.Evaluate(`fetch('/api/v1/me').then(r => r.json()).then(me => fetch('/api/v1/cameras/garden/gate-1/cam/zones', {method: 'PUT',
		headers: {'Content-Type': 'application/json', 'X-CSRF-Token': me.csrf, 'If-Match': '"1"'}, body: JSON.stringify({reason: 'other', settings: {zones: {}}})})).then(r => r.status)`, nil, awaited),
		chromedp.Click(`[data-area="zone-1"]`, chromedp.ByQuery), chromedp.Click(`[data-remove="zone-1"]`, chromedp.ByQuery), chromedp.Click(`[data-do=save]`, chromedp.ByQuery), says("saved v2 meanwhile"),
		chromedp.Click(`[data-do=mine]`, chromedp.ByQuery), says("confirmed by the box v3"), says("the box looks with v3"))
}
