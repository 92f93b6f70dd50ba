#ifndef EASTGATE_DECODE_PROBE_H
#define EASTGATE_DECODE_PROBE_H

#include "shim.h"

// eg_lone_open opens a decoder of P-pictures that are sent without those to which they refer.
eg_decoder *eg_lone_open(const eg_stream *s, int64_t max_pixels, int *err);

// eg_movement reads the movement of a picture of such a decoder. To moved, which has room for so
// many blocks of 16 by 16 pixels, it writes how far each has moved since the picture before, in
// quarters of a pixel up to 254, or 255 where it is coded anew; wide and high say how many blocks
// there are. It returns how many vectors were found: 0 where the picture tells none.
int eg_movement(const AVFrame *f, uint8_t *moved, int room, int *wide, int *high);

#endif
