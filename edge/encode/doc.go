// Package encode codes frames anew as H.264, with areas of the picture black.
//
// It promises that what is under those areas never reaches the encoder, and that
// coding ends within the bytes a second it was given. It is for the clips of
// cameras with private areas, and for nothing else: coding costs several times what
// decoding does.
package encode
