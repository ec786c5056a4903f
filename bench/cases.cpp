#include "cases.hpp"

#include <cstdio>
#include <cstdlib>

#include "images.hpp"
#include "skiff/trust.hpp"

namespace skiff::bench {
namespace {

constexpr std::size_t kLength = std::size_t{4} << 20;

}  // namespace

std::string to_string(Case which) {
  switch (which) {
    case Case::kIdentical:
      return "identical";
    case Case::kRevised:
      return "revised";
    case Case::kUnrelated:
      return "unrelated";
  }
  return "";
}

Pair make_pair_of(Case which) {
  switch (which) {
    case Case::kIdentical: {
      const Bytes image = Program::make(1, kLength).linked();
      return {image, image};
    }
    case Case::kRevised: {
      const Program program = Program::make(1, kLength);
      return {program.linked(), program.revised(2).linked()};
    }
    case Case::kUnrelated:
      return {make_noise(1, kLength), make_noise(2, kLength)};
  }
  return {};
}

Bytes make_delta(const Pair& pair, const DiffOptions& options) {
  BytesSink delta;
  const auto report =
      build_delta(ViewSource(pair.base), ViewSource(pair.result), delta, options, make_sha256);
  if (!report) {
    std::fprintf(stderr, "%s\n", report.error().text().c_str());
    std::abort();
  }
  return delta.take();
}

}  // namespace skiff::bench
