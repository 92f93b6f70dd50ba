// Package decode turns coded pictures into frames with libavcodec.
//
// It promises frames in the order of their PTS whose planes are the decoder's
// own memory, not copies; that a picture which libavcodec knows to be broken is
// passed over with all that depends on it; and that a stream that changes codec
// or size midway goes on. One decoder uses one thread: cameras share the box by
// being many.
//
// It does not notice that a packet is missing, nor most damage inside H.265
// pictures: libavcodec 5.1 says nothing of either. Whoever loses a packet must
// send nothing more before the next key picture.
package decode
