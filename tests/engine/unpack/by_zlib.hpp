// by_zlib(): what zlib itself makes of a content.
#pragma once

#include <gtest/gtest.h>
#include <zlib.h>

#include "skiff/bytes.hpp"

namespace skiff::unpack {

/// deflateInit2's arguments; a negative window is that of a stream without a header.
struct ZlibOptions {
  int level = 6;
  int memory = 8;
  int strategy = Z_DEFAULT_STRATEGY;
  int window = -MAX_WBITS;
};

inline Bytes by_zlib(const Bytes& content, const ZlibOptions& options) {
  z_stream stream{};
  EXPECT_EQ(
      deflateInit2(&stream, options.level, Z_DEFLATED, options.window, options.memory, options.strategy),
      Z_OK);
  Bytes packed(deflateBound(&stream, content.size()) + 64);
  stream.next_in = const_cast<Bytef*>(content.data());
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = packed.data();
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

}  // namespace skiff::unpack
