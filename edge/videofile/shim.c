//go:build !nocv

#include "shim.h"

#include <libavutil/log.h>

static int open_bsf(eg_file *f) {
	const char *name = NULL;
	if (f->video->codecpar->codec_id == AV_CODEC_ID_H264) name = "h264_mp4toannexb";
	if (f->video->codecpar->codec_id == AV_CODEC_ID_HEVC) name = "hevc_mp4toannexb";
	if (!name) return 0;
	int r = av_bsf_alloc(av_bsf_get_by_name(name), &f->bsf);
	if (r < 0) return r;
	r = avcodec_parameters_copy(f->bsf->par_in, f->video->codecpar);
	if (r < 0) return r;
	f->bsf->time_base_in = f->video->time_base;
	return av_bsf_init(f->bsf);
}

eg_file *eg_file_open(const char *path, int *err) {
	av_log_set_level(AV_LOG_QUIET); // errors are returned
	eg_file *f = av_mallocz(sizeof *f);
	*err = AVERROR(ENOMEM);
	if (!f) return NULL;
	f->pkt = av_packet_alloc();
	if (!f->pkt) goto fail;
	if ((*err = avformat_open_input(&f->fmt, path, NULL, NULL)) < 0) goto fail;
	if ((*err = avformat_find_stream_info(f->fmt, NULL)) < 0) goto fail;
	int best = av_find_best_stream(f->fmt, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
	if ((*err = best) < 0) goto fail;
	f->video = f->fmt->streams[best];
	for (unsigned i = 0; i < f->fmt->nb_streams; i++)
		if ((int)i != best) f->fmt->streams[i]->discard = AVDISCARD_ALL;
	if ((*err = open_bsf(f)) < 0) goto fail;
	return f;
fail:
	eg_file_close(f);
	return NULL;
}

// read_video reads the next packet of the video stream.
static int read_video(eg_file *f) {
	for (;;) {
		int r = av_read_frame(f->fmt, f->pkt);
		if (r < 0) return r;
		if (f->pkt->stream_index == f->video->index) return 0;
		av_packet_unref(f->pkt);
	}
}

int eg_file_next(eg_file *f) {
	av_packet_unref(f->pkt);
	if (!f->bsf) return read_video(f);
	for (;;) {
		int r = av_bsf_receive_packet(f->bsf, f->pkt);
		if (r != AVERROR(EAGAIN)) return r;
		if (!f->ended) {
			r = read_video(f);
			if (r < 0 && r != AVERROR_EOF) return r;
			f->ended = r == AVERROR_EOF;
		}
		r = av_bsf_send_packet(f->bsf, f->ended ? NULL : f->pkt);
		if (r < 0) return r;
	}
}

AVCodecParameters *eg_file_params(eg_file *f) { return f->bsf ? f->bsf->par_out : f->video->codecpar; }

void eg_file_close(eg_file *f) {
	if (!f) return;
	av_bsf_free(&f->bsf);
	avformat_close_input(&f->fmt);
	av_packet_free(&f->pkt);
	av_free(f);
}
