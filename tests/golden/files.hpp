// The golden deltas: the good ones, and for each rule of FORMAT.md ones that break it.
#pragma once

#include <string>
#include <vector>

#include "skiff/bytes.hpp"
#include "skiff/result.hpp"

namespace skiff::testing {

/// A delta and the base image it is for. Its header says what must come out.
struct GoodFile {
  std::string name;
  Bytes base;
  Bytes delta;
};
std::vector<GoodFile> good_files();

/// A delta that breaks `rule`, and no rule that is checked before it.
struct BadFile {
  std::string rule;
  std::string name;
  ErrorKind kind;
  Bytes delta;
};
std::vector<BadFile> bad_files();
/// Those of codec 1, which are among them.
std::vector<BadFile> mixed_bad_files();
/// Those between opened images.
std::vector<GoodFile> opened_good_files();
std::vector<BadFile> opened_bad_files();
/// The base image that all bad files are for.
Bytes bad_files_base();

}  // namespace skiff::testing
