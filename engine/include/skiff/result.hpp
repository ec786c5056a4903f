// Error and Result: how everything in Skiff that the outside world can make fail reports it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace skiff {

/// What kind of thing went wrong; callers decide by this, people read `Error::message`.
enum class ErrorKind : std::uint8_t {
  kIo,           ///< the operating system refused a read, write, sync, open or rename
  kFormat,       ///< bytes that break a rule of their format; `rule` names it
  kMismatch,     ///< well-formed, but not for this base, result, device or request
  kLimit,        ///< needs more memory, space, bytes or steps than the caller allows
  kUnsupported,  ///< a version, codec or feature that this build does not know
  kSignature,    ///< a signature, threshold or key that does not hold
  kExpired,      ///< metadata past its date, or a clock that cannot be
  kRollback,     ///< older than what was already trusted or committed
  kNotFound,     ///< the named thing does not exist
  kUsage,        ///< the caller asked for something that makes no sense
  kCancelled,    ///< the caller asked to stop
  kNetwork,      ///< the other side could not be reached, or answered nonsense
};

/// The name of a kind as it stands in reports and logs, for example "format".
std::string_view to_string(ErrorKind kind);

/// One failure: its kind, the rule it breaks ("F7" of FORMAT.md, "T3" of a trust document; empty if none)
/// and a sentence that names the file, field or byte.
struct Error {
  ErrorKind kind = ErrorKind::kIo;
  std::string rule;
  std::string message;

  /// "F7: segment 3: copy past the base image at byte 4096"
  [[nodiscard]] std::string text() const { return rule.empty() ? message : rule + ": " + message; }
};

template <typename T>
using Result = tl::expected<T, Error>;

/// `return fail(ErrorKind::kFormat, "varint is not in its shortest form", "F3");`
[[nodiscard]] inline tl::unexpected<Error> fail(ErrorKind kind, std::string message, std::string rule = {}) {
  return tl::unexpected<Error>(Error{kind, std::move(rule), std::move(message)});
}

/// Hands an error on with what was being done put before it: "cannot open slot B: No such file".
[[nodiscard]] inline tl::unexpected<Error> fail_with(Error error, std::string_view context) {
  error.message = std::string(context) + ": " + error.message;
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace skiff

#define SKIFF_CONCAT_INNER(a, b) a##b
#define SKIFF_CONCAT(a, b) SKIFF_CONCAT_INNER(a, b)

/// Evaluates a Result<void> and returns its error from the enclosing function, if it has one.
#define SKIFF_TRY(expression)                                                     \
  do {                                                                            \
    if (auto skiff_try_result = (expression); !skiff_try_result)                  \
      return tl::unexpected<::skiff::Error>(std::move(skiff_try_result).error()); \
  } while (false)

/// `SKIFF_ASSIGN(auto header, read_header(cursor));` binds the value or returns the error.
#define SKIFF_ASSIGN(declaration, expression) \
  SKIFF_ASSIGN_INNER(declaration, expression, SKIFF_CONCAT(skiff_result_, __LINE__))
// NOLINTBEGIN(bugprone-macro-parentheses): a declaration and the name of a variable stand in none.
#define SKIFF_ASSIGN_INNER(declaration, expression, name)                    \
  auto name = (expression);                                                  \
  if (!name) return tl::unexpected<::skiff::Error>(std::move(name).error()); \
  declaration = std::move(*name)
// NOLINTEND(bugprone-macro-parentheses)
