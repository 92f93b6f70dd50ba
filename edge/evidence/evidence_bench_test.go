package evidence

import "testing"

func BenchmarkEncode1080p(b *testing.B) {
	f := frame(1920, 1080, nil)
	for _, limited := range []bool{false, true} {
		name := "full"
		if limited {
			name = "limited"
		}
		b.Run(name, func(b *testing.B) {
			f.Limited = limited
			for b.Loop() {
				if _, err := encode(f, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkPut300kB(b *testing.B) {
	c := config(b)
	c.MaxBytes = 8 << 20
	f := open(b, c, metrics())
	data := make([]byte, 300<<10)
	for i := 0; b.Loop(); i++ {
		data[0], data[1], data[2] = byte(i), byte(i>>8), byte(i>>16)
		if _, err := f.Put(label, data); err != nil {
			b.Fatal(err)
		}
	}
}
