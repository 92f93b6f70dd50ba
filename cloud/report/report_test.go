package report

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"strings"
	"testing"
	"time"

	qr "github.com/piglig/go-qr"
	"golang.org/x/text/encoding/simplifiedchinese"

	"eastgate/cloud/incident"
)

func TestPlaceWordsAreOurs(t *testing.T) {
	s, other := NewSigner([]byte("one key")), NewSigner([]byte("another"))
	word := s.Place("shop-041")
	if code, ok := s.PlaceOf(word); !ok || code != "shop-041" {
		t.Errorf("%s → %q %v", word, code, ok)
	}
	for _, forged := range []string{"shop-041", "shop-042" + word[len("shop-041"):], other.Place("shop-041"), "", "~", word + "x"} {
		if _, ok := s.PlaceOf(forged); ok {
			t.Errorf("%q passes", forged)
		}
	}
	now := time.Now()
	form := s.Form("abc", now)
	if nonce, ok := s.FormOf(form, now.Add(time.Hour)); !ok || nonce != "abc" {
		t.Error("a fresh form is refused")
	}
	if _, ok := s.FormOf(form, now.Add(25*time.Hour)); ok {
		t.Error("an old form passes")
	}
	if _, ok := s.PlaceOf(form); ok {
		t.Error("a form's word is a place's")
	}
}

// halves is a picture whose left half is red and whose right half is blue.
func halves(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{220, 20, 20, 255}
			if x >= w/2 {
				c = color.RGBA{20, 20, 220, 255}
			}
			img.Set(x, y, c)
		}
	}
	return img
}

type byteOrder interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

// withExif writes a JPEG whose APP1 says where it was taken and how it was held.
func withExif(t *testing.T, img image.Image, turn uint16, order byteOrder) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	head := "II"
	if order == byteOrder(binary.BigEndian) {
		head = "MM"
	}
	tiff := append([]byte(head), order.AppendUint16(nil, 42)...)
	tiff = order.AppendUint32(tiff, 8)
	tiff = order.AppendUint16(tiff, 1)
	tiff = order.AppendUint16(tiff, 0x0112)
	tiff = order.AppendUint16(tiff, 3)
	tiff = order.AppendUint32(tiff, 1)
	tiff = order.AppendUint16(tiff, turn)
	tiff = append(tiff, 0, 0)
	tiff = append(tiff, "GPS 22.53N 113.99E"...)
	body := append([]byte("Exif\x00\x00"), tiff...)
	app1 := append([]byte{0xFF, 0xE1}, binary.BigEndian.AppendUint16(nil, uint16(len(body)+2))...)
	return append(append([]byte{0xFF, 0xD8}, append(app1, body...)...), b.Bytes()[2:]...)
}

func TestPhotosAreMadeAnew(t *testing.T) {
	red := func(img image.Image, x, y int) bool {
		r, _, b, _ := img.At(x, y).RGBA()
		return r > b
	}
	for _, order := range []byteOrder{binary.LittleEndian, binary.BigEndian} {
		for turn, want := range map[uint16]struct{ wide, topLeft, topRight, bottomLeft bool }{
			1: {true, true, false, true}, 3: {true, false, true, false}, 6: {false, true, true, false}, 8: {false, false, false, true},
		} {
			fresh, err := develop(withExif(t, halves(400, 200), turn, order))
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(fresh, []byte("Exif")) || bytes.Contains(fresh, []byte("GPS")) {
				t.Error("where it was taken is still there")
			}
			img, err := jpeg.Decode(bytes.NewReader(fresh))
			if err != nil {
				t.Fatal(err)
			}
			w, h := img.Bounds().Dx(), img.Bounds().Dy()
			if (w > h) != want.wide || red(img, 10, 10) != want.topLeft || red(img, w-10, 10) != want.topRight || red(img, 10, h-10) != want.bottomLeft {
				t.Errorf("turn %d: %d×%d, corners red: %v %v %v", turn, w, h, red(img, 10, 10), red(img, w-10, 10), red(img, 10, h-10))
			}
		}
	}
	var p bytes.Buffer
	if err := png.Encode(&p, halves(4000, 100)); err != nil {
		t.Fatal(err)
	}
	fresh, err := develop(p.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if c, err := jpeg.DecodeConfig(bytes.NewReader(fresh)); err != nil || c.Width != longSide || c.Height != 40 {
		t.Errorf("%+v %v", c, err)
	}
}

func TestWhatIsNoPhotoIsRefused(t *testing.T) {
	huge := bytes.Buffer{}
	if err := png.Encode(&huge, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		t.Fatal(err)
	}
	bomb := huge.Bytes()
	binary.BigEndian.PutUint32(bomb[16:], 100_000) // the header says 100,000 × 100,000
	binary.BigEndian.PutUint32(bomb[20:], 100_000)
	for name, photo := range map[string][]byte{"words": []byte("hello"), "nothing": nil, "a bomb": bomb, "half": withExif(t, halves(300, 300), 1, binary.LittleEndian)[:500]} {
		if _, err := develop(photo); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func FuzzOrientation(f *testing.F) {
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x20Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00"))
	f.Fuzz(func(_ *testing.T, photo []byte) { orientation(photo) })
}

const hotline = `工单编号,来电时间,类别,地点,内容,联系人,联系电话
A001,2026-03-01 09:30,消防通道,c3-b07,车堵了消防通道,王先生,13800000000
A002,昨天,,c3-b07,垃圾没人收,,
,2026/3/1 9:31,,c3-b07,没有编号,,
A003,2026/3/1 9:32,,c3-b07,"两行
内容",,
A001,2026-03-01 09:40,,c3-b07,重复,,
A004,2026-03-01 09:41,,c3-b07
`

func TestHotlineFiles(t *testing.T) {
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(hotline)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"UTF-8": hotline, "with a mark": "\ufeff" + hotline, "GB 18030": gb} {
		calls, faults, err := ReadCalls(strings.NewReader(text))
		if err != nil {
			t.Fatal(name, err)
		}
		if len(calls) != 2 || calls[0].Number != "A001" || calls[1].Number != "A003" || calls[1].Text != "两行\n内容" {
			t.Errorf("%s: %+v", name, calls)
		}
		if got := calls[0].At.Format(time.RFC3339); got != "2026-03-01T01:30:00Z" {
			t.Errorf("%s: time %s", name, got)
		}
		var at []string
		for _, f := range faults {
			at = append(at, f.Error())
		}
		want := []string{"line 3, time: ", "line 4, number: is empty", "line 7, number: A001 stands in line 2", "line 8: has 4 fields"}
		if len(at) != len(want) {
			t.Fatalf("%s: %q", name, at)
		}
		for i := range want {
			if !strings.HasPrefix(at[i], want[i]) {
				t.Errorf("%s: %q, want %q…", name, at[i], want[i])
			}
		}
	}
	if _, _, err := ReadCalls(strings.NewReader("a,b\n1,2\n")); err == nil || !strings.Contains(err.Error(), "工单编号") {
		t.Errorf("a file without columns: %v", err)
	}
	if _, _, err := ReadCalls(strings.NewReader("\xff\xff\xff")); err == nil {
		t.Error("bytes are taken")
	}
}

func FuzzReadCalls(f *testing.F) {
	f.Add(hotline)
	f.Fuzz(func(t *testing.T, text string) {
		calls, _, err := ReadCalls(strings.NewReader(text))
		for _, c := range calls {
			if err == nil && (c.Number == "" || c.Text == "" || c.Place == "" || c.At.IsZero()) {
				t.Errorf("%+v", c)
			}
		}
	})
}

func TestCodesCanBeScanned(t *testing.T) {
	p := Poster{Name: "3号院2号楼", Address: "https://eastgate.example/r/" + NewSigner([]byte("k")).Place("c3-b02")}
	var b bytes.Buffer
	if err := p.PNG(&b); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := qr.Decode(img); err != nil || got != p.Address {
		t.Errorf("%q %v", got, err)
	}
	b.Reset()
	if err := WriteSheet(&b, "zh-CN", []Poster{p, p}); err != nil {
		t.Fatal(err)
	}
	if page := b.String(); strings.Count(page, "<svg") != 2 || strings.Contains(page, "<?xml") || !strings.Contains(page, p.Name) {
		t.Errorf("%.300s", page)
	}
}

func TestRequestsAboutPeopleAreSeen(t *testing.T) {
	for text, want := range map[string]bool{
		"请帮我查人，看看他昨天的行踪": true, "Please TRACK HIM for me": true, "调监控看谁拿了我的快递": true,
		"楼下垃圾桶满了": false, "A car blocks the fire lane": false, "": false,
	} {
		if AboutAPerson(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}

func TestEveryStateHasPublicWords(t *testing.T) {
	for _, s := range incident.States {
		for lang := range texts {
			if words(lang)["public."+string(PublicOf(s))] == "" {
				t.Errorf("%s has no words in %s", s, lang)
			}
		}
	}
	for key := range texts["en"] {
		if texts["zh-CN"][key] == "" {
			t.Errorf("%s has no Chinese", key)
		}
	}
	if len(texts["en"]) != len(texts["zh-CN"]) {
		t.Error("the languages differ in their texts")
	}
	for _, f := range []string{"view/form.html", "view/status.html", "view/note.html", "view/sheet.html"} {
		if page, err := os.ReadFile(f); err != nil || bytes.Contains(page, []byte("<script")) {
			t.Errorf("%s: %v, or it wants a script", f, err)
		}
	}
}
