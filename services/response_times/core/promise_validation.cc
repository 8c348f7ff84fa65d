#include "services/response_times/core/promise_validation.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/request/fields.h"
#include "common/time/interval.h"
#include "services/response_times/core/moments.h"

namespace rapport::response_times {
namespace {

constexpr size_t kMostDescriptionBytes = 1000;

absl::Status ValidateTimes(const v1::Promise& promise, absl::Time now) {
  if (!promise.has_made_at()) return Invalid("made_at", "missing;", "say when the promise was made");
  if (!promise.has_due_at()) return Invalid("due_at", "missing;", "say when the promise is due");
  absl::Status valid = ValidatePast("made_at", promise.made_at(), now);
  valid.Update(ValidateDated("due_at", promise.due_at()));
  if (!valid.ok() || ToMillis(promise.made_at()) < ToMillis(promise.due_at())) return valid;
  return Invalid("due_at", ShownMoment(FromProto(promise.due_at())),
                 absl::StrCat("is not later than made_at, ", ShownMoment(FromProto(promise.made_at())),
                              "; give the moment until which it is to be kept"));
}

}  // namespace

absl::Status ValidatePromiseId(absl::string_view field, absl::string_view id) {
  absl::Status valid = ValidateId(field, id);
  if (!valid.ok() || !absl::StrContains(id, '/')) return valid;
  return Invalid(field, Shown(id), "contains \"/\", as promises do that policies make; use an id without it");
}

absl::Status Validate(const v1::Promise& promise, absl::Time now) {
  absl::Status status = ValidatePromiseId("promise_id", promise.promise_id());
  status.Update(ValidateId("customer_id", promise.customer_id()));
  status.Update(ValidateText("conversation_id", promise.conversation_id()));
  if (promise.description().size() > kMostDescriptionBytes) {
    status.Update(Invalid("description", absl::StrCat(promise.description().size(), " bytes"),
                          absl::StrCat("are too long; use at most ", kMostDescriptionBytes)));
  }
  status.Update(ValidateText("agent_id", promise.agent_id()));
  status.Update(ValidateChannel(promise.channel()));
  status.Update(ValidateLabels(promise.labels()));
  status.Update(ValidateTimes(promise, now));
  if (promise.revision() < 0) {
    status.Update(Invalid("revision", absl::StrCat(promise.revision()), "is negative; count from 0"));
  }
  return status;
}

}  // namespace rapport::response_times
