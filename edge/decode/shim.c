//go:build !nocv

#include "shim.h"

#include <libavutil/imgutils.h>
#include <libavutil/log.h>
#include <libswscale/swscale.h>
#include <string.h>

eg_decoder *eg_open(const char *name, const uint8_t *extra, int n, int64_t max_pixels, int *err) {
	av_log_set_level(AV_LOG_QUIET); // what goes wrong is counted and said by us
	const AVCodec *codec = avcodec_find_decoder_by_name(name);
	if (!codec) {
		*err = AVERROR_DECODER_NOT_FOUND;
		return NULL;
	}
	eg_decoder *d = av_mallocz(sizeof *d);
	*err = AVERROR(ENOMEM);
	if (!d) return NULL;
	d->ctx = avcodec_alloc_context3(codec);
	d->pkt = av_packet_alloc();
	if (!d->ctx || !d->pkt) goto fail;
	d->ctx->thread_count = 1;
	d->ctx->max_pixels = max_pixels;
	if (n > 0) {
		d->ctx->extradata = av_mallocz(n + AV_INPUT_BUFFER_PADDING_SIZE);
		if (!d->ctx->extradata) goto fail;
		memcpy(d->ctx->extradata, extra, n);
		d->ctx->extradata_size = n;
	}
	*err = avcodec_open2(d->ctx, codec, NULL);
	if (*err >= 0) return d;
fail:
	eg_close(d);
	return NULL;
}

int eg_send(eg_decoder *d, const uint8_t *data, int n, int64_t pts) {
	if (!data) return avcodec_send_packet(d->ctx, NULL);
	d->pkt->data = (uint8_t *)data;
	d->pkt->size = n;
	d->pkt->pts = pts;
	d->pkt->dts = AV_NOPTS_VALUE;
	int r = avcodec_send_packet(d->ctx, d->pkt); // copies: the packet has no owner
	d->pkt->data = NULL;
	d->pkt->size = 0;
	return r;
}

// eg_convert makes a 4:2:0 8 bit picture of any other.
static int eg_convert(eg_decoder *d, AVFrame *f) {
	AVFrame *g = av_frame_alloc();
	if (!g) return AVERROR(ENOMEM);
	g->format = AV_PIX_FMT_YUV420P;
	g->width = f->width;
	g->height = f->height;
	int r = av_frame_get_buffer(g, 0);
	if (r >= 0) r = av_frame_copy_props(g, f);
	if (r >= 0) {
		d->sws = sws_getCachedContext(d->sws, f->width, f->height, f->format, g->width, g->height, g->format,
			SWS_BILINEAR, NULL, NULL, NULL);
		r = d->sws ? sws_scale(d->sws, (const uint8_t *const *)f->data, f->linesize, 0, f->height, g->data, g->linesize) : AVERROR(EINVAL);
	}
	if (r >= 0) {
		av_frame_unref(f);
		av_frame_move_ref(f, g);
	}
	av_frame_free(&g);
	return r;
}

int eg_receive(eg_decoder *d, AVFrame **out, int *converted) {
	*converted = 0;
	AVFrame *f = av_frame_alloc();
	if (!f) return AVERROR(ENOMEM);
	int r = avcodec_receive_frame(d->ctx, f);
	if (r >= 0 && f->format != AV_PIX_FMT_YUV420P && f->format != AV_PIX_FMT_YUVJ420P && f->format != AV_PIX_FMT_GRAY8) {
		*converted = 1;
		r = eg_convert(d, f);
	}
	if (r < 0) {
		av_frame_free(&f);
		return r;
	}
	*out = f;
	return 0;
}

void eg_close(eg_decoder *d) {
	if (!d) return;
	sws_freeContext(d->sws);
	avcodec_free_context(&d->ctx);
	av_packet_free(&d->pkt);
	av_free(d);
}
