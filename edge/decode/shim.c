//go:build !nocv

#include "shim.h"

#include <libavutil/imgutils.h>
#include <libavutil/log.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
#include <string.h>

eg_decoder *eg_open(const eg_stream *s, int64_t max_pixels, int *err) {
	av_log_set_level(AV_LOG_QUIET); // what goes wrong is counted and said by us
	const AVCodecDescriptor *kind = avcodec_descriptor_get_by_name(s->codec);
	const AVCodec *codec = kind ? avcodec_find_decoder(kind->id) : NULL;
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
	d->ctx->width = s->width;
	d->ctx->height = s->height;
	d->ctx->codec_tag = s->tag;
	d->ctx->bits_per_coded_sample = s->bits;
	if (s->quick) d->ctx->skip_loop_filter = AVDISCARD_ALL;
	if (s->pixels) d->ctx->pix_fmt = av_get_pix_fmt(s->pixels);
	if (s->extra_size > 0) {
		d->ctx->extradata = av_mallocz(s->extra_size + AV_INPUT_BUFFER_PADDING_SIZE);
		if (!d->ctx->extradata) goto fail;
		memcpy(d->ctx->extradata, s->extra, s->extra_size);
		d->ctx->extradata_size = s->extra_size;
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

void eg_flush(eg_decoder *d) { avcodec_flush_buffers(d->ctx); }

// is_full reports whether a picture's luma runs from 0 to 255. One of red, green and
// blue has no luma; it is converted to the limited range, the fast way of swscale.
static int is_full(const AVFrame *f) {
	const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(f->format);
	if (!desc || desc->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL)) return 0;
	switch (f->format) {
	case AV_PIX_FMT_YUVJ420P:
	case AV_PIX_FMT_YUVJ422P:
	case AV_PIX_FMT_YUVJ444P:
	case AV_PIX_FMT_YUVJ440P:
	case AV_PIX_FMT_YUVJ411P:
		return 1;
	}
	return f->color_range == AVCOL_RANGE_JPEG;
}

// is_plain reports whether a picture can be handed out as it is.
static int is_plain(const AVFrame *f) {
	if (f->linesize[0] <= 0) return 0; // stored upside down
	return f->format == AV_PIX_FMT_YUV420P || f->format == AV_PIX_FMT_YUVJ420P || f->format == AV_PIX_FMT_GRAY8;
}

// eg_convert makes a 4:2:0 8 bit picture of any other, in the same range.
static int eg_convert(eg_decoder *d, AVFrame *f) {
	AVFrame *g = av_frame_alloc();
	if (!g) return AVERROR(ENOMEM);
	g->format = AV_PIX_FMT_YUV420P;
	g->width = f->width;
	g->height = f->height;
	int full = is_full(f);
	int r = av_frame_get_buffer(g, 0);
	if (r >= 0) r = av_frame_copy_props(g, f);
	if (r >= 0) {
		g->color_range = full ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
		d->sws = sws_getCachedContext(d->sws, f->width, f->height, f->format, g->width, g->height, g->format,
			SWS_BILINEAR, NULL, NULL, NULL);
		const int *matrix = sws_getCoefficients(SWS_CS_DEFAULT);
		if (d->sws) sws_setColorspaceDetails(d->sws, matrix, full, matrix, full, 0, 1 << 16, 1 << 16);
		r = d->sws ? sws_scale(d->sws, (const uint8_t *const *)f->data, f->linesize, 0, f->height, g->data, g->linesize) : AVERROR(EINVAL);
	}
	if (r >= 0) {
		av_frame_unref(f);
		av_frame_move_ref(f, g);
	}
	av_frame_free(&g);
	return r;
}

int eg_receive(eg_decoder *d, AVFrame **out, int *converted, int *full) {
	*converted = 0;
	AVFrame *f = av_frame_alloc();
	if (!f) return AVERROR(ENOMEM);
	int r = avcodec_receive_frame(d->ctx, f);
	if (r >= 0 && !is_plain(f)) {
		*converted = 1;
		r = eg_convert(d, f);
	}
	if (r < 0) {
		av_frame_free(&f);
		return r;
	}
	*out = f;
	*full = is_full(f);
	return 0;
}

int eg_plane_size(const AVFrame *f, int plane, int rows, int width) {
	size_t whole = (size_t)f->linesize[plane] * rows;
	size_t least = (size_t)f->linesize[plane] * (rows - 1) + width;
	AVBufferRef *owner = av_frame_get_plane_buffer((AVFrame *)f, plane);
	if (!owner || f->data[plane] + whole <= owner->data + owner->size) return (int)whole;
	return (int)least;
}

void eg_close(eg_decoder *d) {
	if (!d) return;
	sws_freeContext(d->sws);
	avcodec_free_context(&d->ctx);
	av_packet_free(&d->pkt);
	av_free(d);
}
