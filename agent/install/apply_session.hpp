// ApplySession: one life of a Decoder: takes up where the journal stands, then takes bytes from the network.
#pragma once

#include "agent/install/decoder.hpp"
#include "agent/install/slot_writer.hpp"
#include "agent/install/stash.hpp"
#include "skiff/applier.hpp"

namespace skiff::agent {

/// Which of the stash's bytes are tried.
enum class UseStash : std::uint8_t { kAll, kHeadOnly, kNothing };

struct SessionOptions {
  ApplyOptions apply;
  std::uint64_t delta_length = 0;
  std::uint64_t segments_done = 0;  ///< as journaled
};

class ApplySession {
 public:
  /// The decoder was made with options.apply; the stash outlives the session.
  ApplySession(std::unique_ptr<Decoder> decoder, Stash& stash, SessionOptions options)
      : decoder_(std::move(decoder)), stash_(stash), options_(std::move(options)) {}

  /// Feeds what the stash has. After an error the session is dead; try a new one with less of the stash.
  Result<void> restore(UseStash use);
  /// Takes bytes of the delta that begin at wanted().offset. False: what is wanted next lies elsewhere, or
  /// nothing more is.
  Result<bool> push(ByteView bytes);
  /// What to fetch next; length 0 when done().
  [[nodiscard]] ByteRange wanted() const;
  [[nodiscard]] bool done() const;
  /// See Applier::begun_segment().
  [[nodiscard]] BegunSegment begun_segment() { return decoder_->begun_segment(); }
  [[nodiscard]] std::uint64_t peak_memory() const { return decoder_->peak_memory(); }

 private:
  Result<void> push_some(ByteView bytes);
  Result<void> keep(std::uint64_t offset, ByteView bytes);
  Result<void> resume_once();
  [[nodiscard]] std::uint64_t stashed_next(UseStash use) const;

  std::unique_ptr<Decoder> decoder_;
  Stash& stash_;
  SessionOptions options_;
  bool resumed_ = false;
  bool complete_ = false;  ///< the journal says that every segment is done
};

}  // namespace skiff::agent
