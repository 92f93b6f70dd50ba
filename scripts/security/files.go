package main

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"time"

	"eastgate/cloud/config"
	"eastgate/cloud/deliver"
	"eastgate/cloud/governance"
	"eastgate/cloud/place"
	"eastgate/cloud/plan"
	"eastgate/cloud/police"
	"eastgate/cloud/police/gb28181"
	"eastgate/cloud/register"
	"eastgate/cloud/report"
	edgeconfig "eastgate/edge/config"
	"eastgate/edge/sensor/modbus"
	"eastgate/shared/wire"
)

// A reader is one of our parsers: it must refuse, and say so in a few words.
type reader struct {
	name  string
	reads func(ctx context.Context, body []byte) error
}

// files are hostile files and messages, each read by every parser that could be given
// it.
func files() []attack {
	var out []attack
	for _, group := range []struct {
		what    string
		readers []reader
		bodies  map[string][]byte
	}{
		{"YAML", yamlReaders, yamls()},
		{"CSV", csvReaders, csvs()},
		{"picture", pictureReaders, pictures()},
		{"ZIP", []reader{{"bundle", func(_ context.Context, b []byte) error {
			_, err := deliver.Verify(bytes.NewReader(b), int64(len(b)))
			return err
		}}}, zips()},
		{"XML", []reader{{"police", func(_ context.Context, b []byte) error { _, err := gb28181.ParseResponse(b); return err }}}, xmls()},
		{"message", messageReaders, messages()},
	} {
		for _, r := range group.readers {
			for name, body := range group.bodies {
				out = append(out, attack{group.what + " for " + r.name + ": " + name, func(ctx context.Context) error { return refused(r.reads(ctx, body)) }})
			}
		}
	}
	return out
}

// refused says what is wrong with how an input was refused.
func refused(err error) error {
	switch {
	case err == nil:
		return errors.New("it is not refused")
	case len(err.Error()) > 64<<10:
		return fmt.Errorf("the error has %d bytes", len(err.Error()))
	}
	return nil
}

var yamlReaders = []reader{
	{"cloud", func(_ context.Context, b []byte) error { _, faults := config.Parse(b); return errors.Join(faults...) }},
	{"edge", func(_ context.Context, b []byte) error {
		_, faults := edgeconfig.Parse(b)
		return errors.Join(faults...)
	}},
	{"catalogue", func(_ context.Context, b []byte) error { _, err := governance.Parse(b); return err }},
	{"calendar", func(_ context.Context, b []byte) error {
		_, err := governance.LoadCalendar(bytes.NewReader(b))
		return err
	}},
	{"modbus", func(_ context.Context, b []byte) error { _, err := modbus.ReadProfile(b); return err }},
}

func yamls() map[string][]byte {
	laugh := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c <= 'j'; c++ {
		laugh += fmt.Sprintf("%c: &%[1]c [%s]\n", c, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c,", c-1), 9), ","))
	}
	return map[string][]byte{
		"a billion laughs":     []byte(laugh),
		"itself within itself": []byte("a: &a [*a]\n"),
		"ten thousand levels":  []byte(deep(10_000)),
		"a level a line":       []byte(levels(3000)),
		"one key twice":        []byte("listen: a\nlisten: b\n"),
		"a tag of its own":     []byte("listen: !!python/object/apply:os.system [id]\n"),
		"a merge of itself":    []byte("a: &a\n  <<: *a\n"),
		"no UTF-8":             []byte("listen: \xff\xfe\n"),
		"a megabyte of one":    []byte("listen: [" + strings.Repeat("a,", 500_000) + "a]\n"),
		"a number beyond":      []byte("evidence_max_bytes: " + strings.Repeat("9", 10_000) + "\n"),
		"two documents":        []byte("---\nlisten: a\n---\nlisten: b\n"),
	}
}

// levels is a map in a map, n deep.
func levels(n int) string {
	var out strings.Builder
	for i := range n {
		out.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return out.String()
}

var csvReaders = []reader{
	{"places", func(_ context.Context, b []byte) error { _, err := place.Read(bytes.NewReader(b)); return err }},
	{"hotline", func(_ context.Context, b []byte) error {
		calls, faults, err := report.ReadCalls(bytes.NewReader(b))
		if err == nil && len(calls) == 0 && len(faults) > 0 {
			err = faults[0]
		}
		return err
	}},
	{"register", func(_ context.Context, b []byte) error { _, _, err := register.ReadSigned(b); return err }},
}

func csvs() map[string][]byte {
	head := strings.Join(place.Columns, ",") + "\n"
	return map[string][]byte{
		"nothing":               {},
		"a quote without end":   []byte(head + `"` + strings.Repeat("a\n", 1_000_000)),
		"a million columns":     []byte(strings.Repeat("code,", 1_000_000) + "\n"),
		"a million lines":       []byte(head + strings.Repeat("a\n", 1_000_000)),
		"a cell of 32 MB":       []byte(head + strings.Repeat("a", 32<<20) + ",,,,,,,,,\n"),
		"zeros":                 make([]byte, 1<<20),
		"UTF-16":                []byte("\xff\xfec\x00o\x00d\x00e\x00\n\x00"),
		"a formula":             []byte(head + "=cmd|' /C calc'!A0,,compound,x,,,,,,\n"),
		"a path that leads out": []byte(head + "../../etc,,compound,x,,,,,,\n"),
		"a workbook":            bytes.Join([][]byte{[]byte("PK\x03\x04"), bomb(100 << 20)}, nil),
		"its own parent":        []byte(head + "a,b,compound,x,,,,,,\nb,a,compound,x,,,,,,\n"),
	}
}

// A drawer takes pictures and throws them away.
type drawer struct{}

func (drawer) Put(_ context.Context, _ string, r io.Reader) error {
	_, err := io.Copy(io.Discard, r)
	return err
}

// noPlans has no plan of any place yet.
type noPlans struct{}

func (noPlans) Plan(context.Context, string) (plan.Plan, error) { return plan.Plan{}, nil }
func (noPlans) SavePlan(context.Context, plan.Plan) error       { return nil }

var pictureReaders = []reader{
	{"report", func(ctx context.Context, b []byte) error {
		_, err := report.NewDarkroom(drawer{}).Keep(ctx, b)
		return err
	}},
	{"plan", func(ctx context.Context, b []byte) error {
		_, err := plan.New(noPlans{}, drawer{}, time.Now).Draw(ctx, "lead", "dongguan", 0, b)
		return err
	}},
}

func pictures() map[string][]byte {
	jpeg := picture(1)
	large := bytes.Clone(jpeg) // says that it is 65,535 pixels wide and high
	if at := bytes.Index(large, []byte{0xff, 0xc0}); at > 0 {
		copy(large[at+5:], "\xff\xff\xff\xff")
	}
	return map[string][]byte{
		"PNG of 50,000 by 50,000":      png(50_000, 50_000, 1<<20),
		"PNG of 2 billion by 1":        png(0x7fffffff, 1, 1<<10),
		"PNG of none by none":          png(0, 0, 10),
		"PNG of 4,000 by 4,000, empty": png(4000, 4000, 0),
		"PNG with words of a gigabyte": png(10, 10, 0, append([]byte("Comment\x00\x00"), packed(1<<30)...)),
		"JPEG of 65,535 by 65,535":     large,
		"JPEG of half":                 jpeg[:len(jpeg)/8],
		"JPEG of markers alone":        append([]byte{0xff, 0xd8}, bytes.Repeat([]byte{0xff, 0xe1, 0, 2}, 100_000)...),
		"GIF":                          []byte("GIF89a\xff\xff\xff\xff\x00\x00\x00"),
		"SVG with a script":            []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`),
		"zeros":                        make([]byte, 8<<20),
		"a film":                       []byte("\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"),
	}
}

// png is a PNG file that says how large it is, with so many bytes of zeros packed as
// its pixels, and a text of its own.
func png(w, h uint32, pixels int64, text ...[]byte) []byte {
	var out bytes.Buffer
	out.WriteString("\x89PNG\r\n\x1a\n")
	chunk := func(name string, body []byte) {
		binary.Write(&out, binary.BigEndian, uint32(len(body))) //nolint:errcheck,gosec // into memory; small
		all := append([]byte(name), body...)
		out.Write(all)
		binary.Write(&out, binary.BigEndian, crc32.ChecksumIEEE(all)) //nolint:errcheck // into memory
	}
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	chunk("IHDR", append(head, 8, 6, 0, 0, 0))
	for _, t := range text {
		chunk("zTXt", t)
	}
	chunk("IDAT", packed(pixels))
	chunk("IEND", nil)
	return out.Bytes()
}

// packed is so many zeros as PNG packs pixels (RFC 1950).
func packed(size int64) []byte {
	var out bytes.Buffer
	z := zlib.NewWriter(&out)
	io.Copy(z, io.LimitReader(zeros{}, size)) //nolint:errcheck // into memory
	z.Close()
	return out.Bytes()
}

// zips are archives that are none, or lie about what is in them.
func zips() map[string][]byte {
	archive := func(put func(z *zip.Writer)) []byte {
		var out bytes.Buffer
		z := zip.NewWriter(&out)
		put(z)
		z.Close()
		return out.Bytes()
	}
	file := func(z *zip.Writer, name string, body io.Reader) {
		if w, err := z.Create(name); err == nil {
			io.Copy(w, body) //nolint:errcheck // into memory
		}
	}
	manifest := `{"version":1,"files":[{"name":"original/a","bytes":10,"sha256":"` + sum + `"}]}`
	return map[string][]byte{
		"nothing":            {},
		"an empty one":       archive(func(*zip.Writer) {}),
		"a manifest of 1 GB": archive(func(z *zip.Writer) { file(z, "manifest.json", io.LimitReader(zeros{}, 1<<30)) }),
		"a signature of 1 GB": archive(func(z *zip.Writer) {
			file(z, "manifest.json", strings.NewReader(manifest))
			file(z, "manifest.sig", io.LimitReader(zeros{}, 1<<30))
		}),
		"an original of 1 GB": archive(func(z *zip.Writer) {
			file(z, "manifest.json", strings.NewReader(manifest))
			file(z, "manifest.sig", strings.NewReader("00"))
			file(z, "original/a", io.LimitReader(zeros{}, 1<<30))
		}),
		"names that lead out": archive(func(z *zip.Writer) {
			file(z, "../../../etc/passwd", strings.NewReader("x"))
			file(z, "/etc/passwd", strings.NewReader("x"))
		}),
		"one name twice": archive(func(z *zip.Writer) {
			file(z, "manifest.json", strings.NewReader(manifest))
			file(z, "manifest.json", strings.NewReader("{}"))
		}),
		"a hundred thousand": archive(func(z *zip.Writer) {
			for i := range 100_000 {
				file(z, fmt.Sprint(i), strings.NewReader(""))
			}
		}),
		"a manifest too deep": archive(func(z *zip.Writer) {
			file(z, "manifest.json", strings.NewReader(deep(400_000)))
			file(z, "manifest.sig", strings.NewReader("00"))
		}),
		"its end alone":         []byte("PK\x05\x06" + strings.Repeat("\xff", 18)),
		"a directory elsewhere": []byte("PK\x05\x06\x00\x00\x00\x00\x01\x00\x01\x00\xff\xff\xff\x7f\x00\x00\x00\x00\x00\x00"),
	}
}

func xmls() map[string][]byte {
	return map[string][]byte{
		"a billion laughs":  []byte(`<!DOCTYPE l [<!ENTITY a "lol">` + laughs() + `]><Response>&j;</Response>`),
		"a file":            []byte(`<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><Response><Result>&a;</Result></Response>`),
		"a million levels":  []byte(strings.Repeat("<a>", 1_000_000)),
		"a charset of none": []byte(`<?xml version="1.0" encoding="x-none"?><Response/>`),
		"GB18030 of noise":  []byte("<?xml version=\"1.0\" encoding=\"GB2312\"?><Response>\xff\xfe\x81</Response>"),
		"nothing":           {},
	}
}

// messageReaders read what comes over brokers, past the broker.
var messageReaders = []reader{
	{"events", func(_ context.Context, b []byte) error {
		_, refused, err := wire.DecodeBatch(b, "garden", "gate-1")
		return either(err, len(refused) > 0)
	}},
	{"coverage", func(_ context.Context, b []byte) error {
		_, refused, err := wire.DecodeCoverage(b)
		return either(err, len(refused) > 0)
	}},
	{"commands", func(_ context.Context, b []byte) error { _, err := wire.DecodeCommand(b); return err }},
	{"answers", func(_ context.Context, b []byte) error { _, err := wire.DecodeResult(b); return err }},
	{"acknowledgements", func(_ context.Context, b []byte) error { _, err := wire.DecodeAck(b); return err }},
	{"zones", func(_ context.Context, b []byte) error { _, err := wire.DecodeZones(b); return err }},
	{"police", func(_ context.Context, b []byte) error { return police.Check(b) }},
}

func either(err error, refused bool) error {
	if err == nil && refused {
		return errors.New("refused")
	}
	return err
}

func messages() map[string][]byte {
	out := map[string][]byte{}
	for name, body := range payloads() {
		if name != "a list of null" && name != "null" { // of no harm, and to some nothing at all
			out[name] = body
		}
	}
	return out
}
