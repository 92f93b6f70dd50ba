package report

import "encoding/binary"

// orientation returns how a JPEG's camera was held, 1 to 8 (Exif 2.32 §4.6.4); 1
// where it does not say. Nothing else is read.
func orientation(photo []byte) int {
	tiff := exif(photo)
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	if tiff[0] == 'M' {
		order = binary.BigEndian
	}
	at := int64(order.Uint32(tiff[4:])) // of the first directory (TIFF 6.0 §2)
	if at+2 > int64(len(tiff)) {
		return 1
	}
	entries := int64(order.Uint16(tiff[at:]))
	for n := range entries {
		entry := at + 2 + 12*n
		if entry+12 > int64(len(tiff)) {
			return 1
		}
		if order.Uint16(tiff[entry:]) == 0x0112 {
			return int(order.Uint16(tiff[entry+8:]))
		}
	}
	return 1
}

// exif returns what an APP1 segment holds after "Exif" (Exif 2.32 §4.5.4).
func exif(jpeg []byte) []byte {
	for at := 2; at+4 <= len(jpeg) && jpeg[at] == 0xFF; {
		size := int(binary.BigEndian.Uint16(jpeg[at+2:]))
		end := at + 2 + size
		if size < 2 || end > len(jpeg) || jpeg[at+1] == 0xDA { // the picture itself begins
			return nil
		}
		body := jpeg[at+4 : end]
		if jpeg[at+1] == 0xE1 && len(body) > 6 && string(body[:6]) == "Exif\x00\x00" {
			return body[6:]
		}
		at = end
	}
	return nil
}
