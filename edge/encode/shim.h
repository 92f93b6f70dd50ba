#ifndef EASTGATE_ENCODE_SHIM_H
#define EASTGATE_ENCODE_SHIM_H

#include <libavcodec/avcodec.h>
#include <stdint.h>

// An encoder of pictures of one size.
typedef struct eg_encoder {
	AVCodecContext *ctx;
	AVFrame *frame; // the picture that is filled next
	AVPacket *pkt;  // the coded picture that was received last
} eg_encoder;

// eg_encoder_open opens an H.264 encoder for 4:2:0 pictures of even width and height
// whose times count 1/90000 s. bits bounds what a second takes. On failure it returns
// NULL and an AVERROR in err.
eg_encoder *eg_encoder_open(int width, int height, int full, int64_t bits, int *err);

// eg_encoder_frame makes frame ready to be filled.
int eg_encoder_frame(eg_encoder *e);

// eg_encoder_send codes frame, which is shown at pts.
int eg_encoder_send(eg_encoder *e, int64_t pts);

// eg_encoder_finish says that nothing more comes.
int eg_encoder_finish(eg_encoder *e);

// eg_encoder_receive puts the next coded picture into pkt.
int eg_encoder_receive(eg_encoder *e);

void eg_encoder_close(eg_encoder *e);

#endif
