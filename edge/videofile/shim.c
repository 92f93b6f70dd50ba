//go:build !nocv

#include "shim.h"

#include <libavutil/log.h>
#include <libavutil/mathematics.h>
#include <string.h>

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
	AVDictionary *options = NULL; // a playlist must not lead out of the machine
	if ((*err = av_dict_set(&options, "protocol_whitelist", "file", 0)) < 0) goto fail;
	*err = avformat_open_input(&f->fmt, path, NULL, &options);
	av_dict_free(&options);
	if (*err < 0) goto fail;
	f->fmt->flags |= AVFMT_FLAG_GENPTS; // AVI with B-pictures does not say when they are shown
	if ((*err = avformat_find_stream_info(f->fmt, NULL)) < 0) goto fail;
	int best = av_find_best_stream(f->fmt, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
	if ((*err = best) < 0) goto fail;
	f->video = f->fmt->streams[best];
	// FFmpeg takes a text for a film of a terminal, and the cover of a song for one too.
	*err = AVERROR_STREAM_NOT_FOUND;
	if (!strcmp(f->fmt->iformat->name, "tty") || f->video->disposition & AV_DISPOSITION_ATTACHED_PIC) goto fail;
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

// renew takes over the parameters that the container gives with a packet.
static int renew(eg_file *f) {
	size_t n;
	uint8_t *extra = av_packet_get_side_data(f->pkt, AV_PKT_DATA_NEW_EXTRADATA, &n);
	if (!extra || n == 0) return 0;
	AVCodecParameters *par = f->video->codecpar;
	if (n == (size_t)par->extradata_size && !memcmp(extra, par->extradata, n)) return 0;
	uint8_t *copy = av_mallocz(n + AV_INPUT_BUFFER_PADDING_SIZE);
	if (!copy) return AVERROR(ENOMEM);
	memcpy(copy, extra, n);
	av_freep(&par->extradata);
	par->extradata = copy;
	par->extradata_size = (int)n;
	par->width = par->height = 0; // those of before are not those of now
	f->changed = 1;
	av_bsf_free(&f->bsf);
	return open_bsf(f);
}

int eg_file_next(eg_file *f) {
	av_packet_unref(f->pkt);
	for (;;) {
		int r = f->bsf ? av_bsf_receive_packet(f->bsf, f->pkt) : AVERROR(EAGAIN);
		if (r == AVERROR_INVALIDDATA) { // one damaged picture does not spoil the others
			f->damaged++;
			continue;
		}
		if (r != AVERROR(EAGAIN)) return r;
		r = f->ended ? AVERROR_EOF : read_video(f);
		f->ended = r == AVERROR_EOF;
		if (r >= 0) r = renew(f);
		if (!f->bsf) return r;
		if (r < 0 && !f->ended) return r;
		r = av_bsf_send_packet(f->bsf, f->ended ? NULL : f->pkt);
		if (r < 0) return r;
	}
}

int64_t eg_file_when(const eg_file *f, int64_t ts) {
	return av_rescale_q(ts, f->video->time_base, (AVRational){1, 1000000000});
}

AVCodecParameters *eg_file_params(eg_file *f) { return f->bsf ? f->bsf->par_out : f->video->codecpar; }

void eg_file_close(eg_file *f) {
	if (!f) return;
	av_bsf_free(&f->bsf);
	avformat_close_input(&f->fmt);
	av_packet_free(&f->pkt);
	av_free(f);
}
