#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_STREAM_CURSOR_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_STREAM_CURSOR_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/store/store.h"
#include "services/response_times/core/change_stream.h"

namespace rapport::response_times {

// A reader's place in the change streams of all partitions of a tenant. Not thread-safe; blocks on the store.
class StreamCursor {
 public:
  // Behind everything that was committed so far.
  static absl::StatusOr<StreamCursor> AtEnd(store::Store& store, absl::string_view tenant);
  // Where Text() was made. INVALID_ARGUMENT for a text of another kind.
  static absl::StatusOr<StreamCursor> At(store::Store& store, absl::string_view tenant, absl::string_view text);

  // The next changes that a stream tells of, those with `tag` only; empty when nothing more is known yet. OUT_OF_RANGE
  // when some are no longer kept.
  absl::StatusOr<std::vector<std::string>> ReadOn(ChangeTag tag);

  // The place, of `.`, `,` and digits.
  std::string Text() const;

 private:
  StreamCursor(store::Store& store, absl::string_view tenant) : store_(&store), tenant_(tenant) {}

  store::Store* store_;
  std::string tenant_;
  std::vector<store::StreamPosition> positions_;  // by partition
};

// What a resume token of a kind unknown here is answered with.
absl::Status StrangeToken();

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_STREAM_CURSOR_H_
