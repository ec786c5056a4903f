/* C API of the applier, for update agents that embed Skiff: push bytes, three callbacks, resume, finish.
 *
 * Conventions: functions return 0 or a SKIFF_E_* code (negative); after an error every call returns it again.
 * Callbacks return 0 or any other number for failure. Nothing is thrown, logged or kept beyond the handle.
 * Not thread-safe: one handle, one thread at a time. */
#ifndef SKIFF_APPLY_H
#define SKIFF_APPLY_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  SKIFF_OK = 0,
  SKIFF_E_IO = -1,          /* a callback failed */
  SKIFF_E_FORMAT = -2,      /* the delta breaks a rule of FORMAT.md */
  SKIFF_E_MISMATCH = -3,    /* not for this base, or the result differs */
  SKIFF_E_LIMIT = -4,       /* needs more memory than max_memory */
  SKIFF_E_UNSUPPORTED = -5, /* a format version or codec this build does not know */
  SKIFF_E_SIGNATURE = -6,   /* a frame or the head does not have the hash it should have */
  SKIFF_E_USAGE = -7        /* called out of order or with a null pointer */
};

typedef struct skiff_applier skiff_applier;

typedef struct skiff_callbacks {
  void* user; /* handed to each callback */
  /* Fill `out` with `length` bytes of the base image from `offset`. */
  int (*read_old)(void* user, uint64_t offset, void* out, size_t length);
  /* Take `length` bytes of the result image at `offset`; in order within a segment. */
  int (*write_new)(void* user, uint64_t offset, const void* bytes, size_t length);
  /* Data segment `segment` is complete and its digest holds: sync, then journal it. May be null. */
  int (*segment_done)(void* user, uint64_t segment);
  /* SHA-256 in three calls; `sha256_open` returns a state or null. */
  void* (*sha256_open)(void* user);
  void (*sha256_update)(void* state, const void* bytes, size_t length);
  void (*sha256_close)(void* state, uint8_t digest[32]); /* writes the digest and frees the state */
} skiff_callbacks;

/* Opens compressed streams and packs them again, by one library: what deltas of packed images need. Those of
 * skiff::repack come from repack.h. */
typedef struct skiff_repacker skiff_repacker;
/* As check-ins name it; and the version of its library as a number: a delta that packs by another is refused.
 */
const char* skiff_repacker_name(const skiff_repacker* repacker);
uint64_t skiff_repacker_version(const skiff_repacker* repacker);

typedef struct skiff_apply_options {
  uint64_t base_length;                   /* length of the base image in bytes */
  uint64_t max_memory;                    /* bytes; 0 for 8 MiB */
  const uint8_t* frames_root;             /* 32 bytes from signed metadata, or null to skip that check */
  const skiff_repacker* const* repackers; /* those that the device has; may be null if there are none */
  size_t repacker_count;
  unsigned threads; /* that pack streams, the caller's with them, as far as max_memory goes; 0 is 1. Callbacks
                     * are called by the caller's alone. */
} skiff_apply_options;

/* Opens an applier; the callbacks are copied. Null if a required callback is null or memory is short. */
skiff_applier* skiff_applier_open(const skiff_callbacks* callbacks, const skiff_apply_options* options);
/* Pushes delta bytes that begin at skiff_applier_next(); at most skiff_applier_wanted() of them. */
int skiff_applier_push(skiff_applier* applier, const void* bytes, size_t length);
/* After the head was pushed again: go on with data segment `segment`. */
int skiff_applier_resume(skiff_applier* applier, uint64_t segment);
/* Offset in the delta of the next byte wanted, and how many from there in sequence (0: done). */
uint64_t skiff_applier_next(const skiff_applier* applier);
uint64_t skiff_applier_wanted(const skiff_applier* applier);
/* 1 when every segment is complete, else 0. Compare the result image's SHA-256 with the signed one then. */
int skiff_applier_done(const skiff_applier* applier);
/* The last error as text, naming the rule and the byte; empty if none. Valid until the next call. */
const char* skiff_applier_error(const skiff_applier* applier);
/* Frees the applier; null is allowed. */
void skiff_applier_close(skiff_applier* applier);

#ifdef __cplusplus
}
#endif
#endif
