#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_PROMISE_WATCH_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_PROMISE_WATCH_H_

#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/service/stream_cursor.h"
#include "rapport/response_times/v1/promises.pb.h"
#include "services/response_times/service/promise_reader.h"
#include "services/response_times/service/reader.h"

namespace rapport::response_times {

// Follows a tenant's promises: what is due as time passes, from the index of due times, and what changes, from the
// stream. Everything is told at least once. Not thread-safe; blocks on the store.
class PromiseWatch {
 public:
  // From the token's position on, or from now without one. `only_agent`, unless empty, sees own promises only.
  // INVALID_ARGUMENT; OUT_OF_RANGE when the token is older than the past kept.
  static absl::StatusOr<PromiseWatch> Open(Reader& reader, absl::string_view tenant, absl::string_view only_agent,
                                           const v1::WatchPromisesRequest& request);

  // Fills in the next message; false when there is none yet. OUT_OF_RANGE as above.
  absl::StatusOr<bool> Next(v1::WatchPromisesResponse& response);

 private:
  PromiseWatch(Reader& reader, absl::string_view tenant, service::StreamCursor stream)
      : reader_(&reader), tenant_(tenant), stream_(std::move(stream)) {}

  absl::Status ReadOn();
  // The ids due after `told`, until `until`, a bounded number of them; moves `told` behind them. `more` is set when
  // some are left.
  absl::StatusOr<std::vector<std::string>> ReadDue(DuePromise& told, absl::Time until, bool& more);
  absl::Status Tell(const std::vector<std::string>& ids, bool changed);
  v1::PromiseNews NewsOf(const v1::Promise& promise, bool changed) const;
  bool IsWatched(const v1::Promise& promise) const;
  std::string Token() const;

  Reader* reader_;
  std::string tenant_;
  std::string agent_id_;
  std::string only_agent_;
  absl::Duration about_to_break_;
  service::StreamCursor stream_;
  DuePromise warned_;  // up to here it was told what is about to break
  DuePromise broken_;  // and here what broke
  std::deque<v1::WatchPromisesResponse> pending_;
  std::string token_;         // before everything in pending_
  bool token_moved_ = false;  // since it was last told
  bool told_since_ = false;   // something was told behind the last token
  absl::Time token_told_at_ = absl::InfinitePast();
  // What was told last of a promise, and of which moment: it is not told again. Forgotten when it grows large.
  absl::flat_hash_map<std::string, std::pair<v1::PromiseNews, int64_t>> told_;
};

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_PROMISE_WATCH_H_
