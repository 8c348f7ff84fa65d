#include "common/write/write_path.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/retry_after.h"

namespace rapport::write {
namespace {

// Groups beyond share the lanes of the last one.
constexpr uint32_t kMostGroups = 32;
// Less than this is no advice: it costs the caller nothing to wait as long.
constexpr absl::Duration kLeastWait = absl::Milliseconds(10);

// Adds an event to the claim of its tenant and group.
void AddTo(std::vector<QueueClaim>& claims, const std::string& tenant, uint32_t group, int64_t bytes) {
  auto claim = std::find_if(claims.begin(), claims.end(),
                            [&](const QueueClaim& each) { return each.group == group && each.tenant == tenant; });
  if (claim == claims.end()) claim = claims.insert(claim, {.tenant = tenant, .group = group, .amount = {}});
  claim->amount += {.events = 1, .bytes = bytes};
}

}  // namespace

WritePath::WritePath(store::Store& store, WriteOptions options, WriteObserver* observer)
    : store_(store),
      options_(std::move(options)),
      observer_(observer),
      give_back_([this](absl::Span<const QueueClaim> claims) {
        const absl::MutexLock lock(&mutex_);
        for (const QueueClaim& claim : claims) shares_.Return(claim);
      }),
      shares_({.events = options_.max_queued_events, .bytes = options_.max_queued_bytes}),
      lanes_(kMostGroups * static_cast<size_t>(std::max(1, options_.lanes))) {}

WritePath::~WritePath() {
  Close();
}

absl::Status WritePath::Submit(std::vector<std::unique_ptr<Write>> writes) {
  std::vector<QueueClaim> claims;
  std::vector<ForLane> parts;
  for (std::unique_ptr<Write>& write : writes) {
    const Place place = PlaceOf(write->partition());
    const int64_t bytes = write->bytes();
    AddTo(claims, write->partition().tenant, place.group, bytes);
    auto part = std::find_if(parts.begin(), parts.end(), [&](const ForLane& each) { return each.lane == place.lane; });
    if (part == parts.end()) part = parts.insert(part, {.lane = place.lane, .writes = {}});
    part->writes.push_back({std::move(write), bytes});
  }
  std::vector<Lane*> lanes;
  if (absl::Status status = Admit(claims, parts, lanes); !status.ok()) return status;
  for (size_t i = 0; i < parts.size(); ++i) lanes[i]->Push(std::move(parts[i].writes));
  return absl::OkStatus();
}

absl::Status WritePath::CheckRoom(absl::string_view tenant, int64_t events) const {
  const absl::MutexLock lock(&mutex_);
  std::vector<QueueClaim> claims;
  for (uint32_t group = 0; group < kMostGroups; ++group) {
    const auto lanes = LanesOf(group);
    const bool in_use = std::any_of(lanes.begin(), lanes.end(), [](const auto& lane) { return lane != nullptr; });
    if (in_use) claims.push_back({.tenant = std::string(tenant), .group = group, .amount = {}});
  }
  for (QueueClaim& claim : claims) {
    claim.amount.events = events / static_cast<int64_t>(claims.size());
    if (shares_.HasRoomFor(claim)) return absl::OkStatus();
  }
  return claims.empty() ? absl::OkStatus() : Refusal(claims);
}

absl::Span<const std::unique_ptr<Lane>> WritePath::LanesOf(uint32_t group) const {
  const size_t lanes = std::max(1, options_.lanes);
  return absl::MakeConstSpan(lanes_).subspan(group * lanes, lanes);
}

WritePath::Place WritePath::PlaceOf(const store::Partition& partition) const {
  const uint32_t group = std::min(store_.GroupOf(partition), kMostGroups - 1);
  const size_t lanes = std::max(1, options_.lanes);
  return {group, group * lanes + partition.index % lanes};
}

// Takes the claims and finds the lanes of the parts.
absl::Status WritePath::Admit(absl::Span<const QueueClaim> claims, std::vector<ForLane>& parts,
                              std::vector<Lane*>& lanes) {
  const absl::MutexLock lock(&mutex_);
  if (closed_) return absl::UnavailableError("the server is shutting down; retry");
  if (!shares_.Take(claims)) return Refusal(claims);
  for (const ForLane& part : parts) {
    std::unique_ptr<Lane>& lane = lanes_[part.lane];
    if (lane == nullptr) {
      lane = std::make_unique<Lane>(part.lane / std::max(1, options_.lanes), store_, options_, observer_, give_back_);
    }
    lanes.push_back(lane.get());
  }
  return absl::OkStatus();
}

absl::Status WritePath::Refusal(absl::Span<const QueueClaim> claims) const {
  QueueAmount wanted;
  for (const QueueClaim& claim : claims) wanted += claim.amount;
  if (!shares_.CanHold(wanted)) {
    return absl::ResourceExhaustedError(
        absl::StrCat(wanted.events, " events of ", wanted.bytes,
                     " bytes are more than the write queue ever holds (--write-queue-events, --write-queue-bytes): "
                     "send less at a time"));
  }
  absl::Duration wait = kLeastWait;
  for (const QueueClaim& claim : claims) {
    for (const std::unique_ptr<Lane>& lane : LanesOf(claim.group)) {
      if (lane != nullptr) wait = std::max(wait, lane->ExpectedWait());
    }
  }
  return WithRetryAfter(
      absl::ResourceExhaustedError(
          "as much of this tenant's waits to be stored as one tenant may have waiting (--write-queue-events, "
          "--write-queue-bytes)"),
      wait);
}

void WritePath::Close() {
  std::call_once(finished_, [this] {
    std::vector<Lane*> lanes;
    {
      const absl::MutexLock lock(&mutex_);
      closed_ = true;
      for (const std::unique_ptr<Lane>& lane : lanes_) {
        if (lane != nullptr) lanes.push_back(lane.get());
      }
    }
    for (Lane* lane : lanes) lane->Close();
    for (Lane* lane : lanes) lane->Join();
  });
}

int64_t WritePath::queued_events() const {
  const absl::MutexLock lock(&mutex_);
  return shares_.total().events;
}

int64_t WritePath::queued_bytes() const {
  const absl::MutexLock lock(&mutex_);
  return shares_.total().bytes;
}

}  // namespace rapport::write
