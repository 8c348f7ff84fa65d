#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_CORE_POLICIES_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_CORE_POLICIES_H_

#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "rapport/common/v1/common.pb.h"
#include "rapport/response_times/storage/v1/storage.pb.h"
#include "rapport/response_times/v1/resources.pb.h"
#include "services/response_times/core/business_time.h"
#include "services/response_times/core/timeline.h"

namespace rapport::response_times {

// The calendars and policies of a tenant: which of them holds when. Immutable; what it points to lives as long as it.
class Policies {
 public:
  // INVALID_ARGUMENT when a calendar does not parse.
  static absl::StatusOr<std::shared_ptr<const Policies>> Create(storage::v1::Resources resources);

  Policies(const Policies&) = delete;
  Policies& operator=(const Policies&) = delete;

  // The policy in effect at `t` that matches, with the smallest rank, then by id; null without one.
  const v1::SlaPolicy* PolicyAt(absl::Time t, v1::Priority priority, absl::string_view tier,
                                common::v1::Channel channel) const;

  // The calendar of `policy`, else, also without a policy, the default one at `t`: of the calendars that are default
  // then, the one that is in effect since the latest moment, ties by id. Null without any.
  const BusinessTime* CalendarAt(absl::Time t, const v1::SlaPolicy* policy) const;

  // Null when it is not known.
  const BusinessTime* Calendar(absl::string_view calendar_id) const;

  const storage::v1::Resources& resources() const { return resources_; }

 private:
  struct CalendarVersions {
    BusinessTime time;
    Timeline<bool> is_default;
  };

  explicit Policies(storage::v1::Resources resources) : resources_(std::move(resources)) {}

  const storage::v1::Resources resources_;
  std::map<std::string, CalendarVersions, std::less<>> calendars_;
  std::map<std::string, Timeline<const v1::SlaPolicy*>, std::less<>> policies_;
};

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_CORE_POLICIES_H_
