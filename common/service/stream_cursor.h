#ifndef RAPPORT_COMMON_SERVICE_STREAM_CURSOR_H_
#define RAPPORT_COMMON_SERVICE_STREAM_CURSOR_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/store/store.h"

namespace rapport::service {

// A reader's place in a stream of all partitions of a tenant. Not thread-safe; blocks on the store.
class StreamCursor {
 public:
  // Behind everything that was committed so far.
  static absl::StatusOr<StreamCursor> AtEnd(store::Store& store, absl::string_view tenant, absl::string_view stream);
  // Where Text() was made. INVALID_ARGUMENT for a text of another kind.
  static absl::StatusOr<StreamCursor> At(store::Store& store, absl::string_view tenant, absl::string_view stream,
                                         absl::string_view text);

  // The next entries, those of a partition in their order; empty when there is none yet. OUT_OF_RANGE when some are no
  // longer kept.
  absl::StatusOr<std::vector<std::string>> ReadOn();

  // The place, of `.`, `,` and digits.
  std::string Text() const;

 private:
  StreamCursor(store::Store& store, absl::string_view tenant, absl::string_view stream)
      : store_(&store), tenant_(tenant), stream_(stream) {}

  store::Store* store_;
  std::string tenant_;
  std::string stream_;
  std::vector<store::StreamPosition> positions_;  // by partition
};

// What a resume token of a kind unknown here is answered with.
absl::Status StrangeToken();

}  // namespace rapport::service

#endif  // RAPPORT_COMMON_SERVICE_STREAM_CURSOR_H_
