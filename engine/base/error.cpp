#include "skiff/result.hpp"

namespace skiff {

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kIo:
      return "io";
    case ErrorKind::kFormat:
      return "format";
    case ErrorKind::kMismatch:
      return "mismatch";
    case ErrorKind::kLimit:
      return "limit";
    case ErrorKind::kUnsupported:
      return "unsupported";
    case ErrorKind::kSignature:
      return "signature";
    case ErrorKind::kExpired:
      return "expired";
    case ErrorKind::kRollback:
      return "rollback";
    case ErrorKind::kNotFound:
      return "not-found";
    case ErrorKind::kUsage:
      return "usage";
    case ErrorKind::kCancelled:
      return "cancelled";
    case ErrorKind::kNetwork:
      return "network";
  }
  return "unknown";
}

}  // namespace skiff
