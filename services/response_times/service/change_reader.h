#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_CHANGE_READER_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_CHANGE_READER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/service/stream_cursor.h"
#include "services/response_times/core/change_stream.h"

namespace rapport::response_times {

// The next changes that the stream of changes tells of, those with `tag` only; empty when nothing more is known yet.
// OUT_OF_RANGE when some are no longer kept. Blocks on the store.
absl::StatusOr<std::vector<std::string>> ReadChanges(ChangeTag tag, service::StreamCursor& stream);

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_CHANGE_READER_H_
