#ifndef RAPPORT_SERVICES_CLI_EVENT_SENDER_H_
#define RAPPORT_SERVICES_CLI_EVENT_SENDER_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "rapport/common/v1/common.pb.h"

namespace rapport::cli {

// The row that an event came from.
struct SourceRow {
  int64_t line = 0;
  // The event is not the row's own but one that the row implies.
  bool implied = false;
  // Only when rejected rows are to be written out.
  std::vector<std::string> fields;
};

// Events and their rows, of the same length.
template <class Event>
struct Batch {
  std::vector<Event> events;
  std::vector<SourceRow> rows;
};

// Called once for each event whose fate is known, in the thread that sends. `outcome` is a name such as `CREATED`.
using OnResult =
    std::function<void(const SourceRow& row, const common::v1::ItemStatus& status, absl::string_view outcome)>;

// How long to keep trying a server that is away.
struct RetryPolicy {
  // Tries without progress before giving up, the first included.
  int tries = 7;
  // The first wait; each next one is twice as long, up to `max_delay`.
  absl::Duration delay = absl::Milliseconds(250);
  absl::Duration max_delay = absl::Seconds(10);
  // Told before each wait.
  std::function<void(absl::string_view reason, absl::Duration delay)> on_wait;

  // Waits before the next try, at least as long as the server advised; false when `failed_tries` used them up.
  bool Wait(int failed_tries, absl::string_view reason, absl::Duration advised = absl::ZeroDuration()) const;
};

// Whether the same call can succeed a moment later.
bool IsTransient(int code);

// Sends batches of events, each batch again and again until it is answered.
template <class Event>
class EventSender {
 public:
  virtual ~EventSender() = default;
  // May return before the batch is answered; blocks while many are unanswered.
  virtual absl::Status Send(Batch<Event> batch) = 0;
  // Returns when every batch is answered.
  virtual absl::Status Finish() = 0;
};

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_EVENT_SENDER_H_
