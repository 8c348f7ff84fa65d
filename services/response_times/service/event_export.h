#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_EVENT_EXPORT_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_EVENT_EXPORT_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/time/interval.h"
#include "rapport/response_times/v1/conversations.pb.h"
#include "services/response_times/service/reader.h"

namespace rapport::response_times {

// Goes through all events of a period: by UTC day, conversation and order of events. Not thread-safe; blocks on the
// store.
class EventExport {
 public:
  // From the token's position on. INVALID_ARGUMENT names the field.
  static absl::StatusOr<EventExport> Open(Reader& reader, absl::string_view tenant,
                                          const v1::ExportEventsRequest& request);

  // Fills in the next chunk; false when there is none.
  absl::StatusOr<bool> Next(v1::ExportEventsResponse& response);

 private:
  EventExport(Reader& reader, absl::string_view tenant, Interval range, std::string customer_id)
      : reader_(&reader), tenant_(tenant), range_(range), customer_id_(std::move(customer_id)) {}

  // Goes to the next day with conversations, those up to `after_` left out; there are none at the end.
  absl::Status StartDay();
  void NextDay();
  absl::Status TakeConversations(v1::ExportEventsResponse& response);
  std::string Token() const;

  Reader* reader_;
  std::string tenant_;
  Interval range_;
  std::string customer_id_;
  int64_t day_ = 0;
  int64_t last_day_ = 0;
  std::string after_;                      // of the day: conversations up to this one are done
  int64_t skip_ = 0;                       // events of the conversation after it that are done
  std::deque<std::string> conversations_;  // left of the day
};

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_SERVICE_EVENT_EXPORT_H_
