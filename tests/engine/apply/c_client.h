/* A client of the C API, compiled as C: applies a delta from memory to memory. */
#ifndef SKIFF_TESTS_C_CLIENT_H
#define SKIFF_TESTS_C_CLIENT_H

#include "skiff/apply.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Which of the callbacks fails, if any. */
enum c_client_fault { C_FAULT_NONE, C_FAULT_READ, C_FAULT_WRITE, C_FAULT_DONE, C_FAULT_DIGEST };

typedef struct c_client {
  const uint8_t* base;
  uint64_t base_length;
  uint8_t* result; /* room for the result image */
  uint64_t result_length;
  enum c_client_fault fault;
  uint64_t segments_done; /* counted here */
  uint64_t last_segment;
  uint64_t open_digests; /* states that are open: 0 after close */
} c_client;

void c_client_callbacks(c_client* client, skiff_callbacks* callbacks);

/* Pushes the delta in steps of `step` bytes until done or failed; returns the last code. */
int c_client_push(skiff_applier* applier, const uint8_t* delta, uint64_t length, uint64_t step);

#ifdef __cplusplus
}
#endif

#endif
