package plan_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"testing"
	"time"

	"eastgate/cloud/plan"
	"eastgate/cloud/store/storetest"
)

func TestMain(m *testing.M) {
	defer storetest.Stop()
	m.Run()
}

type album map[string][]byte

func (a album) Put(_ context.Context, sum string, r io.Reader) (err error) {
	a[sum], err = io.ReadAll(r)
	return err
}

func picture(t *testing.T, w, h int, as func(io.Writer, image.Image) error) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	img.Set(w/2, h/2, color.White)
	var b bytes.Buffer
	if err := as(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asJPEG(w io.Writer, img image.Image) error { return jpeg.Encode(w, img, nil) }

func TestAPictureIsWhatItClaims(t *testing.T) {
	kept := album{}
	p := plan.New(storetest.Open(t, storetest.Address(t)), kept, time.Now)
	ctx := t.Context()
	good := picture(t, 64, 48, png.Encode)
	hidden := append(bytes.Clone(good), []byte("<script>alert(1)</script>")...)
	v := int64(0)
	for _, data := range [][]byte{good, hidden, picture(t, 5000, 100, asJPEG)} {
		now, err := p.Draw(ctx, "sys", "dongguan", v, data)
		if err != nil {
			t.Fatal(err)
		}
		if v++; now.Version != v || now.Width > 4096 || bytes.Contains(kept[now.Image], []byte("script")) || len(kept[now.Image]) == 0 {
			t.Errorf("%+v, %d bytes", now, len(kept[now.Image]))
		}
	}
	// A PNG whose head claims 60,000 × 60,000 pixels.
	bomb := bytes.Clone(good)
	copy(bomb[16:24], []byte{0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60})
	sum := crc32.ChecksumIEEE(bomb[12:29])
	copy(bomb[29:33], []byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)})
	for name, data := range map[string][]byte{
		"svg": []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), "half": good[:len(good)/2], "bomb": bomb, "gif": []byte("GIF89a\x01\x00\x01\x00"),
	} {
		if _, err := p.Draw(ctx, "sys", "dongguan", v, data); !errors.Is(err, plan.ErrPicture) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if now, err := p.Draw(ctx, "sys", "dongguan", v, nil); err != nil || now.Image != "" {
		t.Errorf("taken away: %+v %v", now, err)
	}
}

func TestThingsStayWhereTheyArePut(t *testing.T) {
	p := plan.New(storetest.Open(t, storetest.Address(t)), album{}, time.Now)
	ctx := t.Context()
	if _, err := p.Move(ctx, "sys", "dongguan", 0, map[string]*plan.Position{"a": {0.1, 0.2}, "b": {0.3, 0.4}}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Move(ctx, "other", "dongguan", 0, map[string]*plan.Position{"a": {0.9, 0.9}}); !errors.Is(err, plan.ErrConflict) {
		t.Errorf("on an older version: %v", err)
	}
	if _, err := p.Draw(ctx, "sys", "dongguan", 1, picture(t, 20, 20, png.Encode)); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Move(ctx, "sys", "dongguan", 2, map[string]*plan.Position{"b": nil, "c": {0, 1}}); err != nil {
		t.Fatal(err)
	}
	now, err := p.Of(ctx, "dongguan")
	if err != nil || fmt.Sprint(now.Positions) != "map[a:[0.1 0.2] c:[0 1]]" || now.Version != 3 || now.Image == "" || now.Who != "sys" {
		t.Errorf("%+v %v", now, err)
	}
}
