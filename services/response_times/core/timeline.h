#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_CORE_TIMELINE_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_CORE_TIMELINE_H_

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/time/interval.h"

namespace rapport::response_times {

// From when on a version of a resource is in effect; without a moment it always was.
template <typename Resource>
absl::Time EffectiveFrom(const Resource& version) {
  return version.has_effective_from() ? absl::FromUnixMillis(ToMillis(version.effective_from())) : absl::InfinitePast();
}

// Which version is in effect when: from its moment on, until a version added later takes over. A version that is added
// later with an earlier moment takes the place of those planned before.
template <typename Version>
class Timeline {
 public:
  struct Entry {
    absl::Time from;
    Version version;
  };

  // Versions are added in the order of their creation.
  void Add(absl::Time from, Version version) {
    while (!entries_.empty() && entries_.back().from >= from) entries_.pop_back();
    entries_.push_back({from, std::move(version)});
  }

  // The entry in effect at `t`; null before the first.
  const Entry* At(absl::Time t) const {
    const auto later =
        std::upper_bound(entries_.begin(), entries_.end(), t, [](absl::Time a, const Entry& b) { return a < b.from; });
    return later == entries_.begin() ? nullptr : &*(later - 1);
  }

  // By the moment from which they are in effect, each until the next.
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
};

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_CORE_TIMELINE_H_
