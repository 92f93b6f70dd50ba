#ifndef EASTGATE_DECODE_SHIM_H
#define EASTGATE_DECODE_SHIM_H

#include <libavcodec/avcodec.h>
#include <stdint.h>

// A decoder of one coded stream.
typedef struct eg_decoder {
	AVCodecContext *ctx;
	AVPacket *pkt;
	void *sws; // converts pictures that are not 4:2:0 8 bit; NULL until one comes
} eg_decoder;

// What is known of the coded pictures: as in AVCodecParameters, 0 or NULL where not.
typedef struct eg_stream {
	const char *codec, *pixels;
	const uint8_t *extra;
	int extra_size, width, height, bits;
	int quick; // leave out the loop filter: a little less smooth, a fifth less work
	uint32_t tag;
} eg_stream;

// eg_open opens the decoder of a stream. On failure it returns NULL and an AVERROR
// in err.
eg_decoder *eg_open(const eg_stream *s, int64_t max_pixels, int *err);

// eg_send gives one coded picture; data NULL ends the stream. data is copied.
int eg_send(eg_decoder *d, const uint8_t *data, int n, int64_t pts);

// eg_flush forgets what was sent, so that decoding can start at a key picture, also
// after the end.
void eg_flush(eg_decoder *d);

// eg_receive gives one picture as 4:2:0 8 bit or grey in out, which the caller
// frees with av_frame_free. converted is set when its format had to be changed,
// full when its values run from 0 to 255.
int eg_receive(eg_decoder *d, AVFrame **out, int *converted, int *full);

// eg_plane_size is how many bytes of a plane may be read: whole rows, or, where a
// cropped picture ends at the end of its memory, up to the last pixel.
int eg_plane_size(const AVFrame *f, int plane, int rows, int width);

void eg_close(eg_decoder *d);

#endif
