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

// eg_open opens a decoder by FFmpeg's name of the codec. On failure it returns
// NULL and an AVERROR in err.
eg_decoder *eg_open(const char *codec, const uint8_t *extra, int n, int64_t max_pixels, int *err);

// eg_send gives one coded picture; data NULL ends the stream. data is copied.
int eg_send(eg_decoder *d, const uint8_t *data, int n, int64_t pts);

// eg_receive gives one picture as 4:2:0 8 bit or grey in out, which the caller
// frees with av_frame_free. converted is set when its format had to be changed.
int eg_receive(eg_decoder *d, AVFrame **out, int *converted);

void eg_close(eg_decoder *d);

#endif
