// SignRequest: a next version of offline metadata on its way to people whose keys are on machines without a
// network.
#pragma once

#include <string>
#include <vector>

#include "skiff/trust.hpp"

namespace skiff {

/// What a repository proposes to sign, with all that a signer needs to judge it: the metadata it follows,
/// back to the root. Images never travel, only their hashes. A request may pass from signer to signer, or
/// each may sign a copy.
class SignRequest {
 public:
  /// `next`: the signed part to be signed as `role`; `chain`: metadata files from the current root to the
  /// version of the role that `next` follows: one file for root, two for targets, three for a delegated role,
  /// but two for the first version of a bin of `releases`, which follows nothing.
  static Result<SignRequest> make(std::string role, Json next, const std::vector<Bytes>& chain);
  /// kFormat: not a request; or its summary is not what make() would say, so that nobody signs what they did
  /// not read.
  static Result<SignRequest> parse(ByteView untrusted_text);
  [[nodiscard]] std::string text() const;

  /// Every difference to the version before, a line each: nothing that is signed is left out.
  [[nodiscard]] const std::vector<std::string>& summary() const { return summary_; }
  /// kSignature unless the chain holds and begins with `trusted_root`, or with a root that the threshold of
  /// that one signed: without it, a request could lie about what came before.
  [[nodiscard]] Result<void> check(ByteView trusted_root) const;
  /// Adds the key's signature. kUsage where no role that has to sign knows the key.
  Result<void> sign(const Signer& key);
  /// Takes the members of a metadata file's `signatures`, as far as those keys have not signed yet.
  Result<void> take(const Json::Array& untrusted_signatures);
  /// Takes the signatures of another copy; kMismatch if it is of something else.
  Result<void> merge(const SignRequest& other);
  /// "root of version 3: 1 of 2 signatures", a line for each threshold that has to be met.
  [[nodiscard]] Result<std::vector<std::string>> progress() const;
  /// The metadata file; kSignature, with progress() in it, unless every threshold is met.
  [[nodiscard]] Result<std::string> finish() const;

  [[nodiscard]] const std::string& role() const { return role_; }
  [[nodiscard]] const Json& next() const { return next_; }
  /// The version that the request follows, as a file; empty if it is the first.
  [[nodiscard]] std::string previous() const;

 private:
  std::string role_;
  Json next_;
  Json::Array chain_;  ///< the files' JSON
  Json::Array signatures_;
  std::vector<std::string> summary_;
};

/// What is signed together travels in one file, a request a line. As SignRequest::parse(); kFormat if there
/// is none.
Result<std::vector<SignRequest>> parse_sign_requests(ByteView untrusted_text);
std::string sign_requests_text(const std::vector<SignRequest>& requests);

}  // namespace skiff
