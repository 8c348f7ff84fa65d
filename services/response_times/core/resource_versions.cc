#include "services/response_times/core/resource_versions.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/request/fields.h"
#include "common/time/interval.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/response_times/core/moments.h"
#include "services/response_times/core/resource_validation.h"
#include "services/response_times/core/timeline.h"

namespace rapport::response_times {
namespace {

using google::protobuf::RepeatedPtrField;
using google::protobuf::util::MessageDifferencer;
using storage::v1::Resources;

constexpr int kMostVersions = 1000;
// They are one value in the store, read as a whole.
constexpr size_t kMostBytes = size_t{4} << 20;

// What the functions below need to know of each kind.
const std::string& IdOf(const v1::BusinessCalendar& calendar) {
  return calendar.calendar_id();
}
const std::string& IdOf(const v1::SlaPolicy& policy) {
  return policy.policy_id();
}
absl::string_view IdFieldOf(const v1::BusinessCalendar&) {
  return "calendar_id";
}
absl::string_view IdFieldOf(const v1::SlaPolicy&) {
  return "policy_id";
}
RepeatedPtrField<v1::BusinessCalendar>& VersionsIn(Resources& resources, const v1::BusinessCalendar&) {
  return *resources.mutable_calendars();
}
RepeatedPtrField<v1::SlaPolicy>& VersionsIn(Resources& resources, const v1::SlaPolicy&) {
  return *resources.mutable_policies();
}

// The versions of one resource, the first one first.
template <typename Resource>
std::vector<const Resource*> VersionsOf(const RepeatedPtrField<Resource>& all, absl::string_view id) {
  std::vector<const Resource*> versions;
  for (const Resource& each : all) {
    if (IdOf(each) == id) versions.push_back(&each);
  }
  return versions;
}

// Whether two say the same, but for their version and the moment from which they are in effect.
template <typename Resource>
bool SayTheSame(Resource a, Resource b) {
  for (Resource* each : {&a, &b}) {
    each->clear_version();
    each->clear_effective_from();
  }
  return MessageDifferencer::Equals(a, b);
}

template <typename Resource>
absl::Status NotFound(const Resource& kind, absl::string_view id) {
  return absl::NotFoundError(
      absl::StrCat(IdFieldOf(kind), ": ", Shown(id), " is not known here; check the id, or create it"));
}

// The resource with its moment in whole milliseconds.
template <typename Resource>
Resource ToMillisecond(Resource resource) {
  if (resource.has_effective_from()) *resource.mutable_effective_from() = ToProto(EffectiveFrom(resource));
  return resource;
}

template <typename Resource>
absl::StatusOr<Resource> Add(Resource version, Resources& resources) {
  auto& all = VersionsIn(resources, version);
  if (all.size() >= kMostVersions || resources.ByteSizeLong() + version.ByteSizeLong() > kMostBytes) {
    return absl::ResourceExhaustedError(absl::StrCat(IdFieldOf(version), ": ", all.size(), " versions with ",
                                                     resources.ByteSizeLong(), " bytes are kept already, of at most ",
                                                     kMostVersions, " with ", kMostBytes,
                                                     " bytes; put several changes into one update"));
  }
  *all.Add() = version;
  return version;
}

template <typename Resource>
absl::StatusOr<Resource> CreateIn(const Resource& stated, Resources& resources) {
  const absl::Status valid = Validate(stated, resources);
  if (!valid.ok()) return valid;
  Resource created = ToMillisecond(stated);
  created.set_version(1);
  const auto versions = VersionsOf(VersionsIn(resources, stated), IdOf(stated));
  if (versions.empty()) return Add(std::move(created), resources);
  if (MessageDifferencer::Equals(*versions.front(), created)) return created;
  return absl::AlreadyExistsError(absl::StrCat(IdFieldOf(stated), ": ", Shown(IdOf(stated)),
                                               " exists and is another; update it, or use another id"));
}

// Whether the latest version is what an update asks for, which was repeated then.
template <typename Resource>
bool IsDone(const Resource& update, const Resource& latest, absl::Time now) {
  const bool same_base =
      update.version() == 0 || update.version() == latest.version() || update.version() == latest.version() - 1;
  const bool same_moment =
      update.has_effective_from() ? EffectiveFrom(update) == EffectiveFrom(latest) : EffectiveFrom(latest) <= now;
  return same_base && same_moment && SayTheSame(update, latest);
}

template <typename Resource>
absl::StatusOr<Resource> UpdateIn(const Resource& stated, absl::Time now, Resources& resources) {
  const auto versions = VersionsOf(VersionsIn(resources, stated), IdOf(stated));
  if (versions.empty()) return NotFound(stated, IdOf(stated));
  const Resource& latest = *versions.back();
  if (IsDone(stated, latest, now)) return latest;
  if (stated.version() != 0 && stated.version() != latest.version()) {
    return absl::FailedPreconditionError(absl::StrCat("version: ", stated.version(), " is not the latest of ",
                                                      Shown(IdOf(stated)), ", which is ", latest.version(),
                                                      "; read it, and repeat the change with its version"));
  }
  const absl::Status valid = Validate(stated, resources);
  if (!valid.ok()) return valid;
  Resource added = ToMillisecond(stated);
  if (!stated.has_effective_from()) {
    *added.mutable_effective_from() = ToProto(absl::FromUnixMillis(ToMillis(now)));
  } else if (EffectiveFrom(stated) < now) {
    return Invalid("effective_from", ShownMoment(EffectiveFrom(stated)),
                   absl::StrCat("is before now, ", ShownMoment(now),
                                ", and the past is not rewritten; leave it out for now, or give a later moment"));
  }
  added.set_version(latest.version() + 1);
  return Add(std::move(added), resources);
}

template <typename Resource, typename Response>
absl::Status GetFrom(const RepeatedPtrField<Resource>& all, absl::string_view id, Response& response) {
  auto versions = VersionsOf(all, id);
  if (versions.empty()) return NotFound(Resource(), id);
  std::reverse(versions.begin(), versions.end());
  for (const Resource* version : versions) *response.add_versions() = *version;
  return absl::OkStatus();
}

template <typename Resource>
std::vector<const Resource*> LatestById(const RepeatedPtrField<Resource>& all) {
  std::map<absl::string_view, const Resource*> latest;
  for (const Resource& each : all) latest[IdOf(each)] = &each;
  std::vector<const Resource*> list;
  list.reserve(latest.size());
  for (const auto& [unused, resource] : latest) list.push_back(resource);
  return list;
}

}  // namespace

absl::StatusOr<v1::BusinessCalendar> Create(const v1::BusinessCalendar& calendar, Resources& resources) {
  return CreateIn(calendar, resources);
}

absl::StatusOr<v1::SlaPolicy> Create(const v1::SlaPolicy& policy, Resources& resources) {
  return CreateIn(policy, resources);
}

absl::StatusOr<v1::BusinessCalendar> Update(const v1::BusinessCalendar& calendar, absl::Time now,
                                            Resources& resources) {
  return UpdateIn(calendar, now, resources);
}

absl::StatusOr<v1::SlaPolicy> Update(const v1::SlaPolicy& policy, absl::Time now, Resources& resources) {
  return UpdateIn(policy, now, resources);
}

absl::Status Get(const Resources& resources, const v1::GetBusinessCalendarRequest& request,
                 v1::GetBusinessCalendarResponse& response) {
  return GetFrom(resources.calendars(), request.calendar_id(), response);
}

absl::Status Get(const Resources& resources, const v1::GetSlaPolicyRequest& request,
                 v1::GetSlaPolicyResponse& response) {
  return GetFrom(resources.policies(), request.policy_id(), response);
}

void List(const Resources& resources, v1::ListBusinessCalendarsResponse& response) {
  for (const v1::BusinessCalendar* calendar : LatestById(resources.calendars())) *response.add_calendars() = *calendar;
}

void List(const Resources& resources, v1::ListSlaPoliciesResponse& response) {
  auto policies = LatestById(resources.policies());
  std::stable_sort(policies.begin(), policies.end(),
                   [](const v1::SlaPolicy* a, const v1::SlaPolicy* b) { return a->rank() < b->rank(); });
  for (const v1::SlaPolicy* policy : policies) *response.add_policies() = *policy;
}

}  // namespace rapport::response_times
