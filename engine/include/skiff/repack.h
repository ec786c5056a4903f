/* The re-packers of skiff::repack for the C API of apply.h. A program links the libraries of those it names.
 */
#ifndef SKIFF_REPACK_H
#define SKIFF_REPACK_H

#include "skiff/apply.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Each lives as long as the program; any number of appliers and threads may use one. */
const skiff_repacker* skiff_deflate_repacker(void);    /* zlib */
const skiff_repacker* skiff_lz4_repacker(void);        /* liblz4 */
const skiff_repacker* skiff_lzo_repacker(void);        /* liblzo2; null in builds without SKIFF_LZO */
const skiff_repacker* skiff_micro_lzma_repacker(void); /* liblzma, for erofs */
const skiff_repacker* skiff_png_repacker(void);        /* no library's: PNG pictures in several chunks */
const skiff_repacker* skiff_prediction_repacker(void); /* no library's: deflate streams of any encoder */
const skiff_repacker* skiff_xz_repacker(void);         /* liblzma */
const skiff_repacker* skiff_zstd_repacker(void);       /* libzstd */

#ifdef __cplusplus
}
#endif
#endif
