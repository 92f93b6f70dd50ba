//go:build !nocv

#include "shim.h"

#include <libavutil/log.h>
#include <libavutil/opt.h>

eg_encoder *eg_encoder_open(int width, int height, int full, int64_t bits, int *err) {
	av_log_set_level(AV_LOG_QUIET); // what goes wrong is counted and said by us
	const AVCodec *codec = avcodec_find_encoder_by_name("libx264");
	if (!codec) codec = avcodec_find_encoder(AV_CODEC_ID_H264);
	if (!codec) {
		*err = AVERROR_ENCODER_NOT_FOUND;
		return NULL;
	}
	eg_encoder *e = av_mallocz(sizeof *e);
	*err = AVERROR(ENOMEM);
	if (!e) return NULL;
	e->ctx = avcodec_alloc_context3(codec);
	e->frame = av_frame_alloc();
	e->pkt = av_packet_alloc();
	if (!e->ctx || !e->frame || !e->pkt) goto fail;
	e->ctx->width = width;
	e->ctx->height = height;
	e->ctx->pix_fmt = AV_PIX_FMT_YUV420P;
	e->ctx->color_range = full ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
	e->ctx->time_base = (AVRational){1, 90000};
	e->ctx->framerate = (AVRational){25, 1};
	e->ctx->thread_count = 1;
	e->ctx->gop_size = 50;
	e->ctx->max_b_frames = 0;
	e->ctx->rc_max_rate = bits;
	e->ctx->rc_buffer_size = (int)FFMIN(bits, INT32_MAX);
	e->ctx->flags |= AV_CODEC_FLAG_GLOBAL_HEADER; // parameter sets in extradata
	// Those that another encoder than x264 does not know are left out.
	av_opt_set(e->ctx->priv_data, "preset", "veryfast", 0);
	av_opt_set(e->ctx->priv_data, "tune", "zerolatency", 0);
	av_opt_set(e->ctx->priv_data, "crf", "24", 0);
	*err = avcodec_open2(e->ctx, codec, NULL);
	if (*err < 0) goto fail;
	e->frame->format = AV_PIX_FMT_YUV420P;
	e->frame->width = width;
	e->frame->height = height;
	e->frame->color_range = e->ctx->color_range;
	*err = av_frame_get_buffer(e->frame, 0);
	if (*err >= 0) return e;
fail:
	eg_encoder_close(e);
	return NULL;
}

int eg_encoder_frame(eg_encoder *e) { return av_frame_make_writable(e->frame); }

int eg_encoder_send(eg_encoder *e, int64_t pts) {
	e->frame->pts = pts;
	return avcodec_send_frame(e->ctx, e->frame);
}

int eg_encoder_finish(eg_encoder *e) { return avcodec_send_frame(e->ctx, NULL); }

int eg_encoder_receive(eg_encoder *e) {
	av_packet_unref(e->pkt);
	return avcodec_receive_packet(e->ctx, e->pkt);
}

void eg_encoder_close(eg_encoder *e) {
	if (!e) return;
	avcodec_free_context(&e->ctx);
	av_frame_free(&e->frame);
	av_packet_free(&e->pkt);
	av_free(e);
}
