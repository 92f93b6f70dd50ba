//go:build !nocv

#include "probe.h"

#include <libavutil/common.h>
#include <libavutil/motion_vector.h>
#include <stdlib.h>
#include <string.h>

eg_decoder *eg_lone_open(const eg_stream *s, int64_t max_pixels, int *err) {
	eg_decoder *d = eg_open(s, max_pixels, err);
	if (!d) return NULL;
	// These are read for each picture, so they may be set now that it is open.
	d->ctx->flags |= AV_CODEC_FLAG_OUTPUT_CORRUPT | AV_CODEC_FLAG_LOW_DELAY;
	d->ctx->flags2 |= AV_CODEC_FLAG2_SHOW_ALL;
	d->ctx->export_side_data |= AV_CODEC_EXPORT_DATA_MVS; // as AV_CODEC_FLAG2_EXPORT_MVS, which is read when opening
	d->ctx->error_concealment = 0;
	return d;
}

int eg_movement(const AVFrame *f, uint8_t *moved, int room, int *wide, int *high) {
	*wide = (f->width + 15) / 16;
	*high = (f->height + 15) / 16;
	const AVFrameSideData *side = av_frame_get_side_data(f, AV_FRAME_DATA_MOTION_VECTORS);
	if (!side || *wide * *high > room) return 0;
	memset(moved, 255, (size_t)*wide * *high);
	const AVMotionVector *v = (const AVMotionVector *)side->data;
	int n = (int)(side->size / sizeof *v);
	for (int i = 0; i < n; i++) {
		int x = v[i].dst_x >> 4, y = v[i].dst_y >> 4;
		if (x < 0 || y < 0 || x >= *wide || y >= *high || !v[i].motion_scale) continue;
		int far = FFMAX(abs(v[i].motion_x), abs(v[i].motion_y)) * 4 / v[i].motion_scale;
		uint8_t *m = &moved[y * *wide + x];
		far = FFMIN(far, 254);
		*m = *m == 255 ? far : FFMAX(*m, far);
	}
	return n;
}
