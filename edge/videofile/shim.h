#ifndef EASTGATE_VIDEOFILE_SHIM_H
#define EASTGATE_VIDEOFILE_SHIM_H

#include <libavcodec/avcodec.h>
#include <libavcodec/bsf.h>
#include <libavformat/avformat.h>

// A file being read.
typedef struct eg_file {
	AVFormatContext *fmt;
	AVBSFContext *bsf; // makes Annex B of H.264 and H.265; NULL for other codecs
	AVPacket *pkt;     // the last one given
	AVStream *video;
	int ended;         // the demuxer has nothing more
	int changed;       // the pictures from here on have new parameters
	int64_t damaged;   // pictures that could not be read and were passed over
} eg_file;

// eg_file_open opens a file and finds its video. On failure it returns NULL and an
// AVERROR in err.
eg_file *eg_file_open(const char *path, int *err);

// eg_file_next reads the next coded picture into f->pkt.
int eg_file_next(eg_file *f);

// eg_file_when returns a time of the video stream in nanoseconds.
int64_t eg_file_when(const eg_file *f, int64_t ts);

// eg_file_params are the parameters of what eg_file_next gives.
AVCodecParameters *eg_file_params(eg_file *f);

void eg_file_close(eg_file *f);

#endif
